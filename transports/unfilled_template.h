// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/world/world.h"
#include "transports/main_cf.h"

namespace lastmile {

/// What a template of a deploy tool has where a value is to be filled in: `@@HOST@@`, `{{ host }}`,
/// `<%= host %>`, `%%HOST%%`, `__HOST__`. Postfix takes each as it is written.
/// \return the first of them, as a view into the text; nullopt when there is none
std::optional<std::string_view> find_placeholder(std::string_view text);

/// Says of a table, or a file of patterns, that cannot answer which line of main.cf names it by a
/// template that nobody has filled, or by a `${name}` that has no value, or which line of the
/// settings of a table has such a template; any other Error as it is.
/// \param named  "pgsql:/etc/postfix/users.cf", "/etc/postfix/domains"
Error explain_unfilled_template(const MainCf& main_cf, World& world, std::string_view named,
                                Error error);

}  // namespace lastmile
