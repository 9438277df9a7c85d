#pragma once

#include <span>
#include <string>
#include <string_view>

#include "aliases/tables/table.h"

namespace lastmile {

/// All map types of this build, sorted by name. The array is constant: nothing registers itself.
std::span<const MapType* const> map_types();

/// \return null when the type is unknown or was not built in
const MapType* find_map_type(std::string_view name);

/// Opens a table of any type: the body of World::open_table for worlds that keep tables in files.
/// \return misconfigured for an unknown type (with a suggestion) or one that was not built in
Result<std::unique_ptr<Table>> open_map(const TableSpec& spec, World& world,
                                        const TablePolicy& policy);

}  // namespace lastmile
