// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aliases/result.h"
#include "aliases/world/site_export.h"
#include "aliases/world/world.h"
#include "transports/settings.h"

namespace lastmile {

/// The tables that the parameters name, those of services with parameters of their own among them,
/// and the files that they name instead of tables. One may be there several times.
SiteContents named_tables(const Settings& settings, World& world);

/// What a configuration looks at when it delivers: its own files, the tables and files that its
/// parameters name, where `forward_path` leads for each account, and the places where mail is kept.
///
/// `settings` and `world` must outlive what is returned.
///
/// \return an Error when the accounts cannot be listed
Result<SiteContents> site_contents(const Settings& settings, World& world);

}  // namespace lastmile
