// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>

#include "local/questions/verify_report.h"

namespace lastmile {

/// The XML that CI systems know as JUnit's. It is written at the end: its first line has the
/// counts.
std::unique_ptr<VerifyReport> make_junit_report(std::ostream& out);

}  // namespace lastmile
