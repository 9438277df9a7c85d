// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "local/resolving/trace.h"

namespace lastmile {

/// A trace cut to one of its nodes: what stands above it, with what was decided for the whole
/// address (the answer to RCPT, its class), and what stands below it.
/// \return the cut trace, and where the node is in it
std::pair<Trace, NodeId> cut_to(const Trace& trace, NodeId id);

}  // namespace lastmile
