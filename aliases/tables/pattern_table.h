// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// One compiled regular expression.
class Expression {
 public:
  enum class Match { yes, no };

  Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  virtual ~Expression() = default;

  /// \param groups  receives, on a match, $0 and the text of each group as views into `key`; a
  ///                group that took no part is empty. Null when they are not wanted
  /// \return an Error when the library gave up
  virtual Result<Match> match(const std::string& key, std::vector<std::string_view>* groups) = 0;

  virtual std::size_t group_count() const = 0;
};

/// What one library of regular expressions makes of a pattern table.
struct PatternLanguage {
  std::string_view type = {};           ///< "pcre"
  std::string_view flags = {};          ///< Letters that may follow a pattern.
  std::string_view ignored_flags = {};  ///< Accepted with a warning.
  bool has_second_pattern = false;      ///< `/this/!/but not that/ result`.

  /// \param flags  as written, only known ones; each toggles something
  /// \param groups_wanted  false: match() is never asked for groups
  /// \return malformed, in the library's own words
  Result<std::unique_ptr<Expression>> (*compile)(const std::string& pattern, std::string_view flags,
                                                 bool groups_wanted) = nullptr;
};

/// Opens a table of rules that are tried in order: `/pattern/flags result`, `!/pattern/ result`,
/// `if /pattern/` ... `endif`. A rule that makes no sense, or that substitutes `$1` where the
/// policy forbids it, is left out with a warning.
///
/// \see regexp_table(5), pcre_table(5)
Result<std::unique_ptr<Table>> open_pattern_table(const TableSpec& spec, World& world,
                                                  const TablePolicy& policy,
                                                  const PatternLanguage& language);

}  // namespace lastmile
