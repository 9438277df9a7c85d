// SPDX-License-Identifier: Apache-2.0
#include "transports/match_list.h"

#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

MatchList list_of(std::string_view text, World& world, MatchStyle style = MatchStyle::exact) {
  const auto items = split_list(text, Braces::protect);
  return MatchList({items.begin(), items.end()}, world, {}, style);
}

/// "yes", "no" or the error.
std::string answer(MatchList& list, std::string_view name) {
  const auto match = list.contains(name);
  return match ? (*match == Match::yes ? "yes" : "no") : match.error().message();
}

struct Row {
  std::string list, name, expected;
};

void check_rows(const std::vector<Row>& rows, MatchStyle style) {
  for (const Row& row : rows) {
    MemoryWorld world;
    world.add_file("/names",
                   "one.example two.example\n# three.example\n!four.example\n"
                   "five.example # six.example\n inline:{ {seven.example = x} }\n");
    world.add_table("hash:/names", {{"example.com", "x"}, {".dotted.example", ""}});
    MatchList list = list_of(row.list, world, style);
    INFO(row.list << " ? " << row.name);
    CHECK(answer(list, row.name) == row.expected);
  }
}

TEST_CASE("match list: strings") {
  check_rows(
      {
          {"", "a", "no"},
          {"example.com localhost", "localhost", "yes"},
          {"example.com,localhost", "LOCALHOST", "yes"},
          {"Example.COM", "example.com", "yes"},
          {"example.com", "sub.example.com", "no"},
          {".example.com", "sub.example.com", "no"},
          {"host.", "host", "no"},
          {"!a, a", "a", "no"},
          {"a, !a", "a", "yes"},
          {"!!a", "a", "yes"},
          {"[192.0.2.1]", "[192.0.2.1]", "yes"},
          {"a # b", "b", "no"},
          {"STRASSE.example", "straße.example", "yes"},
      },
      MatchStyle::exact);
}

TEST_CASE("match list: files and tables") {
  check_rows(
      {
          {"/names", "two.example", "yes"},
          {"/names", "three.example", "no"},
          {"/names, four.example", "four.example", "no"},
          {"!/names, two.example", "two.example", "no"},
          {"!/names", "four.example", "yes"},
          {"/names", "five.example", "yes"},
          {"/names", "six.example", "no"},
          {"/names", "seven.example", "yes"},
          {"hash:/names", "EXAMPLE.com", "yes"},
          {"hash:/names", "sub.example.com", "no"},
          {"!hash:/names, example.com", "example.com", "no"},
          {"inline:{ {a = b}, {c = d} }", "c", "yes"},
      },
      MatchStyle::exact);
}

TEST_CASE("match list: domains whose parents match") {
  check_rows(
      {
          {"example.com", "a.sub.example.com", "yes"},
          {"example.com", "xexample.com", "no"},
          {".example.com", "sub.example.com", "no"},
          {"!bad.example.com example.com", "x.bad.example.com", "no"},
          {"hash:/names", "a.sub.example.com", "yes"},
          {"hash:/names", "example.org", "no"},
      },
      MatchStyle::parent_domains);
}

TEST_CASE("match list: domains whose parents are written with a dot") {
  check_rows(
      {
          {"example.com", "sub.example.com", "no"},
          {".example.com", "a.sub.example.com", "yes"},
          {".example.com", "example.com", "no"},
          {"hash:/names", "sub.example.com", "no"},
          {"hash:/names", "a.b.dotted.example", "yes"},
          {"hash:/names", "dotted.example", "no"},
      },
      MatchStyle::dotted_subdomains);
}

TEST_CASE("match list: pattern tables see whole names only") {
  MemoryWorld world;
  world.add_file("/re", "/^example\\.com$/ x\n");
  MatchList list = list_of("regexp:/re", world, MatchStyle::parent_domains);
  CHECK(answer(list, "example.com") == "yes");
  CHECK(answer(list, "sub.example.com") == "no");
}

TEST_CASE("match list: what cannot answer makes every query fail that reaches it") {
  MemoryWorld world;
  world.fail_table("hash:/down");
  for (const std::string bad : {"/nosuch", "hash:/down", "nosuchtype:/x", "!"}) {
    MatchList list = list_of("first " + bad + " last", world);
    INFO(bad);
    CHECK(answer(list, "first") == "yes");
    for (int i = 0; i < 2; ++i) {
      CHECK_FALSE(list.contains("last").ok());
    }
  }
}

TEST_CASE("match list: files and tables are opened once, and only when they are reached") {
  MemoryWorld world;
  world.add_file("/names", "one.example\n");
  MatchList list = list_of("first /names", world);
  CHECK(answer(list, "first") == "yes");
  CHECK(world.times_read("/names") == 0);
  CHECK(answer(list, "one.example") == "yes");
  CHECK(answer(list, "other.example") == "no");
  CHECK(world.times_read("/names") == 1);
}

/// "yes, /names:3", "no, hash:/names for example.com", or "nothing".
std::string decision(MatchList& list, std::string_view name) {
  const auto entry = list.find(name);
  REQUIRE(entry.ok());
  if (!*entry) {
    return "nothing";
  }
  std::string text = (*entry)->match == Match::yes ? "yes" : "no";
  text += (*entry)->source ? ", " + to_string(*(*entry)->source) : "";
  text += (*entry)->table.empty() ? "" : ", " + (*entry)->table + " for " + (*entry)->key;
  return text;
}

TEST_CASE("match list: what decided is named") {
  MemoryWorld world;
  world.add_file("/names", "one.example\n\n!two.example three.example\nhash:/names\n");
  world.add_table("hash:/names", {{"four.example", "x"}});
  MatchList list = list_of("zero.example !/names", world, MatchStyle::parent_domains);
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"zero.example", "yes"},
      {"one.example", "no, /names:1"},
      {"two.example", "yes, /names:3"},
      {"three.example", "no, /names:3"},
      {"a.b.four.example", "no, hash:/names for four.example"},
      {"five.example", "nothing"},
  };
  for (const auto& [name, expected] : rows) {
    INFO(name);
    CHECK(decision(list, name) == expected);
  }
}

}  // namespace
}  // namespace lastmile
