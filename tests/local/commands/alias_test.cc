// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "aliases/tables/map_types.h"
#include "local/commands/commands.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

/// A configuration and two alias files.
struct AliasCommand {
  test::TemporaryDirectory directory = {};
  std::string out = {};
  std::string err = {};

  AliasCommand() {
    directory.write("main.cf",
                    "compatibility_level = 3.6\ndefault_database_type = cdb\n"
                    "alias_database = cdb:" +
                        directory.path("a") + ", lmdb:" + directory.path("b") + "\n");
    directory.write("a", "root: alice\n");
    directory.write("b", "bob: x\nempty\n");
  }

  int run(const std::vector<std::string>& arguments, const std::string& root = {},
          int (*command)(Invocation&) = run_alias) {
    GlobalOptions options;
    options.config_directory = directory.path();
    options.root = root;
    test::Done done = test::run_command(command, options, arguments);
    out = std::move(done.out);
    err = std::move(done.err);
    return done.status;
  }
};

bool is_built_in(std::string_view type) {
  const bool found = find_map_type(type) != nullptr;
  if (!found) {
    WARN("skipped: built without " << type);
  }
  return found;
}

TEST_CASE("alias build compiles alias_database, or what is named") {
  if (!is_built_in("cdb") || !is_built_in("lmdb")) {
    return;
  }
  AliasCommand alias;
  CHECK(alias.run({"build"}) == 0);
  CHECK(alias.out == alias.directory.path("a.cdb") + ": 1 alias\n" +
                         alias.directory.path("b.lmdb") + ": 1 alias\n");
  CHECK(alias.err ==
        "lastmile alias: warning: " + alias.directory.path("b") + ":2: need name:value pair\n");
  CHECK(alias.run({"build", alias.directory.path("b")}) == 0);
  CHECK(alias.directory.exists("b.cdb"));
}

TEST_CASE("alias build goes on after a file that cannot be compiled, and says so") {
  if (!is_built_in("cdb")) {
    return;
  }
  AliasCommand alias;
  CHECK(alias.run({"build", "cdb:/nonexistent/aliases", "cdb:" + alias.directory.path("a")}) == 1);
  CHECK(alias.err == "lastmile alias: open /nonexistent/aliases: No such file or directory\n");
  CHECK(alias.directory.exists("a.cdb"));
}

TEST_CASE("alias build says when alias_database makes no sense") {
  AliasCommand alias;
  alias.directory.write("main.cf",
                        "compatibility_level = 3.6\nalias_database = $alias_database\n"
                        "default_database_type = ${\n");
  CHECK(alias.run({"build"}) == 1);
  CHECK_THAT(alias.err, Catch::Contains("main.cf:2: "));
  CHECK(alias.run({"build", alias.directory.path("a")}) == 1);
  CHECK_THAT(alias.err, Catch::Contains("main.cf:3: "));
}

TEST_CASE("alias wants build, and this host") {
  AliasCommand alias;
  CHECK(alias.run({}) == 64);
  CHECK(alias.run({"show"}) == 64);
  CHECK(alias.run({"build"}, "/srv/tree") == 64);
  CHECK_THAT(alias.err, Catch::Contains("--root and --site"));
}

TEST_CASE("table build compiles what postmap does, and wants a name") {
  if (!is_built_in("lmdb")) {
    return;
  }
  AliasCommand table;
  table.directory.write("v", "A@Example.com alice\na@example.com bob\nalone\n");
  const std::string path = table.directory.path("v");
  CHECK(table.run({"build", "lmdb:" + path}, {}, run_table) == 0);
  CHECK(table.out == path + ".lmdb: 1 entry\n");
  CHECK_THAT(table.err, Catch::Contains("v:2: duplicate entry: \"a@example.com\""));
  CHECK_THAT(table.err, Catch::Contains("v:3: expected format: key whitespace value"));
  CHECK(table.run({"build"}, {}, run_table) == 64);
}

TEST_CASE("build --into DIR compiles the tables of a tree") {
  if (!is_built_in("lmdb")) {
    return;
  }
  AliasCommand alias;
  const test::TemporaryDirectory tree;
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  tree.write(alias.directory.path().substr(1) + "/main.cf",
             "compatibility_level = 3.6\nalias_database = lmdb:/etc/aliases\n");
  tree.write("etc/aliases", "root: alice\n");
  tree.write("etc/virtual", "a@example.com alice\n");
  CHECK(alias.run({"build", "--into", tree.path()}) == 0);
  CHECK(tree.exists("etc/aliases.lmdb"));
  CHECK(alias.run({"build", "--into", tree.path(), "lmdb:/etc/virtual"}, {}, run_table) == 0);
  CHECK(tree.exists("etc/virtual.lmdb"));
  CHECK(alias.run({"build", "--into", tree.path(), "lmdb:/etc/passwords"}, {}, run_table) == 1);
  CHECK_THAT(alias.err, Catch::Contains("/etc/passwords: no such file below " + tree.path()));
  CHECK(alias.run({"build", "--into", ""}) == 64);
}

}  // namespace
}  // namespace lastmile
