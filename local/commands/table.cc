// SPDX-License-Identifier: Apache-2.0
#include "local/commands/build_tables.h"
#include "local/commands/commands.h"

namespace lastmile {

int run_table(Invocation& invocation) {
  return build_tables(invocation, {.name = "table",
                                   .usage = "table build TYPE:FILE...",
                                   .entry = "entry",
                                   .entries = "entries",
                                   .syntax = SourceSyntax::key_value});
}

}  // namespace lastmile
