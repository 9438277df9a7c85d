// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// Gives the value of a name, or nullopt when it has none. An empty value is a value.
using MacroLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Calls `${name{text}}`: gives what stands in its place, or nullopt when there is no such function
/// or it cannot take the text.
using MacroFunction =
    std::function<std::optional<std::string>(std::string_view name, const std::string& text)>;

struct MacroExpansion {
  std::string text = {};
  bool undefined_name = false;  ///< A name was used (not merely tested) that has no value.
  /// Names whose value (not only its presence) went into the text.
  std::vector<std::string> used = {};
};

/// Expands `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{a}:{b}}`,
/// `${function{text}}`, `${{a} == {b} ? {c} : {d}}` (also != < <= >= > and the ==level family) and
/// `$$`. Texts inside are expanded in turn; the values that `lookup` returns are not.
///
/// \param function  empty: there are no functions, and such a text is malformed
/// \return malformed when braces do not balance or a name is empty
/// \see postconf(5), introduction
Result<MacroExpansion> expand_macros(std::string_view text, const MacroLookup& lookup,
                                     const MacroFunction& function = {});

}  // namespace lastmile
