// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/source_lines.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// What became of the text of a table.
struct CompiledTable {
  std::string path = {};  ///< Of the index.
  std::size_t entries = 0;
  std::vector<std::string> warnings = {};  ///< Of the lines that are left out.
};

/// Compiles the text of a table into its index, as postalias(1) does with aliases(5) files, and
/// postmap(1) with others: with the rights of who owns the text, as root; with the text's read
/// permissions for group and others. Readers see the old index or the new one.
///
/// \param spec  its name is the absolute path of the text
/// \return misconfigured for a type that is not compiled; unavailable when the text cannot be
///         read or the index cannot be written: the old one stays
Result<CompiledTable> compile_table(const TableSpec& spec, SourceSyntax syntax,
                                    const TablePolicy& policy);

}  // namespace lastmile
