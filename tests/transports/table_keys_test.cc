// SPDX-License-Identifier: Apache-2.0
#include "transports/table_keys.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"
#include "transports/settings.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

constexpr std::string_view kMainCf =
    "myhostname = mx.example.com\nmyorigin = example.com\n"
    "mydestination = example.com, example.org, texthash:/list\nrecipient_delimiter = +\n"
    "parent_domain_matches_subdomains =\n";

struct Host {
  Host() {
    world.add_file("/etc/postfix/main.cf", std::string(kMainCf));
    world.add_file("/list", "example.net x\n");
    auto loaded = load_settings(world, "/etc/postfix");
    REQUIRE(loaded.ok());
    settings = *std::move(loaded);
  }

  std::vector<std::string> keys(std::string_view parameter, const Address& address) {
    Configuration configuration(settings, world);
    const auto found = keys_for(configuration, *find_parameter(parameter), address);
    REQUIRE(found.ok());
    std::vector<std::string> texts;
    for (const AddressKey& key : *found) {
      texts.push_back(key.text);
    }
    return texts;
  }

  std::vector<std::string> asked_with(std::string_view parameter, std::string_view key) const {
    const KeyOrder order = *key_order_of(*find_parameter(parameter));
    std::vector<std::string> texts;
    for (const Address& address : addresses_asked_with(settings, order, key)) {
      texts.push_back(to_internal(address));
    }
    return texts;
  }

  MemoryWorld world = {};
  Settings settings = {};
};

using Texts = std::vector<std::string>;

TEST_CASE("table keys: the keys of an address, in the order of each parameter") {
  const std::vector<std::pair<std::string, Texts>> rows = {
      {"virtual_alias_maps", {"Al+x@example.org", "Al@example.org", "Al+x", "Al", "@example.org"}},
      {"sender_canonical_maps",
       {"Al+x@example.org", "Al@example.org", "Al+x", "Al", "@example.org"}},
      {"transport_maps", {"Al+x@example.org", "Al@example.org", "example.org", ".org", "*"}},
      {"alias_maps", {"al+x", "al"}},
      {"mailbox_command_maps", {"al"}},
      {"masquerade_exceptions", {"al+x"}},
      {"mydestination", {"example.org"}},
      {"relay_domains", {"example.org", ".org"}},
      {"local_delivery_status_filter", {"Al+x@example.org"}},
  };
  Host host;
  for (const auto& [parameter, keys] : rows) {
    CAPTURE(parameter);
    CHECK(host.keys(parameter, {"Al+x", "example.org"}) == keys);
  }
}

TEST_CASE("table keys: the addresses that are asked for with a key") {
  struct Row {
    std::string parameter, key;
    Texts addresses;
  };
  const std::vector<Row> rows = {
      {"virtual_alias_maps", "al@x.example", {"al@x.example"}},
      {"virtual_alias_maps", "\"a b\"@x.example", {"a b@x.example"}},
      {"virtual_alias_maps", "al", {"al@example.com", "al@example.org"}},
      {"virtual_alias_maps", "@x.example", {}},
      {"transport_maps", "al@x.example", {"al@x.example"}},
      {"transport_maps", "x.example", {}},
      {"transport_maps", "*", {}},
      {"alias_maps", "owner-list", {"owner-list@example.com", "owner-list@example.org"}},
      {"mailbox_transport_maps", "al", {"al@example.com", "al@example.org"}},
      {"mydestination", "x.example", {}},
      {"lastmile_account_maps", "al", {}},
      {"alias_maps", "", {}},
  };
  const Host host;
  for (const Row& row : rows) {
    CAPTURE(row.parameter, row.key);
    CHECK(host.asked_with(row.parameter, row.key) == row.addresses);
  }
}

TEST_CASE("table keys: an address is among those of each of its keys that holds a local part") {
  Host host;
  for (const Parameter& parameter : parameter_catalogue()) {
    const auto order = key_order_of(parameter);
    if (!order || *order == KeyOrder::domain || *order == KeyOrder::text) {
      continue;
    }
    for (const char* const domain : {"example.com", "example.org"}) {
      const Address address = {"al", domain};
      for (const std::string& key : host.keys(parameter.name, address)) {
        if (key.find("al") == std::string::npos) {
          continue;
        }
        CAPTURE(parameter.name, key);
        const auto asked = addresses_asked_with(host.settings, *order, key);
        CHECK(std::ranges::find(asked, address) != asked.end());
      }
    }
  }
}

}  // namespace
}  // namespace lastmile
