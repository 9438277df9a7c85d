// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// The image of a new SQLite database that holds what some queries read of another, and nothing
/// else: the columns that they name, of the tables that they name, with the views and indexes
/// between them. Passwords that stand in other columns stay where they are.
///
/// \param path  the database, as a path of this host
/// \param queries  complete SQL; compiled, never run
/// \return the bytes of the file; the same for the same content. misconfigured for a query that
///         does not compile, or that reads virtual tables
Result<std::string> extract_database(const std::string& path,
                                     const std::vector<std::string>& queries);

}  // namespace lastmile
