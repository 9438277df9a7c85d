#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// One pair of an index, as it is stored.
struct IndexRecord {
  std::string key = {};
  std::string value = {};
};

/// How an index file of one map type is made.
struct IndexFormat {
  std::string_view suffix = {};  ///< Behind the name of the table: ".db".
  bool ends_with_nul = false;    ///< Behind keys and values, as Postfix writes them.
  /// Makes the file `path`, which is not there yet, and closes it. \return unavailable with the
  /// library's reason
  Result<Ok> (*write)(const std::string& path, std::span<const IndexRecord> records) = nullptr;
};

/// Makes the index of a table: beside the old one, which it replaces when it is whole and on disk.
/// A reader sees the old one or the new one. What fails leaves the old one.
///
/// \param spec  its name is an absolute path
/// \param records  each key once; without NUL octets at their ends
/// \param mode  of the new file
Result<Ok> build_index(const TableSpec& spec, const IndexFormat& format,
                       std::vector<IndexRecord> records, mode_t mode);

}  // namespace lastmile
