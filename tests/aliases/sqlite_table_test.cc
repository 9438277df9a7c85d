// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>
#include <unistd.h>

#include <string>

#include "aliases/tables/table.h"
#include "aliases/world/live_world.h"
#include "tests/aliases/postmap.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

using test::answer;
using test::Postmap;
using test::TemporaryDirectory;

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  char* message = nullptr;
  sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message);
  const std::string error = message == nullptr ? "" : message;
  sqlite3_free(message);
  sqlite3_close(database);
  REQUIRE(error.empty());
}

/// A database with a few rows, and configuration files that ask it.
class Site {
 public:
  Site() {
    execute(path(),
            "CREATE TABLE t (k TEXT COLLATE NOCASE, v, w);"
            "INSERT INTO t VALUES ('alice', 'a', 'second column'), ('alice', 'b', 'x'),"
            " ('null', NULL, ''), ('empty', '', ''), ('mixed', NULL, ''), ('mixed', 'm', ''),"
            " ('mixed', '', ''), ('o''brien', 'quote', ''), ('number', 42, ''),"
            " ('u@example.com', 'full', ''), ('u', 'user', ''), ('bob', 'bob@b.org', ''),"
            " ('bob', 'plain', ''), ('bob', '@b.org', ''), ('Äpfel', 'wert', ''),"
            " ('latin', CAST(x'4DFC' AS TEXT), ''), ('10', 'ten', ''), ('@example.com', 'all', "
            "''), ('%', 'percent', '');");
  }

  std::string path() const { return directory_.path("site.db"); }

  /// `sqlite:FILE` for a file with dbpath and these lines.
  std::string table(const std::string& lines) const {
    return "sqlite:" + directory_.write("table.cf", "dbpath = " + path() + "\n" + lines + "\n");
  }
  const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_ = {};
};

const std::vector<std::string> kQueries = {
    "query = SELECT v FROM t WHERE k='%s'",
    "query = SELECT v, w FROM t WHERE k='%s'",
    "query = SELECT v FROM t WHERE k=\"%s\"",
    "query = SELECT v FROM 't' WHERE k='%s'",
    "query = SELECT v FROM t WHERE k='%u' -- it's a comment",
    "query = SELECT v FROM t /* it's */ WHERE k='%u'",
    "query = SELECT v FROM t WHERE k='%s'; DROP TABLE t",
    "query = SELECT v FROM t WHERE k LIKE '%%%s'",
    "query = SELECT v FROM t\n  WHERE k =\n# comment\n  '%s'",
    "query = SELECT v FROM t WHERE k='%u'",
    "query = SELECT v FROM t WHERE k='%u' AND 'example.com'='%d'",
    "query = SELECT '%1-%2' WHERE '%u'='u'",
    "query = SELECT '%U/%D/%S'",
    "query = SELECT '%s $dbpath $$ 100%%'",
};

const std::vector<std::string> kFormats = {
    "query = SELECT v FROM t WHERE k='%s'\nresult_format = <%s>",
    "query = SELECT v FROM t WHERE k='%s'\nresult_format = %u at %d",
    "query = SELECT v FROM t WHERE k='%s'\nresult_format = %U+%u",
    "query = SELECT v FROM t WHERE k='%s'\nresult_format = %D",
    "query = SELECT v FROM t WHERE k='%s'\nresult_format = 100%% of %s",
    "query = SELECT v FROM t WHERE k='%s'\nexpansion_limit = 1",
    "query = SELECT v FROM t WHERE k='%s'\nexpansion_limit = 2",
    "query = SELECT v FROM t WHERE k='%s'\nexpansion_limit = x",
    "query = SELECT v FROM t WHERE k='%s'\ndomain = example.com",
    "query = SELECT v FROM t WHERE k='%s'\ndomain = !example.com, inline:{example.org=x}",
    "query = SELECT v FROM t WHERE k='%s'\ndomain = EXAMPLE.com example.org",
};

const std::vector<std::string> kLegacyAndWrong = {
    "table = t\nselect_field = v\nwhere_field = k",
    "table = t\nselect_field = v\nwhere_field = k\nadditional_conditions = AND v != 'a'",
    "table = t\nselect_field = v",
    "query = SELECT v FROM nosuch WHERE k='%s'",
    "query = SELEC v",
    "query = SELECT v FROM t WHERE k='%x'",
    "query = SELECT typeof('%s')",
    "query = SELECT v FROM t WHERE k='%s' LIMIT '1'",
    "query = SELECT v FROM t WHERE k IN ('%s', '%u')",
    "query =",
    "no equals sign",
};

const std::vector<std::string> kKeys = {"alice",
                                        "ALICE",
                                        "null",
                                        "empty",
                                        "mixed",
                                        "o'brien",
                                        "number",
                                        "nosuch",
                                        "u",
                                        "bob",
                                        "u@example.com",
                                        "U@EXAMPLE.COM",
                                        "u@example.org",
                                        "@example.com",
                                        "u@",
                                        "Äpfel",
                                        "äpfel",
                                        "latin",
                                        "M\xFC",
                                        "10",
                                        "%",
                                        "a b",
                                        "'",
                                        "''",
                                        "\\",
                                        std::string(100'000, 'k')};

void compare_all(const std::vector<std::string>& configurations) {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  if (!postmap.knows("sqlite")) {
    return;
  }
  const Site site;
  for (const std::string& configuration : configurations) {
    INFO(configuration);
    test::compare_with_postmap(postmap, site.table(configuration), kKeys);
  }
}

TEST_CASE("sqlite answers queries as postmap does") {
  compare_all(kQueries);
}
TEST_CASE("sqlite formats and limits results as postmap does") {
  compare_all(kFormats);
}
TEST_CASE("sqlite takes old and wrong settings as postmap does") {
  compare_all(kLegacyAndWrong);
}

TEST_CASE("sqlite settings may stand in main.cf") {
  const Site site;
  TablePolicy policy;
  policy.parameter = [&site](std::string_view name) -> std::optional<std::string> {
    if (name == "people_dbpath") {
      return site.path();
    }
    if (name == "people_query") {
      return "SELECT v FROM t WHERE k='%s'";
    }
    return std::nullopt;
  };
  CHECK(test::ask_lastmile("sqlite:people", "alice", policy) == "= a,b");
  CHECK(test::ask_lastmile("sqlite:people", "nosuch", policy) == "no such key");
  CHECK(test::ask_lastmile("sqlite:others", "alice", policy) == "error");
  CHECK(test::ask_lastmile("sqlite:people", "alice") == "error");
}

Error error_of(const std::string& table, const TablePolicy& policy = {}) {
  LiveWorld world;
  const auto opened = world.open_table(*parse_table_spec(table), policy);
  if (!opened) {
    return opened.error();
  }
  const auto found = (*opened)->lookup("alice");
  REQUIRE_FALSE(found.ok());
  return found.error();
}

TEST_CASE("mistakes are reported with the file and what SQLite said") {
  const Site site;
  const std::string file = site.directory().path("table.cf");
  struct Row {
    std::string configuration;
    std::string message;
  };
  const Row rows[] = {
      {"query = SELECT v FROM nosuch", file + ": SQL prepare failed: no such table: nosuch"},
      {"query = SELEC", file + ": SQL prepare failed: near \"SELEC\": syntax error"},
      {"query = x%y", file + ":2: query: invalid query template: x%y"},
      {"result_format = %x\nquery = y", file + ":2: result_format: invalid result template: %x"},
      {"table = t", file + ": select_field: must be set"},
      {"", file + ": query: must be set (or table, select_field and where_field)"},
      {"nonsense", file + ":2: missing '=' after attribute name"},
  };
  for (const Row& row : rows) {
    INFO(row.configuration);
    const Error error = error_of(site.table(row.configuration));
    CHECK(error.message() == row.message);
    CHECK(error.kind == Error::Kind::misconfigured);
  }
}

TEST_CASE("a query cannot change the database") {
  const Site site;
  CHECK(error_of(site.table("query = DELETE FROM t")).text ==
        "SQL step failed: attempt to write a readonly database");
  CHECK(test::ask_lastmile(site.table("query = SELECT v FROM t WHERE k='%s'"), "alice") == "= a,b");
}

TEST_CASE("a query that has no end is ended") {
  const Site site;
  const std::string endless =
      "WITH RECURSIVE r(v) AS (SELECT 1 UNION ALL SELECT v FROM r) SELECT v FROM r WHERE v = 2";
  TablePolicy policy;
  policy.parameter = [](std::string_view name) -> std::optional<std::string> {
    return name == "lastmile_table_timeout" ? std::optional<std::string>("1s") : std::nullopt;
  };
  const Error error = error_of(site.table("query = " + endless), policy);
  CHECK(error.kind == Error::Kind::unavailable);
  CHECK(error.text == "SQL step failed: interrupted");
}

TEST_CASE("a database that is not there is unavailable") {
  const TemporaryDirectory directory;
  const std::string file =
      directory.write("table.cf", "dbpath = /nosuch/site.db\nquery = SELECT 1\n");
  const Error error = error_of("sqlite:" + file);
  CHECK(error.kind == Error::Kind::unavailable);
  CHECK(error.text ==
        "sqlite:" + file + ": open database /nosuch/site.db: unable to open database file");
}

TEST_CASE("a file that is no database is a mistake") {
  const TemporaryDirectory directory;
  const std::string database = directory.write("site.db", std::string(2000, 'x'));
  const std::string file =
      directory.write("table.cf", "dbpath = " + database + "\nquery = SELECT 1 FROM t\n");
  CHECK(error_of("sqlite:" + file).kind == Error::Kind::misconfigured);
}

TEST_CASE("lookups see one state of the database until it is released") {
  const Site site;
  execute(site.path(), "PRAGMA journal_mode=WAL; CREATE TABLE s (v); INSERT INTO s VALUES (1)");
  LiveWorld world;
  TablePolicy policy;
  policy.keep_snapshot = true;
  const auto table =
      world.open_table(*parse_table_spec(site.table("query = SELECT v FROM s")), policy);
  REQUIRE(table.ok());
  CHECK(answer((*table)->lookup("x")) == "= 1");
  execute(site.path(), "UPDATE s SET v = 2");
  CHECK(answer((*table)->lookup("x")) == "= 1");
  (*table)->release();
  CHECK(answer((*table)->lookup("x")) == "= 2");
}

TEST_CASE("an sqlite table does not stand in the way of a writer unless it keeps a snapshot") {
  const Site site;
  LiveWorld world;
  const auto spec = parse_table_spec(site.table("query = SELECT v FROM t LIMIT 1"));
  TablePolicy keeping;
  keeping.keep_snapshot = true;
  const auto table = world.open_table(*spec, {});
  const auto kept = world.open_table(*spec, keeping);
  REQUIRE((table.ok() && kept.ok()));
  CHECK(answer((*table)->lookup("x")) == "= a");
  CHECK(answer((*kept)->lookup("x")) == "= a");
  (*kept)->release();
  execute(site.path(), "UPDATE t SET v = 'new'");
  CHECK(answer((*table)->lookup("x")) == "= new");
  CHECK(answer((*kept)->lookup("x")) == "= new");
}

TEST_CASE("the owner of an sqlite table is that of its configuration") {
  if (!test::running_as_root()) {
    return;
  }
  const Site site;
  const std::string table = site.table("query = SELECT 1");
  REQUIRE(::chown(site.directory().path("table.cf").c_str(), 2001, 0) == 0);
  LiveWorld world;
  const auto opened = world.open_table(*parse_table_spec(table), {});
  REQUIRE(opened.ok());
  CHECK((*opened)->owner().trust == TableOwner::Trust::account);
  CHECK((*opened)->owner().uid == 2001);
}

}  // namespace
}  // namespace lastmile
