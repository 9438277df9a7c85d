// SPDX-License-Identifier: Apache-2.0
#include "transports/network_list.h"

#include <string>

#include "aliases/text.h"
#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

std::string answer(const std::string& list, std::string_view name, std::string_view address) {
  test::MemoryWorld world;
  world.add_file("/etc/networks", "# ours\n192.0.2.0/28 !10.0.0.1\n10.0.0.0/8\n");
  world.add_table("hash:/clients", {{"far.test", "x"}, {"198.51.100.7", "x"}});
  const auto items = split_list(list, Braces::protect);
  NetworkList networks({items.begin(), items.end()}, world, TablePolicy{},
                       MatchStyle::parent_domains);
  const auto contained = networks.contains(name, address);
  return !contained ? "error" : *contained == Match::yes ? "yes" : "no";
}

TEST_CASE("network lists: networks, names, files and tables, and the first that matches decides") {
  struct Row {
    std::string list;
    std::string name;
    std::string address;
    std::string expected;
  };
  const Row rows[] = {
      {"192.0.2.0/24", "unknown", "192.0.2.9", "yes"},
      {"192.0.2.0/24", "unknown", "192.0.3.9", "no"},
      {"192.0.2.0/24", "unknown", "", "no"},
      {"!192.0.2.9 192.0.2.0/24", "unknown", "192.0.2.9", "no"},
      {"[2001:db8::]/32", "unknown", "2001:db8::1", "yes"},
      {"192.0.2.1/24", "unknown", "192.0.2.9", "error"},
      {"far.test", "mx.far.test", "192.0.2.9", "yes"},
      {"/etc/networks", "unknown", "192.0.2.9", "yes"},
      {"/etc/networks", "unknown", "10.0.0.1", "no"},
      {"/etc/networks", "unknown", "10.0.0.2", "yes"},
      {"/etc/missing", "unknown", "10.0.0.2", "error"},
      {"hash:/clients", "mx.far.test", "", "yes"},
      {"hash:/clients", "unknown", "198.51.100.7", "yes"},
      {"hash:/clients", "unknown", "198.51.100.8", "no"},
  };
  for (const Row& row : rows) {
    INFO(row.list << ' ' << row.name << ' ' << row.address);
    CHECK(answer(row.list, row.name, row.address) == row.expected);
  }
}

}  // namespace
}  // namespace lastmile
