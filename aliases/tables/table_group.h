// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The tables that `unionmap:{a:b, c:d}` or `pipemap:{a:b, c:d}` names, all open.
struct TableGroup {
  std::vector<std::unique_ptr<Table>> tables = {};

  /// The least trusted one decides: one of unknown owner, or two accounts, make the whole unknown.
  TableOwner owner() const;
  std::vector<Error> warnings() const;
  void release();

  /// Table::for_each() of a table whose keys are those of some of the group: visits each key of
  /// `listed` once, with what `table` answers for it.
  static Result<Listing> for_each_key(
      std::span<const std::unique_ptr<Table>> listed, Table& table,
      const std::function<bool(std::string_view, const TableEntry&)>& visit);
};

/// Opens every table of the list in the name of `spec`, through the world.
///
/// A table that cannot be opened does not spoil the others: its lookups fail, as in Postfix.
/// \return misconfigured when the list makes no sense
Result<TableGroup> open_table_group(const TableSpec& spec, World& world, const TablePolicy& policy);

}  // namespace lastmile
