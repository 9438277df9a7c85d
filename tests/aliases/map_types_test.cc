// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/map_types.h"

#include <algorithm>

#include "aliases/world/world.h"
#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

std::unique_ptr<Table> open(World& world, std::string_view text, const TablePolicy& policy = {}) {
  const auto spec = parse_table_spec(text);
  REQUIRE(spec.ok());
  auto table = world.open_table(*spec, policy);
  INFO((table.ok() ? "" : table.error().message()));
  REQUIRE(table.ok());
  return *std::move(table);
}

std::string refusal(std::string_view text, const TablePolicy& policy = {}) {
  MemoryWorld world;
  const auto spec = parse_table_spec(text);
  REQUIRE(spec.ok());
  const auto table = open_map(*spec, world, policy);
  REQUIRE_FALSE(table.ok());
  return table.error().text;
}

TEST_CASE("the types are sorted and can be found") {
  const auto types = map_types();
  CHECK(std::is_sorted(types.begin(), types.end(), [](const MapType* left, const MapType* right) {
    return left->name < right->name;
  }));
  for (const MapType* type : types) {
    CHECK(find_map_type(type->name) == type);
    CHECK(type->open != nullptr);
  }
  CHECK(find_map_type("nosuch") == nullptr);
  CHECK(find_map_type("nis") == nullptr);
  CHECK(std::is_sorted(built_in_components().begin(), built_in_components().end()));
}

TEST_CASE("a type that cannot be used is told from one that nobody knows") {
  CHECK(refusal("nis:x") == "dictionary type \"nis\" is not built in");
  if (find_map_type("ldap") == nullptr) {
    CHECK(refusal("ldap:/etc/x") ==
          "dictionary type \"ldap\" is not built in: build lastmile with Debian's package "
          "libldap-dev");
  }
  CHECK(refusal("regex:/etc/x") == "unsupported dictionary type: regex (did you mean \"regexp\"?)");
  CHECK(refusal("qqqqqqqq:/etc/x") == "unsupported dictionary type: qqqqqqqq");
  CHECK(unusable_map_type("nis").kind == Error::Kind::misconfigured);
}

TEST_CASE("what strangers can answer is not asked for security sensitive data") {
  TablePolicy policy;
  policy.security_sensitive = true;
  CHECK(refusal("tcp:127.0.0.1:9", policy) ==
        "tcp:127.0.0.1:9 map is not allowed for security sensitive data");
  CHECK(refusal("socketmap:inet:h:1:n", policy) ==
        "socketmap:inet:h:1:n map is not allowed for security-sensitive data");
  CHECK(refusal("memcache:/etc/mc.cf", policy) ==
        "memcache:/etc/mc.cf map is not allowed for security-sensitive data");
  CHECK(refusal("proxy:tcp:127.0.0.1:9", policy) ==
        "tcp:127.0.0.1:9 map is not allowed for security sensitive data");
  MemoryWorld world;
  CHECK(open(world, "proxy:static:x", policy)->lookup("k")->has_value());
}

TEST_CASE("a rule that substitutes is left out where the policy says so") {
  MemoryWorld world;
  world.add_file("/etc/rules", "/^(.*)-x$/ $1\n/^list$/ dave\n/^a$/ costs $$1\n");
  TablePolicy policy;
  policy.allow_substitution = false;
  for (const std::string type : {"regexp", "pcre"}) {
    const auto table = open(world, type + ":/etc/rules", policy);
    CHECK_FALSE(table->lookup("dave-x")->has_value());
    CHECK((*table->lookup("list"))->value == "dave");
    CHECK((*table->lookup("a"))->value == "costs $1");
    REQUIRE(table->warnings().size() == 1);
    CHECK(table->warnings()[0].message() ==
          "/etc/rules:1: regular expression substitution is not allowed: skipping this rule");
    const auto lenient = open(world, type + ":/etc/rules");
    CHECK((*lenient->lookup("dave-x"))->value == "dave");
    CHECK(lenient->warnings().empty());
  }
}

TEST_CASE("a pattern that the C library would work on without end gives no answer") {
  const std::string deep = std::string(20000, '(') + "a" + std::string(20000, ')');
  const std::string deep_basic = [] {
    std::string text;
    for (int i = 0; i < 20000; ++i) {
      text += "\\(";
    }
    return text + "/x";
  }();
  struct Row {
    std::string pattern;
    bool usable;
  };
  const Row rows[] = {
      {"/" + deep + "/", false},
      {"/" + deep_basic, false},
      {"/((a{1,200}){1,200}){1,200}/", false},
      {"/a{1,30000}/", false},
      {"/((a*)*){1,1000}/", false},
      {"/((a*)*){1,121}{1,121}/", false},
      {"/a++++++++++++++++++++++++++++++++++++++++/", false},
      {"/\\(a\\{1,200\\}\\)\\{1,200\\}/x", false},
      {"/(x|alice)*[]{1,9999}[:alpha:]{1,9999}]?@?/", true},
      {"/^[a-z]{1,255}(@([a-z]{1,63}\\.){0,20}[a-z]+)?$/", true},
      {"/(x{,9999)|alice/", true},
      {"/((((((((((alice))))))))))/", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern.substr(0, 60));
    MemoryWorld world;
    world.add_file("/etc/rules", "/^first$/ 1\n" + row.pattern + " x\n/./ last\n");
    const auto table = open(world, "regexp:/etc/rules");
    CHECK((*table->lookup("first"))->value == "1");
    CHECK(table->lookup("alice").ok() == row.usable);
  }
}

TEST_CASE("entries of text tables have their line") {
  MemoryWorld world;
  world.add_file("/etc/text", "# comment\n\nalice\n  a\nbob b\n");
  world.add_file("/etc/rules", "/x/\n y\n\n/^bob/ b\n");
  world.add_file("/etc/nets", "#\n10.0.0.0/8 ten\n");
  struct Row {
    std::string_view table;
    std::string_view key;
    int line;
  };
  const Row rows[] = {{"texthash:/etc/text", "alice", 3},
                      {"texthash:/etc/text", "bob", 5},
                      {"regexp:/etc/rules", "bob", 4},
                      {"pcre:/etc/rules", "x", 1},
                      {"cidr:/etc/nets", "10.1.1.1", 2}};
  for (const Row& row : rows) {
    INFO(row.table << " " << row.key);
    const auto found = open(world, row.table)->lookup(row.key);
    REQUIRE((found.ok() && found->has_value()));
    REQUIRE((*found)->source);
    CHECK((*found)->source->line == row.line);
    CHECK_FALSE((*found)->stale);
    TablePolicy policy;
    policy.want_source = false;
    CHECK_FALSE((*open(world, row.table, policy)->lookup(row.key))->source);
  }
  CHECK_FALSE((*open(world, "regexp:{{/x/ y}}")->lookup("x"))->source);
}

TEST_CASE("who can change a table") {
  MemoryWorld world;
  world.add_file("/etc/roots", "k v\n");
  world.add_file("/etc/alices", "k v\n", {.owner = 2001});
  world.add_file("/etc/bobs", "k v\n", {.owner = 2002});
  struct Row {
    std::string_view table;
    TableOwner::Trust trust;
    uid_t uid;
  };
  using enum TableOwner::Trust;
  const Row rows[] = {
      {"texthash:/etc/roots", root, 0},
      {"texthash:/etc/alices", account, 2001},
      {"regexp:/etc/alices", account, 2001},
      {"pcre:/etc/alices", account, 2001},
      {"cidr:/etc/alices", account, 2001},
      {"pcre:{{/x/ y}}", root, 0},
      {"static:x", root, 0},
      {"inline:{a=b}", root, 0},
      {"unix:passwd.byname", root, 0},
      {"randmap:{a, b}", root, 0},
      {"proxy:texthash:/etc/alices", account, 2001},
      {"unionmap:{static:x, texthash:/etc/roots}", root, 0},
      {"unionmap:{static:x, texthash:/etc/alices}", account, 2001},
      {"pipemap:{texthash:/etc/alices, texthash:/etc/alices}", account, 2001},
      {"unionmap:{texthash:/etc/alices, texthash:/etc/bobs}", unknown, 0},
      {"pipemap:{texthash:/etc/alices, static:x, texthash:/etc/bobs, static:x}", unknown, 0},
  };
  for (const Row& row : rows) {
    INFO(row.table);
    const TableOwner owner = open(world, row.table)->owner();
    CHECK(owner.trust == row.trust);
    if (row.trust == account) {
      CHECK(owner.uid == row.uid);
    }
  }
}

TEST_CASE("text tables are read as root, and only when they are opened") {
  MemoryWorld world;
  world.add_file("/etc/text", "k v\n", {.mode = 0600});
  const auto table = open(world, "texthash:/etc/text");
  CHECK((*table->lookup("k"))->value == "v");
  CHECK((*table->lookup("K"))->value == "v");
  CHECK(world.times_read("/etc/text") == 1);
}

TEST_CASE("a key with a NUL octet is in no table") {
  MemoryWorld world;
  world.add_file("/etc/text", "alice a\n");
  const std::string key("alice\0x", 7);
  for (const std::string_view table : {"texthash:/etc/text", "inline:{alice=a}", "static:x",
                                       "regexp:{{/alice/ a}}", "pcre:{{/alice/ a}}"}) {
    INFO(table);
    CHECK_FALSE(open(world, table)->lookup(key)->has_value());
  }
}

TEST_CASE("keys are folded unless the policy says not to") {
  MemoryWorld world;
  world.add_file("/etc/text", "Alice a\nÄpfel b\n");
  TablePolicy exact;
  exact.fold_key = false;
  const auto folding = open(world, "texthash:/etc/text");
  CHECK((*folding->lookup("ALICE"))->value == "a");
  CHECK((*folding->lookup("äPFEL"))->value == "b");
  const auto as_written = open(world, "texthash:/etc/text", exact);
  CHECK_FALSE(as_written->lookup("alice")->has_value());
  CHECK((*as_written->lookup("Alice"))->value == "a");
}

TEST_CASE("a key twice in a text table makes it unavailable, as for a daemon") {
  MemoryWorld world;
  world.add_file("/etc/text", "a 1\nb 2\nA 3\n");
  const auto table = open_map({"texthash", "/etc/text"}, world, {});
  REQUIRE_FALSE(table.ok());
  CHECK(table.error().message() == "/etc/text:3: duplicate entry: \"A\"");
  CHECK(table.error().kind == Error::Kind::misconfigured);
}

TEST_CASE("lines that make no sense are warnings") {
  MemoryWorld world;
  world.add_file("/etc/text", " stray\nalice: a\nnovalue\n\"open b\n");
  const auto table = open(world, "texthash:/etc/text");
  std::vector<std::string> messages;
  for (const Error& warning : table->warnings()) {
    messages.push_back(warning.message());
  }
  CHECK(messages == std::vector<std::string>{
                        "/etc/text:1: logical line must not start with whitespace: \" stray\"",
                        "/etc/text:2: record is in \"key: value\" format; is this an alias file?",
                        "/etc/text:3: expected format: key whitespace value -- ignoring this line",
                        "/etc/text:4: unbalanced '\"' in '\"open b' -- ignoring this line"});
}

TEST_CASE("a pattern that never ends is an error, not a miss") {
  MemoryWorld world;
  world.add_file("/etc/rules", "# evil\n/^(a+)+$/ x\n/./ otherwise\n");
  const auto table = open(world, "pcre:/etc/rules");
  CHECK((*table->lookup("aaaa"))->value == "x");
  const auto found = table->lookup(std::string(40, 'a') + "!");
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().message() == "/etc/rules:2: match limit exceeded");
}

TEST_CASE("a random map gives one key one value, and tells the others") {
  MemoryWorld world;
  const auto table = open(world, "randmap:{a, b c}");
  const auto again = open(world, "randmap:{a, b c}");
  std::size_t seen_a = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    const auto entry = **table->lookup(key);
    CHECK((**again->lookup(key)).value == entry.value);
    CHECK(entry.alternatives == std::vector<std::string>{"a", "b", "c"});
    seen_a += entry.value == "a" ? 1 : 0;
  }
  CHECK(seen_a > 10);
  CHECK(seen_a < 60);
}

TEST_CASE("accounts that cannot be asked for are an error") {
  MemoryWorld world;
  world.add_account({.name = "alice", .uid = 2001, .gid = 2001, .home = "/home/alice"});
  const auto table = open(world, "unix:passwd.byname");
  CHECK((*table->lookup("Alice"))->value == "alice:x:2001:2001::/home/alice:");
  CHECK_FALSE(table->lookup("nosuch")->has_value());
  world.fail_accounts();
  CHECK_FALSE(table->lookup("alice").ok());
}

TEST_CASE("one broken table of a union or a pipe fails the lookups that reach it") {
  MemoryWorld world;
  const auto joined = open(world, "unionmap:{static:x, texthash:/nosuch}");
  CHECK_FALSE(joined->lookup("k").ok());
  const auto pipe = open(world, "pipemap:{inline:{a=b}, texthash:/nosuch}");
  CHECK_FALSE(pipe->lookup("other")->has_value());
  const auto failed = pipe->lookup("a");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().text ==
        "texthash:/nosuch is unavailable. open database /nosuch: No such file or directory");
}

TEST_CASE("listings have stored keys, in the order of the text") {
  MemoryWorld world;
  world.add_file("/etc/text", "Zoe z\n# no\nalice a,\n b\nbad\n");
  std::string seen;
  CHECK(*open(world, "texthash:/etc/text")
             ->for_each([&seen](std::string_view key, const TableEntry& entry) {
               seen += std::string(key) + "=" + entry.value + "@" +
                       std::to_string(entry.source->line) + ";";
               return true;
             }) == Listing::complete);
  CHECK(seen == "zoe=z@1;alice=a, b@3;");
}

}  // namespace
}  // namespace lastmile
