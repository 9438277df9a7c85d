// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// The result text of a pattern rule, in which `$1`, `${1}` and `$(1)` stand for what a group
/// matched, and `$$` for a dollar sign.
class Replacement {
 public:
  /// \return malformed, in the words of Postfix, for a name that is not a number above 0
  /// \see regexp_table(5), TEXT SUBSTITUTION
  static Result<Replacement> parse(std::string_view text);

  /// The largest n of all `$n`; 0 when the text is constant.
  std::size_t max_group() const { return max_group_; }

  /// \param groups  the texts of $0, $1, ...; max_group() + 1 of them
  std::string expand(const std::vector<std::string_view>& groups) const;

 private:
  struct Piece {
    std::string literal = {};
    std::size_t group = 0;  ///< Follows the literal; 0: nothing does.
  };

  std::vector<Piece> pieces_ = {};
  std::size_t max_group_ = 0;
};

}  // namespace lastmile
