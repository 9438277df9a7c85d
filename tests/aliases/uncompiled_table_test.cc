// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/uncompiled_table.h"

#include <string>
#include <utility>
#include <vector>

#include "aliases/tables/compile_table.h"
#include "aliases/tables/map_types.h"
#include "aliases/world/tree_world.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::TemporaryDirectory;

constexpr const char* kAliases =
    "# who reads root's mail\n"
    "postmaster: root\n"
    "Root: Alice,\n  \"|/usr/bin/archive a\"\n"
    "no value here\n"
    "twice: \n"
    "twice: first, bob@remote.example\n"
    "root: bob\n"
    "\"info desk\": :include:/lists/x\n"
    "j\xC3\x9Crgen: juergen\n"
    "bad\xFF: x\n";

struct Tree {
  TemporaryDirectory directory = {};

  Tree() {
    directory.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    directory.write("etc/aliases", kAliases);
    directory.write("etc/virtual",
                    "A@Example.com alice\n"
                    "a@example.com bob\n"
                    "alone\n"
                    "root: bob\n");
  }

  std::unique_ptr<TreeWorld> open() const {
    auto world = TreeWorld::open(directory.path());
    REQUIRE(world.ok());
    return std::move(*world);
  }
};

TablePolicy policy_of(std::string alias_maps) {
  TablePolicy policy;
  policy.parameter = [value = std::move(alias_maps)](std::string_view name) {
    return name == "alias_maps" ? std::optional(value) : std::nullopt;
  };
  return policy;
}

using Records = std::vector<std::pair<std::string, std::string>>;

/// What a table lists, sorted.
Records records_of(World& world, const TableSpec& spec, const TablePolicy& policy) {
  auto table = world.open_table(spec, policy);
  REQUIRE(table.ok());
  Records records;
  const auto listing = (*table)->for_each([&](std::string_view key, const TableEntry& entry) {
    records.emplace_back(key, entry.value);
    return true;
  });
  REQUIRE(listing.ok());
  std::ranges::sort(records);
  return records;
}

std::string found(Table& table, std::string_view key) {
  const auto entry = table.lookup(key);
  if (!entry) {
    return "error: " + entry.error().text;
  }
  return *entry ? (*entry)->value + ((*entry)->source ? "  " + to_string(*(*entry)->source) : "")
                : "none";
}

TEST_CASE("a table without an index: aliases as postalias would have compiled them") {
  for (const MapType* const type : map_types()) {
    if (type->index == nullptr) {
      continue;
    }
    const Tree tree;
    const auto world = tree.open();
    const TablePolicy policy = policy_of("texthash:/etc/else proxy:cdb:/etc/aliases");
    const TableSpec spec{std::string(type->name), "/etc/aliases"};
    INFO(to_string(spec));
    CHECK(is_uncompiled(spec, *world));
    const Records of_text = records_of(*world, spec, policy);
    auto table = world->open_table(spec, policy);
    REQUIRE(table.ok());
    CHECK((*table)->warnings().size() == 4);

    REQUIRE(
        compile_table({spec.type, tree.directory.path() + spec.name}, SourceSyntax::aliases, policy)
            .ok());
    CHECK_FALSE(is_uncompiled(spec, *world));
    CHECK(of_text == records_of(*world, spec, policy));
    CHECK(of_text.size() == 6);
  }
}

TEST_CASE("a table without an index: the keys of aliases, with their lines") {
  const Tree tree;
  const auto world = tree.open();
  const std::string type = "lmdb";
  if (find_map_type(type) == nullptr) {
    WARN("skipped: no lmdb");
    return;
  }
  auto table = world->open_table({type, "/etc/aliases"}, policy_of(type + ":/etc/aliases"));
  REQUIRE(table.ok());
  CHECK(found(**table, "ROOT") == "Alice, \"|/usr/bin/archive a\"  /etc/aliases:3");
  CHECK(found(**table, "twice") == "first, bob@remote.example  /etc/aliases:7");
  CHECK(found(**table, "info desk") == ":include:/lists/x  /etc/aliases:9");
  CHECK(found(**table, "@") == "@");
  CHECK(found(**table, "nobody") == "none");
}

TEST_CASE("a table without an index: other texts as postmap would have compiled them") {
  const Tree tree;
  const auto world = tree.open();
  if (find_map_type("lmdb") == nullptr) {
    WARN("skipped: no lmdb");
    return;
  }
  auto table = world->open_table({"lmdb", "/etc/virtual"}, policy_of("lmdb:/etc/aliases"));
  REQUIRE(table.ok());
  CHECK(found(**table, "a@EXAMPLE.com") == "alice  /etc/virtual:1");
  CHECK(found(**table, "root:") == "bob  /etc/virtual:4");
  CHECK(found(**table, "root") == "none");
  CHECK(found(**table, "alone") == "none");
}

TEST_CASE("a table without an index: only where there is a text, and the type is compiled") {
  const Tree tree;
  const auto world = tree.open();
  CHECK_FALSE(is_uncompiled({"hash", "/etc/missing"}, *world));
  CHECK_FALSE(is_uncompiled({"hash", "/etc"}, *world));
  CHECK_FALSE(is_uncompiled({"texthash", "/etc/virtual"}, *world));
  const auto table = world->open_table({"lmdb", "/etc/missing"}, policy_of(""));
  CHECK_FALSE(table.ok());
}

}  // namespace
}  // namespace lastmile
