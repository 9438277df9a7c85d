// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "local/invocation.h"

namespace lastmile::test {

/// What a command did.
struct Done {
  int status = -1;
  std::string out = {};
  std::string err = {};
};

/// Runs one command without the program around it.
/// \param command  such as run_trace
/// \param terminal  whether its output is one
Done run_command(int (*command)(Invocation&), GlobalOptions options,
                 const std::vector<std::string>& arguments, const std::string& input = "",
                 bool terminal = false);

/// Checks each line of JSON Lines against a schema of docs/, and that the last one is a summary.
/// \return the first fault; empty when there is none
std::string fault_of_json_lines(const std::string& text, const std::string& schema);

}  // namespace lastmile::test
