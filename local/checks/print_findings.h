// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string_view>

#include "local/checks/check_host.h"

namespace lastmile {

/// How findings are shown.
struct FindingStyle {
  bool color = false;
  bool verbose = false;                  ///< Name what was not judged, and what is allowed.
  std::optional<Severity> fail_on = {};  ///< From here on the check fails; none: never.
};

/// A block for each finding, with its line and a caret, and a summary.
void print_findings_text(std::ostream& out, const CheckResult& result, const FindingStyle& style);
/// JSON Lines: an object for each finding, then the summary.
void print_findings_json(std::ostream& out, const CheckResult& result);
/// \see SARIF 2.1.0, OASIS
void print_findings_sarif(std::ostream& out, const CheckResult& result);
/// Lines that GitHub shows beside the change. \see GitHub Actions, workflow commands
void print_findings_github(std::ostream& out, const CheckResult& result);
/// A test case for each rule, and for each of its findings. \see TAP 13
void print_findings_tap(std::ostream& out, const CheckResult& result, const FindingStyle& style);
void print_findings_junit(std::ostream& out, const CheckResult& result, const FindingStyle& style);

/// One page of one rule.
void print_rule(std::ostream& out, std::string_view id);

/// docs/check.md.
void print_rules_markdown(std::ostream& out);

}  // namespace lastmile
