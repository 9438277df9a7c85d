// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "aliases/result.h"

namespace lastmile {

/// ASCII letters and digits.
constexpr bool is_alphanumeric(char octet) {
  return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
         (octet >= 'A' && octet <= 'Z');
}

/// What stands between the brace that `text` begins with and its partner.
///
/// \return a view into `text`, not trimmed; malformed when there is no brace at the beginning, when
///         it is not closed, or when something follows its partner
Result<std::string_view> inside_braces(std::string_view text);

/// Takes `word` off the front of a rule, in any case, with the white space around it; only when no
/// letter or digit follows it.
bool take_word(std::string_view& rule, std::string_view word);

/// Takes `!`s and white space off the front of a rule. \return whether the number of `!`s was odd
bool take_negation(std::string_view& rule);

}  // namespace lastmile
