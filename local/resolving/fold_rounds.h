// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "local/resolving/trace.h"

namespace lastmile {

/// The same trace for people: below each of `rounds`, nodes at which a name was expanded that was
/// open already, stands one Step::loop node, and below that what the rounds lead to. The leaves and
/// their order are the same.
Trace fold_rounds(const Trace& trace, const std::vector<NodeId>& rounds);

}  // namespace lastmile
