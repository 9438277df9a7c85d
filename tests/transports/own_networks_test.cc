// SPDX-License-Identifier: Apache-2.0
#include "transports/own_networks.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

// The rows are what postconf(1) of Postfix 3.7 prints on a host with these interfaces.
const std::vector<InterfaceNetwork> kInterfaces = {
    {"127.0.0.1", 8},     {"203.0.113.9", 24}, {"10.1.2.3", 8},     {"192.168.5.6", 28},
    {"203.0.113.77", 24}, {"2001:db8::9", 64}, {"2001:db8::5", 64}, {"::1", 128},
};

TEST_CASE("the default of mynetworks") {
  struct Row {
    std::string style;
    std::vector<std::string> interfaces;
    std::string protocol;
    std::string networks;
  };
  const Row rows[] = {
      {"subnet",
       {"all"},
       "all",
       "127.0.0.0/8 203.0.113.0/24 10.0.0.0/8 192.168.5.0/28 [2001:db8::]/64 [::1]/128"},
      {"subnet", {"all"}, "ipv4", "127.0.0.0/8 203.0.113.0/24 10.0.0.0/8 192.168.5.0/28"},
      {"subnet", {"loopback-only"}, "all", "127.0.0.0/8 [::1]/128"},
      {"subnet", {"203.0.113.9", "127.0.0.1"}, "all", "127.0.0.0/8 203.0.113.0/24"},
      {"host",
       {"all"},
       "ipv4",
       "127.0.0.1/32 203.0.113.9/32 10.1.2.3/32 192.168.5.6/32 203.0.113.77/32"},
      {"host", {"10.1.2.3", "[2001:db8::5]"}, "all", "10.1.2.3/32 [2001:db8::5]/128"},
      {"class",
       {"all"},
       "all",
       "127.0.0.0/8 203.0.113.0/24 10.0.0.0/8 192.168.5.0/24 [2001:db8::]/64 [::1]/128"},
      {"class", {"localhost"}, "ipv4", "127.0.0.0/8"},
  };
  for (const Row& row : rows) {
    INFO(row.style << " " << row.interfaces.front());
    CHECK(own_networks({row.style, row.interfaces, {row.protocol}}, kInterfaces) == row.networks);
  }
}

TEST_CASE("networks that cannot be said are not guessed") {
  CHECK(own_networks({"subnet", {"mail.example.com"}, {"all"}}, kInterfaces) == std::nullopt);
  CHECK(own_networks({"nosuch", {"all"}, {"all"}}, kInterfaces) == std::nullopt);
  CHECK(own_networks({"subnet", {"all"}, {"all"}}, {{"192.0.2.1"}}) == std::nullopt);
  CHECK(own_networks({"host", {"all"}, {"all"}}, {{"192.0.2.1"}}) == "192.0.2.1/32");
}

}  // namespace
}  // namespace lastmile
