#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// What became of an aliases(5) file.
struct AliasIndex {
  std::string path = {};  ///< Of the index.
  std::size_t aliases = 0;
  std::vector<std::string> warnings = {};  ///< Of the lines that are left out.
};

/// Compiles an aliases(5) file into its index, as postalias(1) does: with the rights of who owns
/// the source, as root; with the source's read permissions for group and others. Readers see the
/// old index or the new one.
///
/// \param spec  its name is the absolute path of the source
/// \return misconfigured for a type that is not compiled; unavailable when the source cannot be
///         read or the index cannot be written: the old one stays
Result<AliasIndex> compile_aliases(const TableSpec& spec, const TablePolicy& policy);

}  // namespace lastmile
