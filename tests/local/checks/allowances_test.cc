// SPDX-License-Identifier: Apache-2.0
#include "local/checks/allowances.h"

#include "tests/local/checks/check_host_of.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

struct Row {
  std::string_view host = {};
  std::vector<std::string> found = {};
};

}  // namespace

TEST_CASE("checks: a finding that is allowed in its place is not counted") {
  const std::vector<Row> rows = {
      {"== /etc/postfix/main.cf\nsoft_bounce = yes\n", {"rcpt-soft"}},
      {"== /etc/postfix/main.cf\n# lastmile: allow rcpt-soft  for the move\nsoft_bounce = yes\n",
       {}},
      {"== /etc/postfix/main.cf\n# lastmile: allow rcpt-*\n# more\nsoft_bounce = yes\n", {}},
      {"== /etc/postfix/main.cf\n# lastmile: allow alias-loop\nsoft_bounce = yes\n",
       {"rcpt-soft", "suppression-unused"}},
      {"== /etc/postfix/main.cf\n# lastmile: allow rcpt-soft\nbiff = no\nsoft_bounce = yes\n",
       {"rcpt-soft", "suppression-unused"}},
      {"== /etc/postfix/main.cf\n# lastmile: allow-file rcpt-soft alias-* tests\nsoft_bounce = "
       "yes\n",
       {"suppression-unused"}},
      {"== /etc/postfix/main.cf\n# lastmile: allow nosuch-rule\nbiff = no\n",
       {"suppression-unused"}},
      {"== /etc/postfix/lastmile-check.allow\nrcpt-soft  for the move\n"
       "== /etc/postfix/main.cf\nsoft_bounce = yes\n",
       {}},
      {"== /etc/postfix/lastmile-check.allow\naccount-upper-case Gin*  she knows\n"
       "== /etc/passwd\nGina:x:2007:2007::/home/gina:/bin/sh\n",
       {}},
      {"== /etc/postfix/lastmile-check.allow\naccount-upper-case Tina*  she knows\n"
       "== /etc/passwd\nGina:x:2007:2007::/home/gina:/bin/sh\n",
       {"account-upper-case", "suppression-unused"}},
      {"== /etc/aliases\n# lastmile: allow alias-dead-member  is made tomorrow\nd: alice, nosuch\n",
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.host);
    CHECK(rules_in(check_host_of(row.host)) == row.found);
  }
}

TEST_CASE("checks: rules that are not asked need no allowance") {
  const CheckResult result = check_host_of(
      "== /etc/postfix/main.cf\n# lastmile: allow rcpt-soft\nsoft_bounce = yes\n", {}, {"alias-*"});
  CHECK(result.findings.empty());
}

}  // namespace lastmile::test
