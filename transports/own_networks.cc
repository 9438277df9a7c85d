// SPDX-License-Identifier: Apache-2.0
#include "transports/own_networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// The octets of an address: 4 or 16; none for a text that is no address.
std::vector<std::uint8_t> octets_of(const std::string& address) {
  std::array<std::uint8_t, 16> octets = {};
  if (inet_pton(AF_INET, address.c_str(), octets.data()) == 1) {
    return {octets.begin(), octets.begin() + 4};
  }
  if (inet_pton(AF_INET6, address.c_str(), octets.data()) == 1) {
    return {octets.begin(), octets.end()};
  }
  return {};
}

/// Of the old classes A, B, C and D.
int class_prefix(std::uint8_t first) {
  return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 4;
}

/// \return -1 where it is not known
int prefix_length(const std::string& style, const InterfaceNetwork& network,
                  const std::vector<std::uint8_t>& octets) {
  const bool is_v4 = octets.size() == 4;
  if (style == "host") {
    return is_v4 ? 32 : 128;
  }
  return style == "class" && is_v4 ? class_prefix(octets.front()) : network.prefix_length;
}

/// "192.0.2.0/24", "[2001:db8::]/64".
std::string network_text(std::vector<std::uint8_t> octets, int prefix) {
  constexpr int kBits = 8;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * kBits, 0, kBits);
    octets[i] = static_cast<std::uint8_t>(octets[i] & (0xFF00U >> static_cast<unsigned>(kept)));
  }
  std::array<char, INET6_ADDRSTRLEN> text = {};
  const bool is_v4 = octets.size() == 4;
  inet_ntop(is_v4 ? AF_INET : AF_INET6, octets.data(), text.data(), text.size());
  const std::string network = text.data();
  return (is_v4 ? network : '[' + network + ']') + '/' + std::to_string(prefix);
}

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::any_of(
      list, [word](const std::string& item) { return equal_ignoring_case(item, word); });
}

std::string without_brackets(const std::string& item) {
  return item.starts_with('[') && item.ends_with(']') ? item.substr(1, item.size() - 2) : item;
}

bool is_chosen(const NetworkChoice& choice, const std::string& address,
               const std::vector<std::uint8_t>& octets) {
  const bool is_v4 = octets.size() == 4;
  if (!has(choice.protocols, "all") && !has(choice.protocols, is_v4 ? "ipv4" : "ipv6")) {
    return false;
  }
  const bool is_loopback = is_v4 ? octets.front() == 127 : address == "::1";
  return std::ranges::any_of(choice.interfaces, [&](const std::string& item) {
    return equal_ignoring_case(item, "all") ||
           (equal_ignoring_case(item, "loopback-only") && is_loopback) ||
           (equal_ignoring_case(item, "localhost") && address == "127.0.0.1") ||
           octets_of(without_brackets(item)) == octets;
  });
}

/// Whether resolving an item would take the DNS.
bool is_host_name(const std::string& item) {
  constexpr std::string_view kWords[] = {"all", "loopback-only", "localhost"};
  return octets_of(without_brackets(item)).empty() &&
         std::ranges::none_of(
             kWords, [&item](std::string_view word) { return equal_ignoring_case(item, word); });
}

}  // namespace

std::optional<std::string> own_networks(const NetworkChoice& choice,
                                        const std::vector<InterfaceNetwork>& all) {
  const bool knows_style =
      choice.style == "subnet" || choice.style == "class" || choice.style == "host";
  if (!knows_style || std::ranges::any_of(choice.interfaces, is_host_name)) {
    return std::nullopt;
  }
  std::vector<std::string> networks;
  for (const InterfaceNetwork& network : all) {
    const auto octets = octets_of(network.address);
    if (octets.empty() || !is_chosen(choice, network.address, octets)) {
      continue;
    }
    const int prefix = prefix_length(choice.style, network, octets);
    if (prefix < 0) {
      return std::nullopt;
    }
    std::string text = network_text(octets, prefix);
    if (std::ranges::find(networks, text) == networks.end()) {
      networks.push_back(std::move(text));
    }
  }
  std::string value;
  for (const std::string& network : networks) {
    value += (value.empty() ? "" : " ") + network;
  }
  return value;
}

}  // namespace lastmile
