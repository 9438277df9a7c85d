// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

namespace lastmile {

/// The rules that have changed between releases of Postfix, the names of parameters that came and
/// went, and the defaults that changed: tables in Markdown, as docs/versions.md has them.
void print_release_tables(std::ostream& out);

}  // namespace lastmile
