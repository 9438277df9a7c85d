// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>

#include "local/questions/map_report.h"

namespace lastmile {

/// One self-contained page: a search, a list whose rows open into ways, and the neighbourhood of an
/// address as a drawing. It loads nothing and sends nothing, and its policy forbids both; what
/// comes from a configuration is shown as text, never as markup.
std::unique_ptr<MapReport> make_map_page(std::ostream& out, Commands commands);

}  // namespace lastmile
