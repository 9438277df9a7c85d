// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "local/invocation.h"
#include "local/options.h"

namespace lastmile {

/// What became of reading a command's options.
struct ParsedOptions {
  Options values;
  std::optional<int> exit_status = {};  ///< Set: help was printed, or the options are wrong.
};

/// Reads the options of a command; global ones among them go into `invocation.options`.
///
/// \param usage  the line after "usage: lastmile "; its first word is the command
ParsedOptions parse_options(Invocation& invocation, const std::string& usage);

/// Adds what was given of the global options to what was known before.
/// \return `malformed` when a value makes no sense
Result<Ok> take_global_options(const Options& given, GlobalOptions& options);

}  // namespace lastmile
