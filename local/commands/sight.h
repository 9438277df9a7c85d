// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aliases/world/world.h"
#include "local/checks/host_view.h"
#include "local/invocation.h"

namespace lastmile {

/// What rules may look at in the world of these options.
/// \param options  with the directory of the configuration that open_world() has found
Sight sight_of(const GlobalOptions& options, World& world);

}  // namespace lastmile
