// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/server_names.h"

namespace lastmile {

std::vector<ServerNames> server_names(const lmtp::Endpoint& endpoint,
                                      const std::string& myhostname) {
  if (const auto* local = std::get_if<lmtp::UnixEndpoint>(&endpoint)) {
    return {{local->path, myhostname, true}};
  }
  const auto& inet = std::get<lmtp::InetEndpoint>(endpoint);
  const auto named = [](const std::string& written, const std::string& host) {
    return ServerNames{written.empty() ? host : written, host, false};
  };
  std::vector<ServerNames> servers{named(inet.written, inet.host)};
  for (const lmtp::HostPort& other : inet.alternatives) {
    servers.push_back(named(other.written, other.host));
  }
  return servers;
}

}  // namespace lastmile
