// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("an unknown user bounces") {
  SmallHost host;
  CHECK(host.lands("nosuch+x@example.com") ==
        Lines{"bounce:5.1.1 unknown user: \"nosuch\" nosuch+x@example.com"});
}

TEST_CASE("reserved names without an alias are discarded, not bounced") {
  SmallHost host;
  CHECK(host.lands("postmaster@example.com") == Lines{"discard: postmaster@example.com"});
}

TEST_CASE("what becomes of a recipient that nobody has") {
  struct Row {
    std::string main_cf;
    std::string expected;
  };
  const Row rows[] = {
      {"", "bounce:5.1.1 unknown user: \"nosuch\" nosuch@example.com"},
      {"fallback_transport = lmtp:unix:/run/f", "lmtp:unix:/run/f nosuch@example.com"},
      {"fallback_transport_maps = inline:{nosuch=lmtp:unix:/run/m}\n"
       "fallback_transport = lmtp:unix:/run/f",
       "lmtp:unix:/run/m nosuch@example.com"},
      {"luser_relay = bob", "mailbox:/var/mail/bob bob@example.com"},
      {"luser_relay = bob\nfallback_transport = lmtp:unix:/run/f",
       "lmtp:unix:/run/f nosuch@example.com"},
      {"luser_relay = $user@remote.test", "remote: nosuch@remote.test"},
  };
  for (const Row& row : rows) {
    INFO(row.main_cf);
    SmallHost host;
    host.main_cf(row.main_cf);
    CHECK(host.lands("nosuch@example.com") == Lines{row.expected});
  }
}

TEST_CASE("a name that nobody has is bounced once, whoever names it") {
  SmallHost host;
  host.alias("list", "nosuch, NOSUCH, sub").alias("sub", "nosuch");
  CHECK(host.lands("list@example.com") ==
        Lines{"bounce:5.1.1 unknown user: \"nosuch\" nosuch@example.com"});
}

}  // namespace
}  // namespace lastmile::test
