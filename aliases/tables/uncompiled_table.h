// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// Whether `world` answers for a table out of its text: it would for any, the type is compiled, the
/// text is there, and the index is not.
bool is_uncompiled(const TableSpec& spec, World& world);

/// Whether a table is to be read from its text: since there is no index, or since the policy wants
/// aliases as they would be compiled now.
bool is_taken_from_text(const TableSpec& spec, World& world, const TablePolicy& policy);

/// A table of a compiled type, read from its text by the rules of postalias(1) where alias_maps or
/// alias_database names it (TablePolicy::parameter tells), by those of postmap(1) elsewhere.
///
/// \return unavailable when the text cannot be read
Result<std::unique_ptr<Table>> open_uncompiled(const TableSpec& spec, World& world,
                                               const TablePolicy& policy);

}  // namespace lastmile
