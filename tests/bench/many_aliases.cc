// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/many_aliases.h"

#include <unistd.h>

#include "tests/bench/measure.h"
#include "tests/integration/process.h"

namespace lastmile::bench {
namespace {

constexpr const char* kPostmap = "/usr/sbin/postmap";
constexpr const char* kSqlite = "/usr/bin/sqlite3";

std::string user(long number) {
  return "user" + std::to_string(number);
}

}  // namespace

ManyAliases::ManyAliases(int count, int asked) : count_(count), asked_(asked) {
  std::string aliases;
  for (int i = 0; i < count; ++i) {
    aliases += user(i) + "@example.org " + user(i) + "@example.net\n";
  }
  directory_.write("aliases", aliases);
  // A prime number as step: neighbours in the list are far from each other in every table.
  constexpr long kStep = 514'229;
  std::string addresses;
  for (long i = 0; i < asked; ++i) {
    addresses += user(i * kStep % count) + "@example.org\n";
  }
  directory_.write("addresses", addresses);
}

AliasTable ManyAliases::make(const std::string& type) {
  AliasTable table;
  table.type = type;
  table.directory = directory_.make_directory(type);
  table.unavailable = type == "sqlite"  ? make_sqlite(table)
                      : type == "pgsql" ? make_pgsql(table)
                                        : make_index(table);
  write_configuration(table);
  return table;
}

void ManyAliases::write_configuration(const AliasTable& table) const {
  directory_.write(table.type + "/main.cf",
                   "compatibility_level = 3.6\n"
                   "myhostname = mail.example.com\n"
                   "mydestination = example.com\n"
                   "myorigin = example.com\n"
                   "virtual_alias_domains = example.org\n"
                   "virtual_alias_maps = " +
                       table.name + "\nqueue_directory = " + directory_.path() + "\n");
  directory_.write(table.type + "/master.cf",
                   "smtp unix - - n - - smtp\nlocal unix - n n - - local\n");
}

std::string ManyAliases::make_index(AliasTable& table) const {
  const std::string source = directory_.path("aliases");
  table.name = table.type + ":" + source;
  table.opened = source + "." + table.type;
  write_configuration(table);
  return run_once({"postmap", {kPostmap, "-c", table.directory, table.name}, {}})
             ? ""
             : "postmap cannot make one";
}

std::string ManyAliases::make_sqlite(AliasTable& table) const {
  if (!test::is_executable(kSqlite)) {
    return std::string(kSqlite) + " is not there (Debian: sqlite3)";
  }
  table.opened = directory_.path("aliases.sqlite");
  const std::string statements =
      "CREATE TABLE aliases (address TEXT PRIMARY KEY, goto TEXT) WITHOUT ROWID;\n"
      "WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < " +
      std::to_string(count_) +
      ")\n"
      "INSERT INTO aliases SELECT 'user' || i || '@example.org', 'user' || i || '@example.net'"
      " FROM number;\n";
  const Contestant fill = {
      "sqlite3", {kSqlite, table.opened}, directory_.write("aliases.sql", statements)};
  table.name = "sqlite:" + directory_.write("sqlite.cf", "dbpath = " + table.opened +
                                                             "\nquery = SELECT goto FROM aliases"
                                                             " WHERE address = '%s'\n");
  return run_once(fill) ? "" : "sqlite3 cannot make one";
}

std::string ManyAliases::make_pgsql(AliasTable& table) {
  std::string unavailable = test::postgres_unavailable();
  if (!unavailable.empty()) {
    return unavailable;
  }
  postgres_ = std::make_unique<test::PostgresServer>();
  postgres_->execute(
      "CREATE TABLE aliases (address TEXT PRIMARY KEY, goto TEXT);\n"
      "INSERT INTO aliases SELECT 'user' || i || '@example.org', 'user' || i || '@example.net'"
      " FROM generate_series(0, " +
      std::to_string(count_ - 1) +
      ") AS i;\n"
      "VACUUM ANALYZE aliases;\n");
  table.opened = postgres_->socket_directory() + "/.s.PGSQL.5432";
  table.name =
      "pgsql:" + directory_.write("pgsql.cf", "hosts = unix:" + postgres_->socket_directory() +
                                                  "\nuser = mail\ndbname = postgres\n"
                                                  "query = SELECT goto FROM aliases"
                                                  " WHERE address = '%s'\n");
  return {};
}

}  // namespace lastmile::bench
