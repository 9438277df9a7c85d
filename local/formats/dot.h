// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "local/resolving/trace.h"

namespace lastmile {

/// One directed graph for Graphviz, each step a node, each destination a box with a coloured edge.
/// Several traces make several graphs in one stream, which `dot` reads one after the other.
void print_dot(std::ostream& out, const Trace& trace);

}  // namespace lastmile
