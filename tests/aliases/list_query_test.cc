// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/list_query.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

TEST_CASE("list_query: what lists the keys that a query looks up") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"SELECT goto FROM alias WHERE address = '%s'", "SELECT DISTINCT address FROM alias"},
      {"select goto from alias where '%s'=address and active = 1 order by goto limit 5",
       "SELECT DISTINCT address FROM alias WHERE active = 1"},
      {"SELECT m FROM box AS b, dom WHERE b.d = dom.id AND b.name = '%u' AND dom.name='%d'",
       "SELECT DISTINCT b.name || '@' || dom.name FROM box AS b , dom WHERE b.d = dom.id"},
      {"SELECT 'it''s' FROM t WHERE k = '%s' AND kind = 'a b'",
       "SELECT DISTINCT k FROM t WHERE kind = 'a b'"},
      {"SELECT g FROM t WHERE k = '%s' OR a = 1", "none"},
      {"SELECT g FROM t WHERE lower(k) = '%s'", "none"},
      {"SELECT g FROM t WHERE k = lower('%s')", "none"},
      {"SELECT g FROM t WHERE k LIKE '%s'", "none"},
      {"SELECT '%d' FROM t WHERE k = '%s'", "none"},
      {"SELECT g FROM t WHERE k = '%u'", "none"},
      {"SELECT g FROM t WHERE k = '%s' AND d = '%d'", "none"},
      {"SELECT g FROM t WHERE k = '%s' UNION SELECT g FROM u WHERE k = '%s'", "none"},
      {"SELECT g FROM t WHERE k IN (SELECT k FROM u) AND k = '%s'", "none"},
      {"SELECT g FROM t WHERE k = '%s' -- a comment", "none"},
      {"SELECT g FROM t WHERE \"k\" = '%s'", "none"},
      {"SELECT g FROM t WHERE k = '%s", "none"},
      {"SELECT g FROM t WHERE k = '%s' AND", "none"},
      {"SELECT g FROM t WHERE a BETWEEN 1 AND 2 AND k = '%s'", "none"},
      {"SELECT g FROM t", "none"},
      {"WHERE FROM SELECT", "none"},
      {"", "none"},
  };
  for (const auto& [query, list] : rows) {
    CAPTURE(query);
    CHECK(derive_list_query(query).value_or("none") == list);
  }
}

/// The settings of a table whose file holds these lines.
TableSettings settings_of(test::MemoryWorld& world, const std::string& lines) {
  world.add_file("/etc/t.cf", lines);
  return *TableSettings::load({"pgsql", "/etc/t.cf"}, world, {});
}

TEST_CASE("list_query: what the settings declare comes before what can be derived") {
  const std::string query = "SELECT v FROM t WHERE k = '%s'";
  const std::pair<std::string, std::string> rows[] = {
      {"", "SELECT DISTINCT k FROM t"},
      {"# a comment\n", "SELECT DISTINCT k FROM t"},
      {"# lastmile: list SELECT k FROM all_keys WHERE k LIKE 'a%'\n",
       "SELECT k FROM all_keys WHERE k LIKE 'a%'"},
      {"  #lastmile: list select k\n", "select k"},
      {"# lastmile: list SELECT a\n# lastmile: list SELECT b\n", "SELECT b"},
      {"# lastmile: list DELETE FROM t RETURNING k\n", "none"},
      {"# lastmile: listing SELECT k\n", "SELECT DISTINCT k FROM t"},
  };
  for (const auto& [lines, expected] : rows) {
    INFO(lines);
    test::MemoryWorld world;
    const auto settings = settings_of(world, lines + "query = " + query + '\n');
    CHECK(list_query_of(settings, query).value_or("none") == expected);
  }
}

TEST_CASE("list_query: what lists the keys of an LDAP table") {
  const std::pair<std::string, std::optional<LdapList>> derived[] = {
      {"(mail=%s)", LdapList{"(mail=*)", "mail"}},
      {"(&(active=TRUE)(mail=%s))", LdapList{"(&(active=TRUE)(mail=*))", "mail"}},
      {"(|(mail=%s)(alias=%s))", std::nullopt},
      {"(&(uid=%u)(dc=%d))", std::nullopt},
      {"(mail=%s@example.com)", std::nullopt},
      {"(!(mail=%s))", std::nullopt},
      {"(mail~=%s)", std::nullopt},
      {"(mail=*)", std::nullopt},
      {"mail=%s)", std::nullopt},
  };
  test::MemoryWorld world;
  for (const auto& [filter, expected] : derived) {
    INFO(filter);
    CHECK(ldap_list_of(settings_of(world, ""), filter) == expected);
  }
  CHECK(ldap_list_of(settings_of(world, "# lastmile: list (mail=*) mail\n"), "(x=%u)") ==
        LdapList{"(mail=*)", "mail"});
  CHECK_FALSE(ldap_list_of(settings_of(world, "# lastmile: list mail\n"), "(mail=%s)"));
}

}  // namespace
}  // namespace lastmile
