// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "local/checks/finding.h"
#include "local/checks/host_view.h"

namespace lastmile {

/// Marks the findings that somebody has allowed, and adds a finding for each allowance that hides
/// none.
///
///     # lastmile: allow RULE reason         directly above the line
///     # lastmile: allow-file RULE...        on the first lines of a file
///     RULE [SUBJECT] reason                 in lastmile-check.allow beside main.cf
///
/// A rule may be a pattern, "alias-*"; so may the subject of a finding.
/// \param rules  those that were judged: an allowance for another one may be of use elsewhere
void apply_allowances(HostView& host, const std::vector<std::string>& rules,
                      std::vector<Finding>& findings);

}  // namespace lastmile
