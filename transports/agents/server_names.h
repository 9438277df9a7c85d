// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lmtpclient/endpoint.h"

namespace lastmile {

/// A server as tables and certificates may name it.
struct ServerNames {
  std::string destination = {};  ///< The nexthop as it was given, or the path of a socket.
  std::string host = {};         ///< For a socket the name of this host.
  bool is_socket = false;
};

/// Those of an endpoint, in the order in which they are tried.
std::vector<ServerNames> server_names(const lmtp::Endpoint& endpoint,
                                      const std::string& myhostname);

}  // namespace lastmile
