// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/record_sorter.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

using Walk = RecordSorter::Walk;
using Records = std::vector<std::pair<std::string, std::string>>;

Records all_of(RecordSorter& sorter) {
  Records records;
  const auto read =
      sorter.for_each([&records](std::string_view key, std::string_view value) -> Result<Walk> {
        records.emplace_back(key, value);
        return Walk::go_on;
      });
  CHECK(read.ok());
  return records;
}

TEST_CASE("record_sorter: by the octets of the keys, and of one key as they were added") {
  RecordSorter sorter;
  const std::string nul("a\0", 2);
  for (const auto& [key, value] : Records{{"b", "1"},
                                          {"a", "2"},
                                          {"\xFF", "3"},
                                          {"b", "0"},
                                          {"", "4"},
                                          {nul, "5"},
                                          {"longer than the octets that are compared first", "6"},
                                          {"longer than the octets", "7"}}) {
    REQUIRE(sorter.add(key, value).ok());
  }
  const Records expected = {{"", "4"},
                            {"a", "2"},
                            {nul, "5"},
                            {"b", "1"},
                            {"b", "0"},
                            {"longer than the octets", "7"},
                            {"longer than the octets that are compared first", "6"},
                            {"\xFF", "3"}};
  CHECK(all_of(sorter) == expected);
  CHECK(sorter.count() == 8);
}

TEST_CASE("record_sorter: what does not fit into memory comes out the same") {
  constexpr int kMany = 20'000;
  constexpr std::size_t kSmallRun = std::size_t{16} * 1024;
  RecordSorter whole;
  RecordSorter parts(kSmallRun);
  for (int i = 0; i < kMany; ++i) {
    // In an order of no use, each key twice, and now and then a value that is larger than a run.
    const std::string key = "key" + std::to_string(i * 7919 % kMany / 2);
    const std::string value(i % 5000 == 0 ? 2 * kSmallRun : 3, static_cast<char>('a' + i % 26));
    REQUIRE(whole.add(key, value).ok());
    REQUIRE(parts.add(key, value).ok());
  }
  const Records expected = all_of(whole);
  CHECK(expected.size() == kMany);
  CHECK(all_of(parts) == expected);
  CHECK(all_of(parts) == expected);  // Once more.
}

TEST_CASE("record_sorter: a walk ends where it is told to, with the error that it is given") {
  RecordSorter sorter;
  for (const char* key : {"a", "b", "c"}) {
    REQUIRE(sorter.add(key, "").ok());
  }
  std::string seen;
  const auto stopped = sorter.for_each([&](std::string_view key, std::string_view) -> Result<Walk> {
    seen += key;
    return key == "b" ? Walk::stop : Walk::go_on;
  });
  CHECK(stopped.ok());
  CHECK(seen == "ab");
  const auto failed = sorter.for_each(
      [&](std::string_view, std::string_view) -> Result<Walk> { return malformed("no"); });
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().text == "no");
}

}  // namespace
}  // namespace lastmile
