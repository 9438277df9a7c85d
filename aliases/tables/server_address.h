// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// A server that answers lookups on a UNIX-domain socket.
struct SocketPath {
  std::string path = {};
  friend bool operator==(const SocketPath&, const SocketPath&) = default;
};

/// A server that answers lookups through TCP.
struct HostAndPort {
  std::string host = {};  ///< A name or an address, without brackets.
  std::string port = {};  ///< A number or the name of a service.
  friend bool operator==(const HostAndPort&, const HostAndPort&) = default;
};

using ServerAddress = std::variant<SocketPath, HostAndPort>;

/// "unix:/run/socket"; "inet:host:port", with brackets where the host has a colon.
std::string to_string(const ServerAddress& address);

/// Reads `unix:PATH` (or `local:PATH`) and `inet:HOST:PORT`; an IPv6 address stands in brackets.
/// \return misconfigured for anything else
/// \see socketmap_table(5), memcache_table(5)
Result<ServerAddress> parse_server_address(std::string_view text);

/// Reads `HOST:PORT`. Without a host it is `localhost`.
Result<HostAndPort> parse_host_and_port(std::string_view text);

/// How long one connect, write or read of a table server may take: `lastmile_table_timeout` of
/// main.cf, else `usual`.
/// \return misconfigured when the parameter is not a number of seconds above zero
Result<std::chrono::seconds> table_timeout(const TablePolicy& policy, std::chrono::seconds usual);

/// A server is named by host and port, and World::is_on_network() says no.
Error not_on_network();

}  // namespace lastmile
