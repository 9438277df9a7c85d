// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "local/formats/tree.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// Draws a trace as a picture (SVG 1.1): a card for each address with the steps that were taken for
/// it, one for each destination, and a line from the step that names another to that one.
///
/// The words are those of the tree. Equal traces make equal pictures: widths are those of a font of
/// equal letters. Several traces make several documents in one stream.
///
/// \param style  its colours and width do not count
void print_svg(std::ostream& out, const Trace& trace, const TreeStyle& style);

}  // namespace lastmile
