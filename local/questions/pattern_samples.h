// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// Texts that a regular expression probably matches, eight at most: literals as they are, the first
/// member of a class, each branch of an alternation, the least number of repetitions and one more.
/// They are guesses: whoever uses them asks the table whether it answers them.
///
/// \param pattern  without its delimiters and flags
/// \return nothing for look-around, back-references and conditionals, and for what does not parse
std::vector<std::string> texts_matching(std::string_view pattern);

/// A rule of a pattern table, as far as samples of it can be made.
struct PatternRule {
  int line = 0;
  std::string pattern = {};               ///< Without its delimiters.
  std::vector<std::string> samples = {};  ///< Those of `# lastmile: sample ADDRESS` above it.
};

/// The rules of a regexp_table(5) or pcre_table(5) text: `if`, `endif` and negated ones are none.
std::vector<PatternRule> pattern_rules(std::string_view text);

}  // namespace lastmile
