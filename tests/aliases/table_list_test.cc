// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table_list.h"

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

TableList list_of(std::string_view text, World& world, TablePolicy policy = {}) {
  auto specs = parse_table_list(text);
  REQUIRE(specs.ok());
  return {*std::move(specs), world, std::move(policy)};
}

/// "= value (table)", "no such key", or the error.
std::string ask(TableList& list, std::string_view key, KeyUse use = KeyUse::whole) {
  const auto hit = list.lookup(key, use);
  if (!hit) {
    return hit.error().message();
  }
  return *hit ? "= " + (*hit)->entry.value + " (" + *(*hit)->table + ")" : "no such key";
}

TEST_CASE("a table specification is a type and a name") {
  const auto spec = parse_table_spec("proxy:unix:passwd.byname");
  REQUIRE(spec.ok());
  CHECK(spec->type == "proxy");
  CHECK(spec->name == "unix:passwd.byname");
  CHECK(to_string(*spec) == "proxy:unix:passwd.byname");
  for (const std::string_view bad : {"", "hash", "hash:", ":name", ":"}) {
    INFO(bad);
    const auto refused = parse_table_spec(bad);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == Error::Kind::malformed);
  }
}

TEST_CASE("a list of tables is split outside of braces") {
  struct Row {
    std::string_view text;
    std::vector<std::string> tables;
  };
  const Row rows[] = {
      {"", {}},
      {" , ", {}},
      {"hash:/a", {"hash:/a"}},
      {"hash:/a, hash:/b", {"hash:/a", "hash:/b"}},
      {"hash:/a hash:/b\n\thash:/c", {"hash:/a", "hash:/b", "hash:/c"}},
      {"inline:{a=b, c=d},static:{x y}", {"inline:{a=b, c=d}", "static:{x y}"}},
      {"pcre:{{/a b/ c}, {/d/ e}} fail:x", {"pcre:{{/a b/ c}, {/d/ e}}", "fail:x"}},
      {"inline:{a=b, c", {"inline:{a=b, c"}},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto specs = parse_table_list(row.text);
    REQUIRE(specs.ok());
    std::vector<std::string> tables;
    for (const TableSpec& spec : *specs) {
      tables.push_back(to_string(spec));
    }
    CHECK(tables == row.tables);
  }
  CHECK_FALSE(parse_table_list("hash:/a, /etc/aliases").ok());
}

TEST_CASE("the first answer wins, the first error stops") {
  MemoryWorld world;
  auto list = list_of("inline:{a=1}, inline:{a=2, b=2}, fail:x, inline:{c=3}", world);
  CHECK(ask(list, "a") == "= 1 (inline:{a=1})");
  CHECK(ask(list, "b") == "= 2 (inline:{a=2, b=2})");
  CHECK(ask(list, "c") == "fail:x: lookup of 'c' failed: a table of type fail never answers");
  CHECK(ask(list, "") == "no such key");
}

TEST_CASE("a table is opened when it is first asked, and once") {
  MemoryWorld world;
  world.add_table("hash:/first", {{"a", "1"}});
  world.add_table("hash:/second", {{"b", "2"}});
  auto list = list_of("hash:/first, hash:/second", world);
  const auto opened = [&world] {
    int count = 0;
    for (const auto& question : world.questions()) {
      count += question.kind == test::Question::Kind::table ? 1 : 0;
    }
    return count;
  };
  CHECK(opened() == 0);
  CHECK(ask(list, "a") == "= 1 (hash:/first)");
  CHECK(opened() == 1);
  CHECK(ask(list, "b") == "= 2 (hash:/second)");
  CHECK(ask(list, "b") == "= 2 (hash:/second)");
  CHECK(opened() == 2);
}

TEST_CASE("a table that cannot be opened fails every lookup that reaches it") {
  MemoryWorld world;
  auto list = list_of("inline:{a=1}, texthash:/etc/nosuch", world);
  CHECK(ask(list, "a") == "= 1 (inline:{a=1})");
  const std::string failed =
      "texthash:/etc/nosuch: lookup of 'b' failed: "
      "open database /etc/nosuch: No such file or directory";
  CHECK(ask(list, "b") == failed);
  CHECK(ask(list, "b") == failed);
  CHECK(world.times_read("/etc/nosuch") == 1);
  CHECK(list.lookup("b").error().kind == Error::Kind::unavailable);
}

TEST_CASE("an empty result is a mistake in the table") {
  MemoryWorld world;
  auto list = list_of("inline:{a=}, inline:{a=2}", world);
  const auto found = list.lookup("a");
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().kind == Error::Kind::misconfigured);
  CHECK_THAT(found.error().text, Catch::Contains("returns an empty string result"));
}

TEST_CASE("partial keys pass over pattern tables") {
  struct Row {
    std::string_view table;
    bool is_asked;
  };
  const Row rows[] = {
      {"static:x", true},
      {"regexp:{{/./ x}}", false},
      {"pcre:{{/./ x}}", false},
      {"randmap:{x}", false},
      {"unionmap:{static:x}", true},
      {"unionmap:{regexp:{{/./ x}}, static:x}", false},
      {"unionmap:{static:x, regexp:{{/./ x}}}", true},
      {"pipemap:{pcre:{{/./ x}}, static:x}", false},
      {"proxy:static:x", true},
      {"proxy:regexp:{{/./ x}}", false},
      {"proxy:unionmap:{regexp:{{/./ x}}}", false},
  };
  for (const Row& row : rows) {
    INFO(row.table);
    MemoryWorld world;
    auto list = list_of(row.table, world);
    CHECK(list.lookup("key")->has_value());
    CHECK(list.lookup("key", KeyUse::partial)->has_value() == row.is_asked);
  }
  MemoryWorld world;
  auto failing = list_of("fail:x", world);
  CHECK(ask(failing, "key", KeyUse::partial) == "no such key");
}

TEST_CASE("all tables of a list are listed") {
  MemoryWorld world;
  auto list = list_of("inline:{a=1}, inline:{b=2, c=3}", world);
  std::string seen;
  const auto visit = [&seen](std::string_view key, const TableEntry& entry) {
    seen += std::string(key) + "=" + entry.value + " ";
    return key != "b" || seen.size() > 20;
  };
  CHECK(*list.for_each(visit) == Listing::stopped);
  CHECK(seen == "a=1 b=2 ");
  auto with_pattern = list_of("static:x, inline:{a=1}", world);
  CHECK(*with_pattern.for_each(visit) == Listing::not_supported);
  CHECK(seen == "a=1 b=2 a=1 ");
  auto with_error = list_of("inline:{a=1}, fail:x", world);
  CHECK_FALSE(with_error.for_each(visit).ok());
}

TEST_CASE("warnings of a list are those of its tables") {
  MemoryWorld world;
  world.add_file("/etc/rules", "/a/ b\n/bad(/ x\n");
  auto list = list_of("regexp:/etc/rules, texthash:/etc/nosuch", world);
  const auto warnings = list.warnings();
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0].message(), Catch::StartsWith("/etc/rules:2: "));
  CHECK(warnings[1].message() ==
        "open database /etc/nosuch: No such file or directory (opening texthash:/etc/nosuch)");
}

}  // namespace
}  // namespace lastmile
