// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// By consequence, not by taste.
enum class Severity {
  notice,   ///< A surprise worth knowing; what could not be looked at.
  warning,  ///< Probably a mistake, or dangerous under a condition that files do not show.
  error,    ///< Mail is lost, bounced, deferred, refused or readable by others, or a daemon ends.
};

/// "notice", "warning", "error".
std::string_view name_of(Severity severity);
std::optional<Severity> parse_severity(std::string_view name);

/// What a rule must be able to see.
enum class Needs {
  text,    ///< main.cf, master.cf and the settings of tables.
  tables,  ///< What tables, include and .forward files hold, and the accounts.
  rights,  ///< Owners and modes.
  trace,   ///< Where addresses land.
  live,    ///< Sockets and programs of a running host.
  probe,   ///< What an LMTP server answers.
};

/// "text", "tables", "rights", "trace", "live", "probe".
std::string_view name_of(Needs needs);

/// One fault, with all its places.
struct Finding {
  std::string id = {};  ///< Of the rule: "alias-loop".
  Severity severity = Severity::error;
  std::optional<SourcePos> place = {};  ///< None: of something without a line, such as an account.
  /// The piece of the line that is wrong, as it stands there; empty: the whole line.
  std::string mark = {};
  std::string subject = {};  ///< What it is about: an alias, a parameter, a path.
  std::string message = {};  ///< What was found.
  std::string mend = {};     ///< What would be right.
  std::vector<SourcePos> also = {};
  bool is_allowed = false;  ///< Somebody wrote down that it is meant so.

  // What stands there, filled in by check_host().
  std::string line = {};       ///< The text of the physical line that holds `mark`.
  std::size_t column = 0;      ///< Of `mark` in it, counted from 1; 0: not known.
  std::size_t end_column = 0;  ///< Behind it.
};

}  // namespace lastmile
