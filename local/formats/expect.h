#pragma once

#include <iosfwd>

#include "local/resolving/trace.h"

namespace lastmile {

/// The comment that names the columns.
void print_expectations_header(std::ostream& out);

/// One case of an expectations file: the address, and each destination on a line of its own.
/// Bounces and deferrals are given by their codes, since their texts may change. What port 25
/// refuses has a line `RCPT 550 5.1.1` above its destinations.
void print_expectation(std::ostream& out, const Trace& trace);

}  // namespace lastmile
