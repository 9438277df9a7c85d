// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "local/probing/judge_answers.h"

namespace lastmile {

/// What a probe of one server came to.
struct ProbeReport {
  ProbedServer server = {};
  std::string as = {};  ///< With whose rights it was connected: "postfix (uid 106)".
  std::vector<ProbeStep> steps = {};
  std::vector<std::string> offers = {};
};

/// A block for a person.
void print_probe(std::ostream& out, const ProbeReport& report, const std::string& config_directory);

/// One object on one line: docs/probe.schema.json.
void print_probe_json(std::ostream& out, const ProbeReport& report);

}  // namespace lastmile
