// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a lone @ is the mail system in an alias, and no address elsewhere") {
  SmallHost host;
  host.alias("one", "@").alias("mailer-daemon", "alice");
  CHECK(host.lands("one@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
  CHECK(host.lands("@", Stage::full) == Lines{"bounce:5.1.3 bad address syntax MAILER-DAEMON@"});
}

TEST_CASE("what a member of an alias is, and whether it is allowed") {
  struct Row {
    std::string main_cf;
    std::string member;
    std::string expected;
  };
  const Row rows[] = {
      {"", "/srv/archive", "file:/srv/archive list@example.com as default_privs (nobody)"},
      {"", "/srv/archive/", "maildir:/srv/archive/ list@example.com"},
      {"allow_mail_to_files = forward", "/srv/archive",
       "bounce:5.7.1 mail to file is restricted list@example.com"},
      {"", "~/archive", "bounce:5.3.5 mail system configuration error list@example.com"},
      {"", "\"|archive -x\"", "command:archive -x list@example.com as default_privs (nobody)"},
      {"allow_mail_to_commands = forward", "\"|archive\"",
       "bounce:5.7.1 mail to command is restricted list@example.com"},
      {"default_privs = nosuch", "\"|archive\"",
       "defer:4.3.5 mail system configuration error list@example.com"},
      {"", "bob", "mailbox:/var/mail/bob bob@example.com"},
      {"", "bob@remote.test", "remote: bob@remote.test"},
      {"", "\"b ob\"@remote.test", "remote: \"b ob\"@remote.test"},
  };
  for (const Row& row : rows) {
    INFO(row.main_cf << ' ' << row.member);
    SmallHost host;
    host.main_cf(row.main_cf).alias("list", row.member);
    CHECK(host.lands("list@example.com") == Lines{row.expected});
  }
}

TEST_CASE("~/ of a .forward file is the home of its user") {
  SmallHost host;
  host.forward("alice", "~/archive\n~bob/archive\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"file:/home/alice/archive alice@example.com as alice",
              "bounce:5.3.5 mail system configuration error alice@example.com"});
}

TEST_CASE("a file is written once, a command run once for each alias that names it") {
  SmallHost host;
  host.alias("list", "/srv/a, sub, \"|cat\"").alias("sub", "/srv/a, \"|cat\", /srv/b");
  CHECK(host.lands("list@example.com") ==
        Lines{"file:/srv/a list@example.com as default_privs (nobody)",
              "command:cat sub@example.com as default_privs (nobody)",
              "file:/srv/b sub@example.com as default_privs (nobody)",
              "command:cat list@example.com as default_privs (nobody)"});
}

}  // namespace
}  // namespace lastmile::test
