// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/server_address.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "aliases/text.h"

namespace lastmile {
namespace {

Error bad_address(std::string_view text) {
  return misconfigured("\"" + printable(text) +
                       "\" names no server; need inet:host:port or unix:pathname");
}

}  // namespace

std::string to_string(const ServerAddress& address) {
  if (const auto* socket = std::get_if<SocketPath>(&address)) {
    return "unix:" + socket->path;
  }
  const auto& server = std::get<HostAndPort>(address);
  const bool has_colon = server.host.find(':') != std::string::npos;
  return "inet:" + (has_colon ? "[" + server.host + "]" : server.host) + ":" + server.port;
}

Result<HostAndPort> parse_host_and_port(std::string_view text) {
  HostAndPort server{"localhost", {}};
  const std::size_t colon = text.rfind(':');
  server.port = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  if (colon != std::string_view::npos && colon > 0) {
    server.host = text.substr(0, colon);
  }
  if (server.host.size() > 2 && server.host.starts_with('[') && server.host.ends_with(']')) {
    server.host = server.host.substr(1, server.host.size() - 2);
  }
  if (server.port.empty()) {
    return bad_address(text);
  }
  return server;
}

Result<ServerAddress> parse_server_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = text.substr(std::min(text.size(), kind.size() + 1));
  if ((kind == "unix" || kind == "local") && !rest.empty()) {
    return ServerAddress(SocketPath{std::string(rest)});
  }
  if (kind != "inet" || rest.empty()) {
    return bad_address(text);
  }
  auto server = parse_host_and_port(rest);
  if (!server) {
    return std::move(server).error();
  }
  return ServerAddress(*std::move(server));
}

Result<std::chrono::seconds> table_timeout(const TablePolicy& policy, std::chrono::seconds usual) {
  const auto text =
      policy.parameter ? policy.parameter("lastmile_table_timeout") : std::optional<std::string>();
  if (!text || text->empty()) {
    return usual;
  }
  int seconds = 0;
  const char* const end = text->data() + text->size();
  auto [stop, error] = std::from_chars(text->data(), end, seconds);
  if (stop != end && *stop == 's') {
    ++stop;
  }
  if (error != std::errc() || stop != end || seconds <= 0) {
    return misconfigured("lastmile_table_timeout: \"" + printable(*text) +
                         "\" is not a number of seconds above zero");
  }
  return std::chrono::seconds(seconds);
}

Error not_on_network() {
  return unseen("a tree of files is not on the network: this server is not asked");
}

}  // namespace lastmile
