// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/sqlite_handle.h"

namespace lastmile {

/// "lmst", the application_id of a site file.
constexpr std::int32_t kSiteApplicationId = 0x6C6D7374;
/// Before the name of a parameter: a row of `host` with what the host's Postfix said of it.
constexpr std::string_view kPostfixRow = "postfix ";
/// The user_version of the site files that this program writes.
constexpr int kSiteVersion = 1;

/// Makes the schema of kSiteVersion out of an older one; out of nothing for version 0.
Result<Ok> migrate_site(sqlite3* database, int from_version);

}  // namespace lastmile
