// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("the mailbox is chosen in the order of local(8)") {
  struct Row {
    std::string main_cf;
    std::string recipient;
    std::string expected;
  };
  const Row rows[] = {
      {"home_mailbox = Maildir/", "alice", "maildir:/home/alice/Maildir/ alice@example.com"},
      {"home_mailbox = mbox", "alice", "mailbox:/home/alice/mbox alice@example.com"},
      {"mail_spool_directory = /srv/mail/", "alice", "maildir:/srv/mail/alice/ alice@example.com"},
      {"mailbox_command = procmail -a \"$EXTENSION\"", "alice+x",
       "command:procmail -a \"$EXTENSION\" alice+x@example.com as alice"},
      {"mailbox_transport = lmtp:unix:/run/lmtp", "Nobody-Here+X",
       "lmtp:unix:/run/lmtp Nobody-Here+X@example.com"},
      {"mailbox_transport_maps = inline:{alice=lmtp:unix:/run/a}", "alice",
       "lmtp:unix:/run/a alice@example.com"},
      {"mailbox_transport_maps = inline:{alice=lmtp:unix:/run/a}", "bob",
       "mailbox:/var/mail/bob bob@example.com"},
      {"fallback_transport = lmtp:inet:imap.example.com:2003", "nosuch",
       "lmtp:inet:imap.example.com:2003 nosuch@example.com"},
      {"fallback_transport = lmtp:unix:/run/lmtp", "bob", "mailbox:/var/mail/bob bob@example.com"},
      {"luser_relay = carol+$local", "nosuch", "mailbox:/var/mail/carol carol+nosuch@example.com"},
      {"luser_relay = alice, bob", "nosuch",
       "bounce:5.1.1 unknown user: \"alice, bob\" \"alice, bob\"@example.com"},
      {R"(luser_relay = "al\ice")", "nosuch", "mailbox:/var/mail/alice alice@example.com"},
      {"luser_relay = nosuch", "nobody-here",
       "bounce:5.1.1 unknown user: \"nosuch\" nosuch@example.com"},
      {"local_transport = lmtp:unix:/run/lmtp", "alice", "lmtp:unix:/run/lmtp alice@example.com"},
  };
  for (const Row& row : rows) {
    INFO(row.main_cf);
    SmallHost host;
    host.main_cf(row.main_cf);
    CHECK(host.lands(row.recipient) == Lines{row.expected});
  }
}

TEST_CASE("the mailbox of a user is reached once, whatever the extensions") {
  SmallHost host;
  host.alias("list", "alice, sub, alice+x").alias("sub", "alice");
  CHECK(host.lands("list@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com",
                                                "mailbox:/var/mail/alice alice+x@example.com"});
}

}  // namespace
}  // namespace lastmile::test
