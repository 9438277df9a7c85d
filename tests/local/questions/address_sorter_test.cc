// SPDX-License-Identifier: Apache-2.0
#include "local/questions/address_sorter.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

std::vector<std::string> lines_of(AddressSorter& sorter) {
  std::vector<std::string> lines;
  const auto read = sorter.for_each([&lines](const KnownAddress& known) {
    lines.push_back(to_internal(known.address) + ' ' + std::string(name_of(known.marks.first())));
    return true;
  });
  CHECK(read.ok());
  return lines;
}

TEST_CASE("address_sorter: by domain, then by local part, each once with its first mark") {
  AddressSorter sorter;
  const std::pair<Address, Mark> added[] = {
      {{"bob", "b.example"}, Mark::role},        {{"alice", "b.example"}, Mark::alias},
      {{"zoe", "a.example"}, Mark::member},      {{"bob", "b.example"}, Mark::account},
      {{"no\0thing", "a.example"}, Mark::alias},
  };
  for (const auto& [address, mark] : added) {
    REQUIRE(sorter.add(address, mark).ok());
  }
  REQUIRE(sorter.add({std::string("a\0b", 3), "a.example"}, Mark::alias).ok());
  const std::vector<std::string> expected = {"no@a.example alias", "zoe@a.example member",
                                             "alice@b.example alias", "bob@b.example account"};
  CHECK(lines_of(sorter) == expected);
}

TEST_CASE("address_sorter: what does not fit into memory comes out the same") {
  constexpr int kMany = 3000;
  constexpr std::size_t kSmallRun = 4096;
  AddressSorter whole;
  AddressSorter parts(kSmallRun);
  for (int i = 0; i < kMany; ++i) {
    // In an order of no use, and each twice.
    const Address address{"user" + std::to_string(i * 7919 % kMany / 2), "example.com"};
    REQUIRE(whole.add(address, Mark::alias).ok());
    REQUIRE(parts.add(address, Mark::alias).ok());
  }
  const auto expected = lines_of(whole);
  CHECK(expected.size() == kMany / 2);
  CHECK(lines_of(parts) == expected);
  CHECK(lines_of(parts) == expected);  // Once more.
}

}  // namespace
}  // namespace lastmile
