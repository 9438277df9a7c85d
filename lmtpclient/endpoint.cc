// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/endpoint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "lmtpclient/mime_header.h"

namespace lastmile::lmtp {
namespace {

/// \see postconf(5), known_tcp_ports
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kKnownPorts{{
    {"lmtp", "24"},
    {"smtp", "25"},
    {"smtps", "465"},
    {"submission", "587"},
    {"submissions", "465"},
}};

constexpr std::size_t kMaxHostLength = 255;

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Removes `prefix`, which is in lower case, from the beginning of `text`, whatever its case there.
void drop_prefix(std::string_view& text, std::string_view prefix) {
  if (folded(text.substr(0, prefix.size())) == prefix) {
    text.remove_prefix(prefix.size());
  }
}

struct HostSpec {
  HostPort server = {};
  std::string problem = {};
};

HostSpec problem(std::string text) {
  return {{}, std::move(text)};
}

/// Splits `HOST:PORT` and `[HOST]:PORT`; an absent port stays empty.
HostSpec split_host_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return problem(in_quotes(text) + ": the bracket is not closed");
    }
    std::string_view host = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    drop_prefix(host, "ipv6:");
    if (!rest.empty() && !rest.starts_with(':')) {
      return problem(in_quotes(text) + ": only \":port\" may follow the closing bracket");
    }
    rest.remove_prefix(rest.empty() ? 0 : 1);
    return {{std::string(host), std::string(rest), {}}, {}};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return {{std::string(text), {}, {}}, {}};
  }
  return {{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), {}}, {}};
}

/// What is wrong with a host, or nothing.
std::string check_host(std::string_view host) {
  if (host.empty()) {
    return "a host name or address is missing";
  }
  const bool printable = std::all_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 127 && c != '[' && c != ']' && c != '/';
  });
  if (!printable || host.size() > kMaxHostLength) {
    return in_quotes(host) + " is neither a host name nor an address";
  }
  return {};
}

/// What is wrong with a port, or nothing; known names become numbers.
std::string check_port(std::string& port) {
  const auto* const known = std::find_if(kKnownPorts.begin(), kKnownPorts.end(),
                                         [&](const auto& entry) { return entry.first == port; });
  if (known != kKnownPorts.end()) {
    port = known->second;
    return {};
  }
  if (!is_digits(port)) {
    const bool is_name = std::all_of(port.begin(), port.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-' || c == '_' || c == '.' || c == '+';
    });
    return is_name ? "" : in_quotes(port) + " is neither a port number nor the name of a service";
  }
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_good = error == std::errc{} && number > 0 && number <= 65535;
  return is_good ? "" : "port " + port + " is not between 1 and 65535";
}

HostSpec parse_host_spec(std::string_view text, std::string_view default_port) {
  std::string_view spec = text;
  if (spec.starts_with("inet:")) {
    return problem(in_quotes(text) + ": \"inet:\" stands in front of the first server alone");
  }
  if (spec.starts_with('/')) {
    return problem(in_quotes(text) +
                   ": \"unix:\" is missing in front of a path (unix:" + std::string(spec) + ")");
  }
  HostSpec result = split_host_port(spec);
  HostPort& server = result.server;
  server.written = spec;
  if (!result.problem.empty()) {
    return result;
  }
  if (server.port.find('/') != std::string::npos) {
    return problem("no such address family " + in_quotes(server.host) + " (unix, inet)");
  }
  if (!spec.starts_with('[') && server.port.find(':') != std::string::npos) {
    return problem(in_quotes(text) + ": an IPv6 address is written in brackets, as [::1]:24");
  }
  if (server.port.empty()) {
    server.port = default_port;
  }
  for (const std::string& wrong : {check_host(server.host), check_port(server.port)}) {
    if (!wrong.empty()) {
      return problem(in_quotes(text) + ": " + wrong);
    }
  }
  return result;
}

std::string bracketed(const HostPort& server) {
  const bool has_colon = server.host.find(':') != std::string::npos;
  return (has_colon ? '[' + server.host + ']' : server.host) + ':' + server.port;
}

/// Takes the next item of a list that is separated by commas and white space.
std::string_view take_item(std::string_view& list) {
  constexpr std::string_view kSeparators = ", \t\r\n";
  list.remove_prefix(std::min(list.find_first_not_of(kSeparators), list.size()));
  const std::string_view item = list.substr(0, list.find_first_of(kSeparators));
  list.remove_prefix(item.size());
  return item;
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) {
    return "unix:" + local->path;
  }
  const auto& inet = std::get<InetEndpoint>(endpoint);
  std::string result = "inet:" + bracketed({inet.host, inet.port, {}});
  for (const HostPort& other : inet.alternatives) {
    result += ',' + bracketed(other);
  }
  return result;
}

std::string as_written(const Endpoint& endpoint) {
  const auto* inet = std::get_if<InetEndpoint>(&endpoint);
  std::string result = inet == nullptr ? "" : inet->written;
  for (std::size_t i = 0; inet != nullptr && i < inet->alternatives.size(); ++i) {
    result += ',' + inet->alternatives[i].written;
  }
  return result;
}

ParsedEndpoint parse_endpoint(std::string_view nexthop, std::string_view default_port) {
  if (nexthop.starts_with("unix:")) {
    nexthop.remove_prefix(5);
    if (nexthop.empty() || nexthop.find('\0') != std::string_view::npos) {
      return {{}, "\"unix:\": the path of a socket is missing"};
    }
    return {UnixEndpoint{std::string(nexthop)}, {}};
  }
  drop_prefix(nexthop, "inet:");
  return parse_servers(nexthop, default_port);
}

ParsedEndpoint parse_servers(std::string_view text, std::string_view default_port) {
  std::vector<HostPort> servers;
  for (std::string_view item = take_item(text); !item.empty(); item = take_item(text)) {
    HostSpec spec = parse_host_spec(item, default_port);
    if (!spec.problem.empty()) {
      return {{}, std::move(spec.problem)};
    }
    servers.push_back(std::move(spec.server));
  }
  if (servers.empty()) {
    return {{}, "a host name or address is missing"};
  }
  HostPort& first = servers.front();
  InetEndpoint inet{std::move(first.host), std::move(first.port), {}, std::move(first.written)};
  servers.erase(servers.begin());
  inet.alternatives = std::move(servers);
  return {std::move(inet), {}};
}

}  // namespace lastmile::lmtp
