// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <iosfwd>
#include <string_view>

#include "local/resolving/trace.h"

namespace lastmile {

/// The line that names the columns.
void print_tsv_header(std::ostream& out);

/// One line for each destination: address, kind, target, recipient, sender, user, dsn, text, the
/// codes of the reply to RCPT, and the service and nexthop that a remote address leaves by, with
/// tabs between them. An address that lands nowhere has one line without a destination.
///
/// Inside a field a tab is `\t`, a line feed `\n`, a carriage return `\r`, a backslash `\\`, and
/// every other control character, or byte that is not UTF-8, `\xHH`.
void print_tsv(std::ostream& out, const Trace& trace);

/// One line: each column escaped, with tabs between them.
void print_tsv_row(std::ostream& out, std::initializer_list<std::string_view> columns);

}  // namespace lastmile
