// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/record_sorter.h"

namespace lastmile {

class IndexRecords;

/// How an index file of one map type is made.
struct IndexFormat {
  std::string_view suffix = {};  ///< Behind the name of the table: ".db".
  bool ends_with_nul = false;    ///< Behind keys and values, as Postfix writes them.
  /// Makes the file `path`, which is not there yet, and closes it; it need not be on the disk then.
  /// \return unavailable with the library's reason
  Result<Ok> (*write)(const std::string& path, IndexRecords& records) = nullptr;
  /// In whose order records are written, and then in that of their keys: one in which each part of
  /// the file is written once. Null: in that of their keys alone.
  std::uint32_t (*rank)(std::string_view key) = nullptr;
};

/// What an index is made of: in the order that suits its format, each key once. Memory is bounded,
/// however many there are. \see RecordSorter
class IndexRecords {
 public:
  /// A key that was there before.
  struct Duplicate {
    std::string key = {};
    int line = 0;
  };

  explicit IndexRecords(const IndexFormat& format) : format_(format) {}

  /// Of two with one key the first counts.
  /// \param key, value  without NUL octets at their ends
  /// \param line  of the text, for duplicates()
  Result<Ok> add(std::string_view key, std::string_view value, int line);

  /// Calls `visit` with each record as it is stored, until it returns an error, and returns that.
  using Visit = std::function<Result<Ok>(std::string_view key, std::string_view value)>;
  Result<Ok> for_each(const Visit& visit);

  /// Those that were added: duplicates count.
  std::size_t count() const { return sorter_.count(); }
  /// Of their keys and values as they are stored.
  std::size_t octets() const;

  /// What the last for_each() has left out, in the order of the lines.
  std::vector<Duplicate> duplicates() &&;

 private:
  std::size_t nul_size() const { return format_.ends_with_nul ? 1 : 0; }
  std::size_t rank_size() const { return format_.rank != nullptr ? sizeof(std::uint32_t) : 0; }

  const IndexFormat& format_;
  RecordSorter sorter_;
  std::string key_ = {};    ///< As it is sorted: behind its rank.
  std::string value_ = {};  ///< The same: behind its line.
  std::vector<Duplicate> duplicates_ = {};
};

/// Makes the index of a table: beside the old one, which it replaces when it is whole and on disk.
/// A reader sees the old one or the new one. What fails leaves the old one.
///
/// \param spec  its name is an absolute path
/// \param mode  of the new file
Result<Ok> build_index(const TableSpec& spec, const IndexFormat& format, IndexRecords& records,
                       mode_t mode);

}  // namespace lastmile
