// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/sqlite_handle.h"
#include "local/questions/coverage.h"
#include "local/questions/destination_query.h"

namespace lastmile {

/// A map that `map --format sqlite` has made, asked for who leads to a destination.
class MapFile {
 public:
  /// \return misconfigured for what is no such file, or one of another version
  static Result<std::unique_ptr<MapFile>> open(const std::string& path);

  using Visit = std::function<void(const KnownAddress& known, const Outcome& outcome,
                                   const std::vector<ReachedBy>& reached)>;
  /// Calls `visit` for each address that leads to what one of the queries means, in the order of
  /// the map, with the ways that lead there.
  /// \return an Error for a damaged file
  Result<Ok> find(const std::vector<DestinationQuery>& queries, const Visit& visit);

  Result<Ok> for_each_destination(const std::function<void(const Landing&)>& visit);

  /// What the map was made of, and what it could not look at.
  Result<Ok> read_coverage(Coverage& coverage);

 private:
  explicit MapFile(SqliteDatabase database) : database_(std::move(database)) {}

  using VisitRow = std::function<Result<Ok>(SqliteStatement& row)>;
  Result<Ok> for_each_row(const char* sql, const VisitRow& visit,
                          const std::function<void(SqliteStatement&)>& bind = {});
  Result<Ok> collect_addresses(const std::vector<DestinationQuery>& queries);
  Result<Ok> read_landings(std::int64_t address, Outcome& outcome);
  Result<std::vector<WayStep>> way_from(const std::string& address, const std::string& goal);

  SqliteDatabase database_;
};

}  // namespace lastmile
