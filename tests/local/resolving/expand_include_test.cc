// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("members of an include file are submitted again; its commands are restricted") {
  SmallHost host;
  host.alias("list", ":include:/etc/list");
  host.include("/etc/list", "# members\nalice\n\"|sh\", /tmp/x\npartner@remote.test\n");
  CHECK(host.lands("list@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com",
              "bounce:5.7.1 mail to command is restricted list@example.com",
              "bounce:5.7.1 mail to file is restricted list@example.com",
              "remote: partner@remote.test"});
}

TEST_CASE("an include file that cannot be used bounces, one without an owner defers") {
  struct Row {
    std::string path;
    Attributes attributes;
    std::string expected;
  };
  const Row rows[] = {
      {"/etc/missing", {}, "bounce:5.3.5 mail system configuration error list@example.com"},
      {"/etc/list", {0, 0, 0666}, "bounce:5.3.5 mail system configuration error list@example.com"},
      {"/etc/list",
       {7777, 0, 0644},
       "defer:4.3.5 mail system configuration error list@example.com"},
      {"relative", {}, "bounce:5.3.5 mail system configuration error list@example.com"},
  };
  for (const Row& row : rows) {
    SmallHost host;
    host.alias("list", ":include:" + row.path);
    host.include("/etc/list", "alice\n", row.attributes);
    CHECK(host.lands("list@example.com") == Lines{row.expected});
  }
}

TEST_CASE("an include file that names nobody does not make the message vanish") {
  SmallHost host;
  host.alias("list", ":include:/etc/list").include("/etc/list", "# nobody\n:include:/etc/list\n");
  CHECK(host.lands("list@example.com") ==
        Lines{"bounce:5.3.5 the expansion names no recipient list@example.com"});
}

TEST_CASE("with whose rights an include file is read, and its commands run") {
  struct Row {
    Attributes attributes;
    std::string expected;
  };
  const Row rows[] = {
      {{0, 0, 0644}, "command:cat list@example.com as default_privs (nobody)"},
      {{2001, 2001, 0644}, "command:cat list@example.com as alice"},
      {{2001, 2001, 0600}, "command:cat list@example.com as alice"},
  };
  for (const Row& row : rows) {
    INFO(row.attributes.owner << ' ' << row.attributes.mode);
    SmallHost host;
    host.main_cf("allow_mail_to_commands = alias, forward, include\n");
    host.alias("list", ":include:/etc/list").include("/etc/list", "\"|cat\"\n", row.attributes);
    CHECK(host.lands("list@example.com") == Lines{row.expected});
    const bool is_of_root = row.attributes.owner == 0;
    CHECK(host.world().readers_of("/etc/list") == Lines{is_of_root ? "root" : "alice"});
  }
}

TEST_CASE("a user's link does not decide which file of root's is read") {
  struct Row {
    std::string parameter;
    std::string target;
    uid_t owner;
    Lines expected;
    std::string reader;
  };
  const std::string refused = "bounce:5.3.5 mail system configuration error list@example.com";
  const Row rows[] = {
      {"no", "/root/secret", 2001, {"mailbox:/var/mail/bob bob@example.com"}, "root"},
      {"yes", "/root/secret", 2001, {refused}, "alice"},
      {"yes", "/root/secret", 0, {"mailbox:/var/mail/bob bob@example.com"}, "root"},
      {"yes", "/etc/open", 2001, {"mailbox:/var/mail/bob bob@example.com"}, "alice"},
      {"yes",
       "/etc/open",
       7777,
       {"defer:4.3.5 mail system configuration error list@example.com"},
       ""},
  };
  for (const Row& row : rows) {
    INFO(row.parameter << ' ' << row.target << ' ' << row.owner);
    SmallHost host;
    host.main_cf("lastmile_include_as_link_owner = " + row.parameter + "\n");
    host.alias("list", ":include:/home/alice/list");
    host.include("/root/secret", "bob\n", {0, 0, 0600}).include("/etc/open", "bob\n");
    host.world().add_symlink("/home/alice/list", row.target, row.owner);
    CHECK(host.lands("list@example.com") == row.expected);
    const Lines readers = row.reader.empty() ? Lines{} : Lines{row.reader};
    CHECK(host.world().readers_of("/home/alice/list") == readers);
  }
}

TEST_CASE("a file that is included twice is read once, and lists may include lists") {
  SmallHost host;
  host.alias("list", ":include:/etc/a, :include:/etc/a, :include:/etc/b");
  host.include("/etc/a", ":include:/etc/b\nalice\n").include("/etc/b", "bob\n");
  CHECK(host.lands("list@example.com") == Lines{"mailbox:/var/mail/bob bob@example.com",
                                                "mailbox:/var/mail/alice alice@example.com"});
  CHECK(host.world().times_read("/etc/a") == 1);
  CHECK(host.world().times_read("/etc/b") == 1);
}

}  // namespace
}  // namespace lastmile::test
