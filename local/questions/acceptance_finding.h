// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "local/checks/finding.h"
#include "local/formats/json.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// Addresses of which RCPT and the end of their mail say different things, for one cause.
struct AcceptanceFinding {
  std::string id = {};  ///< Stable: "accepted-undeliverable".
  Severity severity = Severity::warning;
  std::optional<SourcePos> source = {};  ///< The line that a person would look at.
  std::string subject = {};              ///< What it is about.
  std::string message = {};
  std::string mend = {};
  std::size_t count = 1;  ///< Addresses that it concerns.
  std::vector<std::string> examples = {};
};

/// `FILE:LINE: error: message [id]`, and how to mend it below.
void print_finding(std::ostream& out, const AcceptanceFinding& finding);

/// The members of a "finding" object.
void write_finding(JsonWriter& json, const AcceptanceFinding& finding);

}  // namespace lastmile
