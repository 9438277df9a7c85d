// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aliases/tables/table.h"
#include "aliases/world/world.h"
#include "transports/main_cf.h"

namespace lastmile {

/// Has tables opened by the rules of the release that main.cf follows: what a type knows, and which
/// type stands for another (non_bdb_migration_level).
/// \param main_cf, world  must outlive the policy
/// \see NON_BERKELEYDB_README
void follow_release(TablePolicy& policy, const MainCf& main_cf, World& world);

}  // namespace lastmile
