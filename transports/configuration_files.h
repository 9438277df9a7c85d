// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/world/world.h"
#include "transports/main_cf.h"
#include "transports/master_cf.h"

namespace lastmile {

/// The source file of a parameter that lastmile's own `-o name=value` sets.
inline constexpr std::string_view kCommandLine = "-o";

/// Where a host says what system it is.
inline constexpr std::string_view kOsRelease = "/etc/os-release";

/// What is said of a configuration file that is not there.
inline constexpr std::string_view kNoSuchFile = "no such file";

/// The parameters of a main.cf that sets none: the built-in defaults, and those that depend on the
/// host.
/// \param overrides  as for load_main_cf(); which release is meant counts, and nothing else
Result<MainCf> default_main_cf(World& world, const std::vector<std::string>& overrides);

/// Reads lastmile.cf, which need not be there, and main.cf of `config_directory`, and applies
/// `overrides` (`-o name=value`). The defaults are those of the release that
/// lastmile_postfix_version names, else of the host's own Postfix. The values are not looked at:
/// load_settings() does that.
/// \param world  must outlive what is returned
/// \return an Error when there is no main.cf, when a file cannot be read or its lines are
///         malformed
Result<MainCf> load_main_cf(World& world, const std::string& config_directory,
                            const std::vector<std::string>& overrides);

/// The default of mynetworks, which postconf(1) computes from the interfaces and no delivery asks
/// for; nothing where it cannot be said. \see own_networks()
void set_network_default(MainCf& main_cf, World& world);

/// Reads master.cf of `config_directory`; the standard services when there is none.
Result<MasterCf> load_master_cf(World& world, const std::string& config_directory,
                                const MainCf& main_cf);

}  // namespace lastmile
