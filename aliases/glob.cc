// SPDX-License-Identifier: Apache-2.0
#include "aliases/glob.h"

namespace lastmile {

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_text = 0;
  // Where to go on when the last star has to take one octet more.
  std::size_t behind_star = std::string_view::npos;
  std::size_t taken = 0;
  for (;;) {
    const bool is_star = at < pattern.size() && pattern[at] == '*';
    const bool is_escaped = pattern.substr(at).starts_with("\\*");
    if (is_star) {
      behind_star = ++at;
      taken = in_text;
      continue;
    }
    if (in_text == text.size() && at == pattern.size()) {
      return true;
    }
    const std::size_t octet = at + (is_escaped ? 1 : 0);
    if (in_text < text.size() && octet < pattern.size() && pattern[octet] == text[in_text]) {
      at = octet + 1;
      ++in_text;
      continue;
    }
    if (behind_star == std::string_view::npos || taken == text.size()) {
      return false;
    }
    at = behind_star;
    in_text = ++taken;
  }
}

}  // namespace lastmile
