// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "local/formats/tree.h"
#include "local/questions/coverage.h"
#include "local/questions/outcome.h"

namespace lastmile {

/// One form in which `map` tells of every known address.
class MapReport {
 public:
  MapReport() = default;
  MapReport(const MapReport&) = delete;
  MapReport& operator=(const MapReport&) = delete;
  virtual ~MapReport() = default;

  virtual void add(const KnownAddress& known, const Trace& trace, const Outcome& outcome) = 0;
  /// Nothing comes after it.
  /// \return unavailable where something could not be written
  virtual Result<Ok> end(const Coverage& coverage) = 0;
};

/// What becomes of the words of commands, which may hold keys and passwords.
enum class Commands {
  shown,
  redacted,  ///< The program, and how many words follow it.
};

/// The forms that are written to a stream: "tree", "tsv", "json", "dot".
/// \return null for another name
std::unique_ptr<MapReport> make_map_report(std::string_view name, std::ostream& out,
                                           const TreeStyle& style, Commands commands);

/// `/bin/x --key secret` as `/bin/x (2 arguments)`.
std::string redacted_command(std::string_view line);

/// The outcome with its commands redacted.
Outcome with_commands(Outcome outcome, Commands commands);

}  // namespace lastmile
