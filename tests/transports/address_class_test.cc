// SPDX-License-Identifier: Apache-2.0
#include "transports/address_class.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

constexpr const char* kDomains =
    "virtual_alias_domains = alias.test, both.test\n"
    "virtual_mailbox_domains = mailbox.test, inline:{listed.test=x}\n"
    "relay_domains = relay.test\n"
    "mydestination = example.com, both.test\n"
    "proxy_interfaces = 192.0.2.7\n";

TEST_CASE("address_class: the first list that has the domain decides") {
  ConfiguredWorld world(kDomains);
  world.world().set_interface_addresses({"192.0.2.1", "2001:db8::1"});
  const std::pair<std::string, std::string> rows[] = {
      {"example.com", "local"},           {"Example.COM", "local"},
      {"example.com.", "local"},          {"both.test", "local"},
      {"[192.0.2.1]", "local"},           {"[ipv6:2001:db8::1]", "local"},
      {"[192.0.2.7]", "local"},           {"[192.0.2.9]", "default"},
      {"alias.test", "virtual alias"},    {"mailbox.test", "virtual mailbox"},
      {"listed.test", "virtual mailbox"}, {"relay.test", "relay"},
      {"sub.relay.test", "relay"},        {"sub.alias.test", "default"},
      {"elsewhere.test", "default"},      {"", "default"},
  };
  for (const auto& [domain, expected] : rows) {
    INFO(domain);
    const auto found = classify_domain(world.configuration(), domain);
    REQUIRE(found.ok());
    CHECK(name_of(*found) == expected);
  }
}

TEST_CASE("address_class: a list that cannot answer says so, and no later list is asked") {
  ConfiguredWorld world(
      "virtual_mailbox_domains = fail:down\nrelay_domains = relay.test\n"
      "virtual_alias_domains = alias.test\n");
  CHECK(name_of(*classify_domain(world.configuration(), "example.com")) == "local");
  CHECK(name_of(*classify_domain(world.configuration(), "alias.test")) == "virtual alias");
  const auto found = classify_domain(world.configuration(), "relay.test");
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().kind == Error::Kind::unavailable);
}

TEST_CASE("address_class: a domain in two lists is told") {
  ConfiguredWorld world(kDomains);
  CHECK(double_listings(world.configuration(), "both.test", AddressClass::local) ==
        std::vector<std::string>{
            "do not list domain both.test in BOTH mydestination and virtual_alias_domains"});
  CHECK(double_listings(world.configuration(), "example.com", AddressClass::local).empty());
}

TEST_CASE("address_class: whether parent domains match depends on the parameter") {
  ConfiguredWorld world("parent_domain_matches_subdomains = relay_domains\n");
  CHECK(parent_style(world.settings(), "relay_domains") !=
        parent_style(world.settings(), "mydestination"));
}

}  // namespace
}  // namespace lastmile
