#include "aliases/tables/list_query.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

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

}  // namespace
}  // namespace lastmile
