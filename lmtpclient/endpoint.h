// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lastmile::lmtp {

/// Where an LMTP server listens. \see lmtp(8): "unix:pathname" and "inet:host:port"
struct UnixEndpoint {
  std::string path = {};  ///< Relative: below the queue directory.
  friend bool operator==(const UnixEndpoint&, const UnixEndpoint&) = default;
};

/// A host name or address, without brackets, and a port number or the name of a service.
struct HostPort {
  std::string host = {};
  std::string port = {};
  /// As it was given, without "inet:": "[mail.example.com]:24". Tables of policies and passwords
  /// have this as a key.
  std::string written = {};
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct InetEndpoint {
  std::string host = {};  ///< A name or an address, without brackets.
  std::string port = "24";
  /// The rest of a list "a, b c": servers that are tried when the ones before take no mail.
  std::vector<HostPort> alternatives = {};
  std::string written = {};  ///< As in HostPort, of the first server alone.
  friend bool operator==(const InetEndpoint&, const InetEndpoint&) = default;
};
using Endpoint = std::variant<UnixEndpoint, InetEndpoint>;

/// "unix:/run/lmtp" or "inet:host:24"; a host that holds a colon is put in brackets, a list is
/// joined with commas. parse_endpoint() reads it back.
std::string to_string(const Endpoint& endpoint);

/// The servers as they were given, joined with commas; empty for a UNIX socket, which is written in
/// one way alone.
std::string as_written(const Endpoint& endpoint);

/// What a nexthop names, or why it names nothing.
struct ParsedEndpoint {
  Endpoint endpoint = {};
  std::string problem = {};  ///< Empty: `endpoint` is good.
};

/// Reads the nexthop of an LMTP transport: `unix:PATH`, `inet:HOST[:PORT]`, `HOST`, `HOST:PORT`,
/// `[HOST]`, `[HOST]:PORT`, `[ipv6:ADDRESS]:PORT`, and lists of all but the first.
///
/// The names of Postfix's known_tcp_ports become numbers; any other name is looked up when the
/// connection is made.
///
/// \param default_port  where the nexthop names none
/// \see lmtp(8); postconf(5), known_tcp_ports
ParsedEndpoint parse_endpoint(std::string_view nexthop, std::string_view default_port = "24");

/// The same of a list of servers, without `unix:` and `inet:`. \see postconf(5),
/// smtp_fallback_relay
ParsedEndpoint parse_servers(std::string_view text, std::string_view default_port);

}  // namespace lastmile::lmtp
