#pragma once

#include <memory>
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
};

/// Opens every table of the list in the name of `spec`, through the world.
///
/// A table that cannot be opened does not spoil the others: its lookups fail, as in Postfix.
/// \return misconfigured when the list makes no sense
Result<TableGroup> open_table_group(const TableSpec& spec, World& world, const TablePolicy& policy);

}  // namespace lastmile
