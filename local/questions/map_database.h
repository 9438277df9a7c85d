// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "local/questions/map_report.h"

namespace lastmile {

/// PRAGMA user_version of such a file.
inline constexpr int kMapVersion = 2;

/// Writes an SQLite file: the tables address, destination, landing (which address has which
/// destination) and edge (what leads to what, and the line that says so), with indexes both ways.
/// \param path  of a file that is not there yet
Result<std::unique_ptr<MapReport>> make_map_database(const std::string& path, Commands commands);

}  // namespace lastmile
