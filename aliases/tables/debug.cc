// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/wrapped_table.h"
#include "aliases/world/world.h"

namespace lastmile {
namespace {

/// `debug:TYPE:NAME` is TYPE:NAME. Postfix logs what is asked; a trace says it anyway.
/// \see DATABASE_README, debug
Result<std::unique_ptr<Table>> open_debug(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  if (!policy.has(TableRule::debug_type)) {
    return unavailable("unsupported dictionary type: debug (Postfix 3.11 and later have it)");
  }
  auto inner = parse_table_spec(spec.name);
  if (!inner) {
    return std::move(inner).error();
  }
  auto table = world.open_table(*inner, policy);
  if (!table) {
    return table;
  }
  return std::unique_ptr<Table>(std::make_unique<WrappedTable>(spec, *std::move(table)));
}

}  // namespace

const MapType kDebugMap = {.name = "debug", .open = open_debug, .inner = InnerTables::one};

}  // namespace lastmile
