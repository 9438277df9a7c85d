// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/host_facts.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace lastmile {
namespace {

/// "192.0.2.1", "2001:db8::1" without a zone; empty for other families.
std::string numeric_address(const sockaddr* address) {
  if (address == nullptr || (address->sa_family != AF_INET && address->sa_family != AF_INET6)) {
    return {};
  }
  const socklen_t length =
      address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  std::array<char, NI_MAXHOST> text = {};
  if (getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return {};
  }
  const std::string_view numeric = text.data();
  return std::string(numeric.substr(0, numeric.find('%')));
}

void add(std::vector<std::string>& addresses, std::string address) {
  if (!address.empty() &&
      std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    addresses.push_back(std::move(address));
  }
}

/// The bits that are set, of a netmask.
int prefix_length(const sockaddr* mask) {
  if (mask == nullptr) {
    return -1;
  }
  std::array<unsigned char, sizeof(in6_addr)> octets = {};
  if (mask->sa_family == AF_INET) {
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in*>(mask)->sin_addr,
                sizeof(in_addr));
  } else if (mask->sa_family == AF_INET6) {
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr,
                sizeof(in6_addr));
  }
  int bits = 0;
  for (const unsigned char octet : octets) {
    bits += std::popcount(octet);
  }
  return bits;
}

}  // namespace

std::string system_hostname() {
  constexpr std::size_t kLongestName = 256;
  std::array<char, kLongestName + 1> name = {};
  return gethostname(name.data(), kLongestName) == 0 ? name.data() : "localhost";
}

Result<std::vector<InterfaceNetwork>> system_interface_networks() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    return unavailable(std::string("listing the network interfaces: ") + std::strerror(errno));
  }
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
  std::vector<InterfaceNetwork> networks;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    std::string address = numeric_address(entry->ifa_addr);
    if ((entry->ifa_flags & IFF_UP) != 0 && !address.empty()) {
      networks.push_back({std::move(address), prefix_length(entry->ifa_netmask)});
    }
  }
  return networks;
}

Result<std::vector<std::string>> system_interface_addresses() {
  auto networks = system_interface_networks();
  if (!networks) {
    return std::move(networks).error();
  }
  std::vector<std::string> addresses;
  for (InterfaceNetwork& network : *networks) {
    add(addresses, std::move(network.address));
  }
  return addresses;
}

Result<std::vector<std::string>> system_host_addresses(std::string_view name) {
  addrinfo wanted = {};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const std::string host(name);
  const int failed = getaddrinfo(host.c_str(), nullptr, &wanted, &first);
  if (failed != 0) {
    return unavailable(host + ": " + gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(first, freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* entry = first; entry != nullptr; entry = entry->ai_next) {
    add(addresses, numeric_address(entry->ai_addr));
  }
  return addresses;
}

}  // namespace lastmile
