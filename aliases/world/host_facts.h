// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/world/world.h"

namespace lastmile {

/// gethostname(2).
std::string system_hostname();

/// The addresses of the interfaces that are up. \see getifaddrs(3)
Result<std::vector<std::string>> system_interface_addresses();

/// The same with their netmasks.
Result<std::vector<InterfaceNetwork>> system_interface_networks();

/// The addresses of a host name, by the resolver of the C library. \see getaddrinfo(3)
/// \return unavailable when there are none: for a check, the reason matters little
Result<std::vector<std::string>> system_host_addresses(std::string_view name);

}  // namespace lastmile
