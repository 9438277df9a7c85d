// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aliases/world/world.h"

namespace lastmile {

/// What decides over the default of mynetworks.
struct NetworkChoice {
  std::string style = {};                    ///< mynetworks_style: subnet, class, host.
  std::vector<std::string> interfaces = {};  ///< inet_interfaces
  std::vector<std::string> protocols = {};   ///< inet_protocols
};

/// The default of mynetworks: the networks of the chosen interfaces, in their own order, each once.
/// \return nullopt where it cannot be said: an unknown style, a host name among the interfaces, a
///         netmask that the world does not know
/// \see postconf(5), mynetworks_style
std::optional<std::string> own_networks(const NetworkChoice& choice,
                                        const std::vector<InterfaceNetwork>& all);

}  // namespace lastmile
