// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// Judges a POSIX regular expression before regcomp(3) sees it, which has no limits: it calls
/// itself for each parenthesis, until the stack is full, and writes out `x{1,1000}` as often as it
/// says, which takes memory and time without bounds where such things are nested.
///
/// \param extended  whether `(`, `{` and `|` have their meaning without a backslash
/// \return what is too much, for an error; nullopt for what can be compiled in little time
std::optional<std::string> too_costly(std::string_view pattern, bool extended);

}  // namespace lastmile
