// SPDX-License-Identifier: Apache-2.0
#include "transports/address_lookup.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

/// "key=value", with the extension that the key leaves over; "" for none; "error".
std::string found_in(const std::string& table, const std::string& address) {
  ConfiguredWorld world("recipient_delimiter = +\nvirtual_alias_maps = " + table + '\n');
  const auto found = find_address(world.configuration(),
                                  world.configuration().tables(&Settings::virtual_alias_maps),
                                  split_address(address));
  if (!found) {
    return "error";
  }
  if (!*found) {
    return "";
  }
  const AddressHit& hit = **found;
  return hit.key + '=' + hit.hit.entry.value +
         (hit.unmatched_extension ? " left: " + *hit.unmatched_extension : "");
}

TEST_CASE("address_lookup: the keys of an address, in their order") {
  struct Row {
    std::string entries;
    std::string address;
    std::string expected;
  };
  const Row rows[] = {
      {"a@example.com=1, a=2, @example.com=3", "a@example.com", "a@example.com=1"},
      {"a=2, @example.com=3", "a@example.com", "a=2"},
      {"@example.com=3", "a@example.com", "@example.com=3"},
      {"a=2", "a@elsewhere.test", ""},
      {"a+x@example.com=1, a@example.com=2", "a+x@example.com", "a+x@example.com=1"},
      {"a@example.com=2", "a+x@example.com", "a@example.com=2 left: x"},
      {"a+x=2", "a+x@example.com", "a+x=2"},
      {"a=2", "a+x@example.com", "a=2 left: x"},
      {"@example.com=3", "a+x@example.com", "@example.com=3"},
      {"A@Example.com=1", "a@example.com", "a@example.com=1"},
      {"a@example.com=1", "A@Example.com", "A@Example.com=1"},
  };
  for (const Row& row : rows) {
    INFO(row.entries << ' ' << row.address);
    CHECK(found_in("inline:{" + row.entries + "}", row.address) == row.expected);
  }
}

TEST_CASE("address_lookup: the first table that has any key decides, and one that fails ends it") {
  CHECK(found_in("inline:{@example.com=1}, inline:{a@example.com=2}", "a@example.com") ==
        "a@example.com=2");
  CHECK(found_in("inline:{a@example.com=1}, fail:down", "a@example.com") == "a@example.com=1");
  CHECK(found_in("fail:down, inline:{a@example.com=1}", "a@example.com") == "error");
}

TEST_CASE("address_lookup: what the value of an entry names") {
  struct Row {
    std::string value;
    std::string unmatched;
    std::vector<std::string> expected;
  };
  const Row rows[] = {
      {"b@x.test", "", {"b@x.test"}},
      {"b@x.test, c@y.test", "", {"b@x.test", "c@y.test"}},
      {"@x.test", "", {"a@x.test"}},
      {"b@x.test", "ext", {"b+ext@x.test"}},
      {"bare", "", {"bare@mx.example.com"}},
      {"", "", {}},
      {"<>", "", {""}},
  };
  ConfiguredWorld world("recipient_delimiter = +\n");
  for (const Row& row : rows) {
    INFO(row.value << ' ' << row.unmatched);
    AddressHit hit;
    hit.hit.entry.value = row.value;
    if (!row.unmatched.empty()) {
      hit.unmatched_extension = row.unmatched;
      hit.delimiter = '+';
    }
    std::vector<std::string> names;
    for (const Address& address :
         mapped_addresses(world.configuration(), {"a", "example.com"}, hit, "virtual")) {
      names.push_back(to_internal(address));
    }
    CHECK(names == row.expected);
  }
}

}  // namespace
}  // namespace lastmile
