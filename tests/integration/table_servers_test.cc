// SPDX-License-Identifier: Apache-2.0
// pgsql:, mysql:, ldap: and memcache: tables on real servers, compared with postmap(1).
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "aliases/tables/map_types.h"
#include "aliases/tables/table.h"
#include "aliases/world/live_world.h"
#include "tests/aliases/postmap.h"
#include "tests/integration/table_servers.h"
#include "tests/support/answer_server.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

bool can_run(const std::string& type, const std::string& unavailable) {
  std::string reason = unavailable;
  if (find_map_type(type) == nullptr) {
    reason = type + " is not built in";
  }
  if (!reason.empty()) {
    std::cout << "skipped: " << reason << '\n';
    return false;
  }
  return Postmap::is_installed() && Postmap().knows(type);
}

/// The keys that a table lists, sorted; "not listed"; or what went wrong.
std::vector<std::string> keys_of(const std::string& table) {
  LiveWorld world;
  const auto opened = world.open_table(*parse_table_spec(table), {});
  if (!opened) {
    return {opened.error().message()};
  }
  std::vector<std::string> keys;
  const auto listed = (*opened)->for_each([&](std::string_view key, const TableEntry& /*entry*/) {
    keys.emplace_back(key);
    return true;
  });
  if (!listed || *listed != Listing::complete) {
    return {listed ? "not listed" : listed.error().message()};
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::string problem_of(const std::string& table, const std::string& key = "alice") {
  LiveWorld world;
  const auto opened = world.open_table(*parse_table_spec(table), {});
  if (!opened) {
    return opened.error().message();
  }
  const auto found = (*opened)->lookup(key);
  return found ? "no problem: " + answer(found) : found.error().message();
}

const std::vector<std::string> kKeys = {"alice",
                                        "ALICE",
                                        "nosuch",
                                        "o'brien",
                                        "back\\slash",
                                        "per%cent",
                                        "quote\"d",
                                        "null",
                                        "empty",
                                        "mixed",
                                        "number",
                                        "bob",
                                        "u",
                                        "u@example.com",
                                        "U@EXAMPLE.COM",
                                        "u@mail.example.com",
                                        "u@example.org",
                                        "@example.com",
                                        "u@",
                                        "Äpfel",
                                        "umlaut",
                                        "a b",
                                        "x'; DROP TABLE t; --",
                                        "\\",
                                        "'",
                                        "''",
                                        "*",
                                        "(cn=*)",
                                        std::string(5000, 'k')};

/// The same rows for both SQL servers.
constexpr std::string_view kRows =
    "INSERT INTO t VALUES ('alice', 'a', 'second'), ('alice', 'b', NULL), ('null', NULL, NULL),"
    " ('empty', '', NULL), ('mixed', NULL, ''), ('mixed', 'm', 'n'), ('o''brien', 'quote', NULL),"
    " ('number', '42', NULL), ('per%cent', 'percent', NULL), ('quote\"d', 'double', NULL),"
    " ('u@example.com', 'full', NULL), ('u', 'user', NULL), ('bob', 'bob@b.org', NULL),"
    " ('bob', 'plain', NULL), ('bob', '@b.org', NULL), ('@example.com', 'all', NULL),"
    " ('äpfel', 'wert', NULL), ('umlaut', 'für', NULL), ('a b', 'blank', NULL);";

const std::vector<std::string> kQueries = {
    "query = SELECT v FROM t WHERE k='%s'",
    "query = SELECT v, w FROM t WHERE k='%s'",
    "query = SELECT v FROM t WHERE k='%u' AND 'example.com'='%d'",
    "query = SELECT '%1-%2' FROM t WHERE k='%u'",
    "query = SELECT '%U/%D/%S'",
    "query = SELECT v FROM t WHERE k LIKE '%%%s' ORDER BY v",
    "query = SELECT v FROM t WHERE k IN ('%s', '%u') ORDER BY v",
    "query = SELECT v FROM t WHERE k='%s' -- it's a comment",
    "query = SELECT v FROM t\n  WHERE k =\n# comment\n  '%s'",
    "query = SELECT v FROM t WHERE k='%s' LIMIT 1",
    "table = t\nselect_field = v\nwhere_field = k",
    "table = t\nselect_field = v\nwhere_field = k\nadditional_conditions = AND v <> 'a'",
};

const std::vector<std::string> kFormats = {"result_format = <%s>",
                                           "result_format = %u at %d",
                                           "result_format = %U+%u",
                                           "result_format = %D",
                                           "result_format = 100%% of %s of %1",
                                           "expansion_limit = 1",
                                           "expansion_limit = 2",
                                           "domain = example.com",
                                           "domain = !example.com, inline:{example.org=x}"};

const std::vector<std::string> kMistakes = {
    "query = SELECT v FROM nosuch WHERE k='%s'", "query = SELEC v", "query = SELECT v WHERE '%x'",
    "table = t", "query = SELECT v FROM t WHERE k='%s'\nexpansion_limit = x"};

/// All configurations with a beginning that says where the server is.
void compare_sql(const TemporaryDirectory& directory, const std::string& type,
                 const std::string& server) {
  const Postmap postmap;
  const auto compare = [&](const std::string& lines, const std::vector<std::string>& keys) {
    INFO(lines);
    compare_with_postmap(postmap, type + ":" + directory.write("table.cf", server + lines + "\n"),
                         keys);
  };
  for (const std::string& query : kQueries) {
    compare(query, kKeys);
  }
  for (const std::string& format : kFormats) {
    compare("query = SELECT v FROM t WHERE k='%s'\n" + format, kKeys);
  }
  for (const std::string& mistake : kMistakes) {
    compare(mistake, {"alice"});
  }
}

/// What both SQL servers list of kRows.
void check_sql_lists(const TemporaryDirectory& directory, const std::string& type,
                     const std::string& server) {
  using Keys = std::vector<std::string>;
  const std::pair<std::string, Keys> rows[] = {
      {"query = SELECT w FROM t WHERE k='%s' AND w IS NOT NULL", {"alice", "mixed"}},
      {"# lastmile: list SELECT DISTINCT k FROM t WHERE k LIKE 'ali%' AND k <> 'a b'\n"
       "query = SELECT v FROM t WHERE lower(k)=lower('%s')",
       {"alice"}},
      // What the table itself does not have is no key of it.
      {"# lastmile: list SELECT 'nosuch'\nquery = SELECT v FROM t WHERE k='%s'", {}},
      {"query = SELECT v FROM t WHERE k LIKE '%s'", {"not listed"}},
  };
  for (const auto& [lines, expected] : rows) {
    INFO(lines);
    CHECK(keys_of(type + ":" + directory.write("table.cf", server + lines + "\n")) == expected);
  }
}

std::string answer_of(const std::string& type, const TemporaryDirectory& directory,
                      const std::string& lines, const std::string& key) {
  return ask_lastmile(
      type + ":" + directory.write("table.cf", lines + "\nquery = SELECT v FROM t WHERE k='%s'\n"),
      key);
}

// PostgreSQL

TEST_CASE("pgsql on a real server answers as postmap does") {
  if (!can_run("pgsql", postgres_unavailable())) {
    return;
  }
  const PostgresServer server;
  const TemporaryDirectory directory;
  server.execute("CREATE TABLE t (k TEXT, v TEXT, w TEXT);" + std::string(kRows) +
                 "INSERT INTO t VALUES ('back\\slash', 'backslash', NULL);"
                 "CREATE TABLE n (id INTEGER, v TEXT); INSERT INTO n VALUES (1, 'one');"
                 "CREATE FUNCTION f(TEXT) RETURNS TEXT AS 'SELECT v FROM t WHERE k = $1 ORDER BY "
                 "v LIMIT 1' LANGUAGE SQL;");
  const std::string place =
      "hosts = unix:" + server.socket_directory() + "\nuser = postgres\ndbname = postgres\n";
  // What 3.7 has, and later versions have when they are told.
  compare_sql(directory, "pgsql", place + "encoding = LATIN1\n");
  check_sql_lists(directory, "pgsql", place);

  const Postmap postmap;
  const auto compare = [&](const std::string& lines, const std::vector<std::string>& keys) {
    INFO(lines);
    compare_with_postmap(postmap, "pgsql:" + directory.write("table.cf", lines + "\n"), keys);
  };
  compare(place + "select_function = f", {"alice", "nosuch", "o'brien"});
  compare(place + "query = SELECT v FROM n WHERE id='%s'", {"1", "2"});
  compare(place + "query = SELECT v FROM n WHERE id='%s'", {"one"});
  compare(place + "query = SELECT v FROM t WHERE k=E'%s'", {"alice", "o'brien", "nosuch"});
  compare(place + "query = SET statement_timeout = 0", {"alice"});
  compare(place + "query = SELECT 1; SELECT v FROM t WHERE k='%s'", {"alice", "nosuch"});
  compare(place + "query = COPY t TO STDOUT", {"alice"});
  compare(place + "query = DO 'BEGIN RAISE WARNING ''told''; END'", {"alice"});

  const std::string tcp = "hosts = inet:127.0.0.1:" + std::to_string(server.port()) +
                          "\nuser = mail\npassword = secret'\\ word\ndbname = postgres\n";
  const std::string query = "query = SELECT v FROM t WHERE k='%s'";
  compare(tcp + query, {"alice", "nosuch"});
  compare("hosts = postgresql://mail:secret%27%5C%20word@127.0.0.1:" +
              std::to_string(server.port()) + "/postgres?sslmode=disable\ndbname = x\n" + query,
          {"alice", "nosuch"});
  const std::string dead = "127.0.0.1:" + std::to_string(closed_port());
  compare("hosts = " + dead + " unix:" + server.socket_directory() +
              "\nuser = postgres\ndbname = postgres\n" + query,
          {"alice", "nosuch"});
  // Later versions can be told another, and so can we.
  CHECK(answer_of("pgsql", directory, place + "encoding = UTF8", "Äpfel") == "= wert");
  CHECK(answer_of("pgsql", directory, place + "encoding = UTF8", "umlaut") == "= für");
}

TEST_CASE("a pgsql server that is down, silent or refuses is an error that tells no password") {
  if (!can_run("pgsql", postgres_unavailable())) {
    return;
  }
  const PostgresServer server;
  const TemporaryDirectory directory;
  const std::string rest =
      "\nuser = mail\npassword = wrong-Password\ndbname = postgres\nquery = SELECT 1\ntimeout = "
      "1\n";
  const auto problem = [&](const std::string& hosts) {
    return problem_of("pgsql:" + directory.write("table.cf", "hosts = " + hosts + rest));
  };
  const std::string tcp = "127.0.0.1:" + std::to_string(server.port());
  CHECK(problem("inet:" + tcp).find("password authentication failed") != std::string::npos);
  const std::string by_uri =
      problem("postgresql://mail:wrong-Password@" + tcp + "/postgres?sslmode=disable");
  CHECK(by_uri.find("password authentication failed") != std::string::npos);
  CHECK(by_uri.find("wrong-Password") == std::string::npos);
  CHECK(by_uri.find("REDACTED") != std::string::npos);
  CHECK(problem("127.0.0.1:" + std::to_string(closed_port())).find("Connection refused") !=
        std::string::npos);
  const AnswerServer silent("inet", [](int /*connection*/) { ::pause(); });
  CHECK(problem("127.0.0.1:" + std::to_string(silent.port())).ends_with("no answer within 1 s"));
  const std::string table =
      "pgsql:" + directory.write("slow.cf", "hosts = unix:" + server.socket_directory() +
                                                "\nuser = postgres\ndbname = postgres\ntimeout = "
                                                "1\nquery = SELECT pg_sleep(100)\n");
  CHECK(problem_of(table).ends_with("no answer within 1 s"));
}

TEST_CASE("a pgsql connection that was lost is made anew") {
  if (!can_run("pgsql", postgres_unavailable())) {
    return;
  }
  const PostgresServer server;
  const TemporaryDirectory directory;
  LiveWorld world;
  const auto table = world.open_table(
      *parse_table_spec("pgsql:" +
                        directory.write("table.cf", "hosts = unix:" + server.socket_directory() +
                                                        "\nuser = postgres\ndbname = "
                                                        "postgres\nquery = SELECT "
                                                        "'%s'\n")),
      {});
  REQUIRE(table.ok());
  CHECK(answer((*table)->lookup("a")) == "= a");
  server.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid();");
  CHECK(answer((*table)->lookup("b")) == "= b");
}

// MariaDB

TEST_CASE("mysql on a real server answers as postmap does") {
  if (!can_run("mysql", mariadb_unavailable())) {
    return;
  }
  const MariadbServer server;
  const TemporaryDirectory directory;
  server.execute("CREATE TABLE t (k VARCHAR(100) CHARACTER SET utf8mb4, v TEXT, w TEXT);" +
                 std::string(kRows) + "INSERT INTO t VALUES ('back\\\\slash', 'backslash', NULL);");
  const std::string login = "user = mail\npassword = secret word\ndbname = mail\n";
  const std::string place = "hosts = unix:" + server.socket() + "\n" + login;
  server.execute(
      "CREATE PROCEDURE p(IN x VARCHAR(100)) SELECT v FROM t WHERE k = x;"
      "CREATE PROCEDURE nothing() SET @a = 1;");
  compare_sql(directory, "mysql", place);
  check_sql_lists(directory, "mysql", place);
  const Postmap postmap;
  const auto compare = [&](const std::string& lines, const std::vector<std::string>& keys) {
    INFO(lines);
    compare_with_postmap(postmap, "mysql:" + directory.write("table.cf", lines + "\n"), keys);
  };
  compare(place + "query = CALL p('%s')", {"alice", "nosuch", "o'brien"});
  compare(place + "query = CALL nothing()", {"alice"});
  compare(place + "query = CALL nothing()\nrequire_result_set = no", {"alice"});
  compare(place + "query = SELECT 1; SELECT 2", {"alice"});
  const std::string query = "query = SELECT v FROM t WHERE k='%s'";
  const std::string port = std::to_string(server.port());
  compare("hosts = inet:127.0.0.1:" + port + "\n" + login + query, {"alice", "nosuch"});
  compare("hosts = 127.0.0.1:" + std::to_string(closed_port()) +
              ", unix:/nosuch/socket, 127.0.0.1:" + port + "\n" + login + query,
          {"alice", "nosuch"});
  compare(place + "option_group =\n" + query, {"alice"});
  compare(place + "option_file = " +
              directory.write("my.cnf", "[client]\ndefault-character-set=utf8mb4\n") + "\n" + query,
          {"alice", "Äpfel", "umlaut"});
  CHECK(answer_of("mysql", directory, place + "charset = utf8mb4", "Äpfel") == "= wert");
}

TEST_CASE("a mysql server that is down, silent or refuses is an error that tells no password") {
  if (!can_run("mysql", mariadb_unavailable())) {
    return;
  }
  const MariadbServer server;
  const TemporaryDirectory directory;
  const auto problem = [&](const std::string& hosts, const std::string& query) {
    return problem_of("mysql:" +
                      directory.write("table.cf", "hosts = " + hosts +
                                                      "\nuser = mail\npassword = wrong-Password\n"
                                                      "dbname = mail\ntimeout = 1\nquery = " +
                                                      query + "\n"));
  };
  const std::string refused = problem("unix:" + server.socket(), "SELECT 1");
  CHECK(refused.find("Access denied") != std::string::npos);
  CHECK(refused.find("wrong-Password") == std::string::npos);
  CHECK(problem("127.0.0.1:" + std::to_string(closed_port()), "SELECT 1")
            .starts_with("cannot connect: 127.0.0.1:"));
  const AnswerServer silent("inet", [](int /*connection*/) { ::pause(); });
  const auto begin = std::chrono::steady_clock::now();
  CHECK(problem("127.0.0.1:" + std::to_string(silent.port()), "SELECT 1")
            .starts_with("cannot connect: 127.0.0.1:"));
  const std::string table =
      "mysql:" + directory.write("slow.cf", "hosts = unix:" + server.socket() +
                                                "\nuser = mail\npassword = secret word\ndbname = "
                                                "mail\ntimeout = 1\nquery = SELECT SLEEP(100)\n");
  CHECK(problem_of(table).starts_with("query failed: unix:"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

// memcached

TEST_CASE("memcache on a real server answers as postmap does") {
  if (!can_run("memcache", memcached_unavailable())) {
    return;
  }
  const MemcachedServer server;
  const TemporaryDirectory directory;
  for (const std::string key : {"alice", "per%cent", "o'brien", "u@example.com", "u", "back\\slash",
                                "äpfel", "x:alice", "com/example/u"}) {
    server.set(key, "value of " + std::string(key));
  }
  server.set("empty", "");
  server.set("bob", std::string(10240, 'b'));
  server.set("number", std::string(10241, 'n'));
  const Postmap postmap;
  for (const std::string lines : {"", "key_format = x:%s\n", "key_format = %1/%2/%u\n",
                                  "domain = example.com\n", "key_format = %u\n"}) {
    INFO(lines);
    std::vector<std::string> keys = kKeys;
    std::erase_if(keys, [](const std::string& key) { return key == "number" || key.size() > 250; });
    const std::string table =
        "memcache:" +
        directory.write("table.cf", "memcache = unix:" + server.socket() + "\n" + lines);
    compare_with_postmap(postmap, table, keys);
    compare_with_postmap(postmap, table, {"number"});
    compare_with_postmap(postmap, table, {std::string(251, 'k')});
  }
}

// OpenLDAP

constexpr std::string_view kEntries = R"(dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=alice,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
cn: alice
sn: a
mailLocalAddress: alice
mailLocalAddress: alice@example.com
mailRoutingAddress: alice@mail.example.com
mail: one@example.com
mail: two@example.com
mail;lang-de: drei@example.com
uid: u
userPassword: sasl word

dn: cn=odd,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
cn: odd
sn: o
mailLocalAddress: o'brien
mailLocalAddress: back\slash
mailLocalAddress: per%cent
mailLocalAddress: a b
mailLocalAddress: *
mailLocalAddress: (cn=*)
mail: odd@example.com
title: not an address
description:: ZsO8cg==

dn: cn=group,dc=example,dc=com
objectClass: groupOfNames
objectClass: inetLocalMailRecipient
cn: group
mailLocalAddress: bob
mailLocalAddress: u@example.com
member: cn=alice,dc=example,dc=com
member: cn=odd,dc=example,dc=com
member: cn=nosuch,dc=example,dc=com

dn: cn=loop,dc=example,dc=com
objectClass: groupOfNames
objectClass: inetLocalMailRecipient
cn: loop
mailLocalAddress: mixed
member: cn=loop,dc=example,dc=com

dn: cn=urls,dc=example,dc=com
objectClass: groupOfURLs
objectClass: inetLocalMailRecipient
cn: urls
mailLocalAddress: number
mailRoutingAddress: urls@example.com
memberURL: ldap:///dc=example,dc=com?mail?sub?(objectClass=inetOrgPerson)
memberURL: ldap:///dc=example,dc=com?title?sub?(objectClass=inetOrgPerson)

dn: ou=example.com,dc=example,dc=com
objectClass: organizationalUnit
ou: example.com

dn: cn=deep,ou=example.com,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
cn: deep
sn: d
mailLocalAddress: u@example.com
mail: deep@example.com
)";

const std::vector<std::string> kLdapTables = {
    // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): these are lines of one table's settings.
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "special_result_attribute = member",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "special_result_attribute = member, memberURL\nrecursion_limit = 3",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "special_result_attribute = member, memberURL\nleaf_result_attribute = mailRoutingAddress\n"
    "recursion_limit = 3",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "special_result_attribute = member, memberURL\nterminal_result_attribute = mailRoutingAddress\n"
    "recursion_limit = 3",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\n"
    "result_attribute = mail, title, description\nresult_format = <%s> of %S",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "result_format = %u at %d",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "result_filter = old-%s",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "expansion_limit = 2",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "size_limit = 1",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "domain = example.com",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = "
    "mail\n"
    "scope = one",
    "search_base = cn=alice,dc=example,dc=com\nquery_filter = (mailLocalAddress=%u)\n"
    "result_attribute = mail\nscope = base",
    "search_base = ou=%d,dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\n"
    "result_attribute = mail",
    "search_base = dc=%2,dc=%1\nquery_filter = (uid=%u)\nresult_attribute = mail",
    "search_base = cn=%s,dc=example,dc=com\nquery_filter = (objectClass=*)\nresult_attribute = cn",
    "search_base = dc=nosuch,dc=com\nquery_filter = (mailLocalAddress=%s)\nresult_attribute = mail",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s\nresult_attribute = mail",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%x)\nresult_attribute = "
    "mail",
    "search_base = dc=example,dc=com\nquery_filter = (mailLocalAddress=%s)\n"
    "result_attribute = MAIL;lang-de",
    "search_base = dc=example,dc=com\nresult_attribute = mail",
};

TEST_CASE("ldap on a real server answers as postmap does") {
  if (!can_run("ldap", slapd_unavailable())) {
    return;
  }
  const LdapServer server(kEntries);
  const TemporaryDirectory directory;
  const Postmap postmap;
  const auto compare = [&](const std::string& lines, const std::vector<std::string>& keys) {
    INFO(lines);
    const std::string table = "ldap:" + directory.write("table.cf", lines + "\n");
    for (const std::string& key : keys) {
      compare_with_postmap(postmap, table, {key});
    }
  };
  const std::string place = "server_host = " + server.url() + "\nbind = no\nversion = 3\n";
  std::vector<std::string> keys = kKeys;
  std::erase_if(keys, [](const std::string& key) { return key.size() > 250; });
  for (const std::string& table : kLdapTables) {
    INFO(table);
    compare_with_postmap(postmap, "ldap:" + directory.write("table.cf", place + table + "\n"),
                         keys);
  }
  // Each of these is an error for one of the keys.
  compare(place + kLdapTables[1], {"bob", "mixed"});
  compare(place + kLdapTables[2], {"number", "mixed"});
  compare(place + kLdapTables[8], {"alice", "u@example.com"});
  compare(place + kLdapTables[9], {"alice", "u@example.com"});

  const std::string& query = kLdapTables[0];
  const auto listed = keys_of("ldap:" + directory.write("table.cf", place + query + "\n"));
  CHECK(std::count(listed.begin(), listed.end(), "u@example.com") > 0);
  CHECK(keys_of("ldap:" + directory.write("table.cf", place + "# lastmile: list (cn=alice) cn\n" +
                                                          query + "\n")) ==
        std::vector<std::string>{"alice"});
  const std::string bind = "bind_dn = cn=admin,dc=example,dc=com\nbind_pw = secret word\n";
  compare("server_host = " + server.url() + "\n" + bind + query, {"alice", "nosuch"});
  compare("server_host = " + server.url() + "\nversion = 3\nbind = simple\n" + bind + query,
          {"alice"});
  compare("server_host = 127.0.0.1\nserver_port = " + std::to_string(server.port()) + "\n" + query,
          {"alice"});
  compare("server_host = 127.0.0.1:" + std::to_string(closed_port()) +
              ", 127.0.0.1:" + std::to_string(server.port()) + "\n" + query,
          {"alice"});
  compare("server_host = " + server.url() + "\nbind = maybe\n" + query, {"alice"});
  compare("server_host = " + server.url() + "\nstart_tls = yes\n" + query, {"alice"});
}

TEST_CASE("ldap binds by SASL, and speaks TLS, as postmap does") {
  if (!can_run("ldap", slapd_unavailable())) {
    return;
  }
  const LdapServer server(kEntries);
  const TemporaryDirectory directory;
  const Postmap postmap;
  const std::string query =
      "version = 3\nsearch_base = dc=example,dc=com\nquery_filter = "
      "(mailLocalAddress=%s)\nresult_attribute = mail\n";
  const auto compare = [&](const std::string& lines) {
    INFO(lines);
    const std::string table = "ldap:" + directory.write("table.cf", query + lines + "\n");
    compare_with_postmap(postmap, table, {"alice", "nosuch"});
    return ask_lastmile(table, "alice");
  };
  const std::string sasl = "server_host = " + server.url() + "\nbind = sasl\n";
  const std::string good = "= one@example.com,two@example.com,drei@example.com";

  CHECK(compare("server_host = " + server.socket_url() + "\nbind = sasl\nsasl_mechs = EXTERNAL") ==
        good);
  for (const std::string mechanism : {"DIGEST-MD5", "SCRAM-SHA-256", "PLAIN", ""}) {
    INFO(mechanism);
    const std::string who = sasl + "sasl_mechs = " + mechanism + "\nbind_dn = alice\n";
    compare(who + "bind_pw = sasl word");
    compare(who + "bind_pw = wrong");
    compare(who + "bind_pw = sasl word\nsasl_realm = localhost");
    compare(who + "bind_pw = sasl word\nsasl_authz_id = u:bob");
  }
  const std::string digest =
      sasl + "sasl_mechs = DIGEST-MD5\nbind_dn = alice\nbind_pw = sasl word\n";
  CHECK(compare(digest + "sasl_minssf = 56") == good);
  // Postfix takes no notice of it.
  CHECK(ask_lastmile("ldap:" + directory.write("table.cf", query + digest + "sasl_minssf = 512\n"),
                     "alice") == "error");
  compare(sasl + "sasl_mechs = NOSUCH\nbind_dn = alice\nbind_pw = sasl word");

  const std::string tls = "server_host = " + server.url() + "\nstart_tls = yes\n";
  const std::string trusting = "tls_ca_cert_file = " + server.certificate() + "\n";
  CHECK(compare(tls) == good);
  CHECK(compare(tls + trusting + "tls_require_cert = yes") == good);
  compare(tls + "tls_require_cert = yes");
  compare(tls + trusting +
          "tls_require_cert = yes\nbind = sasl\nsasl_mechs = PLAIN\nbind_dn = "
          "alice\nbind_pw = sasl word");
}

TEST_CASE("an ldap server that is down, silent or refuses is an error that tells no password") {
  if (!can_run("ldap", slapd_unavailable())) {
    return;
  }
  const LdapServer server(kEntries);
  const TemporaryDirectory directory;
  const auto problem = [&](const std::string& host) {
    return problem_of("ldap:" +
                      directory.write("table.cf", "server_host = " + host +
                                                      "\nversion = 3\ntimeout = 1\nbind_dn = "
                                                      "cn=admin,dc=example,dc=com\nbind_pw = "
                                                      "wrong-Password\nsearch_base = "
                                                      "dc=example,dc=com\n"));
  };
  CHECK(problem(server.url()) == "LDAP: cannot bind to server " + server.url() +
                                     " with dn cn=admin,dc=example,dc=com: Invalid credentials");
  const std::string nobody = "ldap://127.0.0.1:" + std::to_string(closed_port());
  CHECK(problem(nobody) == "LDAP: cannot bind to server " + nobody +
                               " with dn cn=admin,dc=example,dc=com: Can't contact LDAP server");
  const AnswerServer silent("inet", [](int /*connection*/) { ::pause(); });
  const std::string silent_url = "ldap://127.0.0.1:" + std::to_string(silent.port());
  CHECK(problem(silent_url) == "LDAP: cannot bind to server " + silent_url +
                                   " with dn cn=admin,dc=example,dc=com: Timed out");
  CHECK(problem(silent_url + "\nbind = sasl\nsasl_mechs = DIGEST-MD5").ends_with(": Timed out"));
  CHECK(problem(silent_url + "\nstart_tls = yes") ==
        "LDAP: cannot start TLS with " + silent_url + ": Timed out");
}

}  // namespace
}  // namespace lastmile::test

#ifdef LASTMILE_SANITIZED
/// The DIGEST-MD5 plugin of Cyrus SASL never frees the context of OpenSSL that it makes for each
/// client. \see the header sanitizer/lsan_interface.h
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): LSan calls it so.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libcrypto.so\n";
}
#endif
