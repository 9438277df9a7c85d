// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "aliases/tables/source_lines.h"
#include "local/invocation.h"

namespace lastmile {

/// What the commands that compile tables differ in.
struct BuildCommand {
  std::string_view name = {};
  std::string_view usage = {};  ///< The line after "usage: lastmile ".
  std::string_view entry = {};  ///< What it calls one of them: "alias".
  std::string_view entries = {};
  SourceSyntax syntax = SourceSyntax::key_value;
  /// The parameter with the tables to compile when none is named; empty: one must be.
  std::string_view default_tables = {};
};

/// `alias build` and `table build`: compiles the tables that are named, on this host or, with
/// `--into DIR`, in a tree.
/// \return the exit status
int build_tables(Invocation& invocation, const BuildCommand& command);

}  // namespace lastmile
