// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/table.h"

namespace lastmile {

/// All map types of this build, sorted by name. The array is constant: nothing registers itself.
std::span<const MapType* const> map_types();

/// \return null when the type is unknown or was not built in
const MapType* find_map_type(std::string_view name);

/// Why a type cannot be opened by this build: misconfigured; "unsupported dictionary type", with a
/// suggestion when the name is close to a known one, or "not built in".
Error unusable_map_type(std::string_view name);

/// The tables that the name of one holds; none for every type but proxy:, unionmap: and pipemap:.
/// \return malformed when the name makes no sense
Result<std::vector<TableSpec>> inner_tables(const TableSpec& spec);

/// Whether a table sees whole keys only. A list of tables (unionmap:, pipemap:) is what its first
/// table is, proxy: is what it stands for. Opens nothing.
bool is_pattern_table(const TableSpec& spec);

/// The optional map types and libraries of this build, sorted: "cdb", "lmdb", ... For --version.
std::span<const std::string_view> built_in_components();

/// Opens a table of any type: the body of World::open_table for worlds that keep tables in files.
/// \return misconfigured for an unknown type (with a suggestion) or one that was not built in
Result<std::unique_ptr<Table>> open_map(const TableSpec& spec, World& world,
                                        const TablePolicy& policy);

}  // namespace lastmile
