// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/checks/finding.h"
#include "local/checks/host_view.h"

namespace lastmile {

/// A rule that could not say anything, and why.
struct NotJudged {
  std::string id = {};
  std::string why = {};
};

/// What the rules say of a host.
struct CheckResult {
  /// Sorted by file and line, then by rule; those without a place come last.
  std::vector<Finding> findings = {};
  std::vector<std::string> judged = {};  ///< The rules that were asked, in the order of rules().
  std::vector<NotJudged> not_judged = {};
  /// What should have been looked at and could not be: a table server is down.
  std::vector<std::string> missing = {};

  /// How many of them nobody has allowed.
  std::size_t count(Severity severity) const;
  std::size_t count_allowed() const;
};

/// Asks every rule whose name fits one of `only`; all rules when there is none.
CheckResult check_host(HostView& host, const std::vector<std::string>& only);

/// What only the caller's own findings add (those of `check --all-addresses`): puts them in their
/// place among the others.
void sort_findings(std::vector<Finding>& findings);

}  // namespace lastmile
