// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

#include "local/formats/leaf_text.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// The comment that names the columns.
void print_expectations_header(std::ostream& out);

/// One case of an expectations file: the address, and each destination on a line of its own.
/// Bounces and deferrals are given by their codes, since their texts may change. What port 25
/// refuses has a line `RCPT 550 5.1.1` above its destinations.
void print_expectation(std::ostream& out, const Trace& trace);

/// A destination as an expectations file names it, and nothing else: a failure by its code alone,
/// a star escaped.
/// \param with_recipient  needs_recipient()
std::string expected_form(const LeafText& words, bool with_recipient);

}  // namespace lastmile
