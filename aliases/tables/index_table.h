// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// Reads one index file through its library: octets in, octets out.
class IndexReader {
 public:
  enum class Found { yes, no };

  IndexReader() = default;
  IndexReader(const IndexReader&) = delete;
  IndexReader& operator=(const IndexReader&) = delete;
  virtual ~IndexReader() = default;

  /// \param value  receives what is stored, when the answer is `yes`
  virtual Result<Found> get(std::string_view key, std::string& value) = 0;

  /// Calls `visit` for every record until it returns false.
  virtual Result<Listing> for_each(
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;

  /// Lets go of what TablePolicy::keep_snapshot has kept.
  virtual void release() {}
};

/// A table over an index that postmap(1) or postalias(1) made.
///
/// Such an index has a NUL octet behind all keys and values, or behind none; which of the two is
/// found out at the first hit, as Postfix does.
///
/// \param owner  of the index file
/// \param world  must outlive the table: the text source is read when the first entry is found
std::unique_ptr<Table> make_index_table(TableSpec spec, World& world, const TablePolicy& policy,
                                        TableOwner owner, std::unique_ptr<IndexReader> reader);

}  // namespace lastmile
