#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "transports/main_cf.h"

namespace lastmile {

/// What a template of a deploy tool has where a value is to be filled in: `@@HOST@@`, `{{ host }}`,
/// `<%= host %>`, `%%HOST%%`, `__HOST__`. Postfix takes each as it is written.
/// \return the first of them, as a view into the text; nullopt when there is none
std::optional<std::string_view> find_placeholder(std::string_view text);

/// Says of a table that could not be opened which line of main.cf names it by a template that
/// nobody has filled, or by a `${name}` that has no value; any other Error as it is.
Error explain_unfilled_template(const MainCf& main_cf, const TableSpec& spec, Error error);

}  // namespace lastmile
