// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "local/invocation.h"

namespace lastmile {

struct Subcommand {
  std::string_view name = {};
  std::string_view summary = {};
  int (*run)(Invocation&) = nullptr;  ///< Returns the exit status.
  /// Whether the exit status says what became of mail: it stands, whatever becomes of the output.
  bool delivers = false;
};

/// All subcommands, in the order of the help text.
std::span<const Subcommand> subcommands();

/// Reads the global options and runs the command that follows them.
/// \param arguments  without the program's own name
int run(std::span<const std::string> arguments, std::istream& in, std::ostream& out,
        std::ostream& err);

}  // namespace lastmile
