// SPDX-License-Identifier: Apache-2.0
#include "local/commands/build_tables.h"
#include "local/commands/commands.h"

namespace lastmile {

int run_alias(Invocation& invocation) {
  return build_tables(invocation, {.name = "alias",
                                   .usage = "alias build [TYPE:FILE...]",
                                   .entry = "alias",
                                   .entries = "aliases",
                                   .syntax = SourceSyntax::aliases,
                                   .default_tables = "alias_database"});
}

}  // namespace lastmile
