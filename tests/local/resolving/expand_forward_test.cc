// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a .forward file is read as its user, and the user in it keeps a copy") {
  SmallHost host;
  host.forward("alice", "\\alice, \"|vacation alice\"\npartner@remote.test\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com",
              "command:vacation alice alice@example.com as alice", "remote: partner@remote.test"});
  CHECK(host.world().readers_of("/home/alice/.forward").front() == "alice");
}

TEST_CASE("a .forward file that may not be trusted is passed over with a note") {
  struct Row {
    Attributes attributes;
    std::string note;
  };
  const Row rows[] = {
      {{2001, 2001, 0666}, "file /home/alice/.forward is world writable"},
      {{2002, 2002, 0644}, "file /home/alice/.forward has bad owner uid 2002"},
      {{2001, 2001, 0000}, "cannot open file /home/alice/.forward: Permission denied"},
  };
  for (const Row& row : rows) {
    SmallHost host;
    host.world().add_file("/home/alice/.forward", "bob\n", row.attributes);
    const Trace trace = host.trace("alice@example.com");
    CHECK(leaf_lines(trace) == Lines{"mailbox:/var/mail/alice alice@example.com"});
    bool noted = false;
    for (const NodeId id : trace.children(trace.root())) {
      noted = noted || trace.node(id).subject == row.note;
    }
    CHECK(noted);
  }
}

TEST_CASE("the extension chooses the .forward file, and an empty one still hides the plain one") {
  SmallHost host;
  host.forward("alice", "bob\n");
  host.world().add_file("/home/alice/.forward+x", "carol\n", {2001, 2001, 0644});
  host.world().add_file("/home/alice/.forward+empty", "# nothing\n", {2001, 2001, 0644});
  CHECK(host.lands("alice+x@example.com") == Lines{"mailbox:/var/mail/carol carol@example.com"});
  CHECK(host.lands("alice+y@example.com") == Lines{"mailbox:/var/mail/bob bob@example.com"});
  CHECK(host.lands("alice+empty@example.com") ==
        Lines{"mailbox:/var/mail/alice alice+empty@example.com"});
}

TEST_CASE("a relative path means a file in the queue directory") {
  SmallHost host;
  host.main_cf("forward_path = forward/$user\nrequire_home_directory = yes\n");
  host.world().add_account({"erin", 2010, 2010, "erin", "/bin/sh"});
  host.world().add_directory("/var/spool/postfix/erin", {2010, 2010, 0700});
  host.world().add_file("/var/spool/postfix/forward/erin", "pal@remote.test\n");
  CHECK(host.lands("erin@example.com") == Lines{"remote: pal@remote.test"});
}

TEST_CASE("the members of a list may have .forward files of their own") {
  SmallHost host;
  std::string members;
  constexpr int kMembers = 150;
  for (int i = 0; i < kMembers; ++i) {
    const std::string name = "m" + std::to_string(i);
    const auto uid = static_cast<uid_t>(5000 + i);
    host.world().add_account({name, uid, uid, "/home/" + name, "/bin/sh"});
    host.forward(name, "\\" + name + "\n");
    members += name + ", ";
  }
  host.alias("everybody", members);
  const auto lines = host.lands("everybody@example.com");
  REQUIRE(lines.size() == kMembers);
  CHECK(lines.back() == "mailbox:/var/mail/m149 m149@example.com");
}

TEST_CASE("a .forward node names the members of all lines") {
  SmallHost host;
  host.forward("alice", "# mine\n\\alice\n\n\"|/bin/vacation\"\n");
  const Lines nodes = nodes_of(host.trace("alice@example.com"), Step::forward);
  CHECK(nodes == Lines{".forward: \\alice, \"|/bin/vacation\""});
}

TEST_CASE("what a .forward file may be") {
  struct Row {
    std::string text;
    Attributes attributes;
    std::string expected;
  };
  const Row rows[] = {
      {"bob\n", {2001, 2001, 0644}, "mailbox:/var/mail/bob bob@example.com"},
      {"bob\n", {2001, 2001, 0664}, "mailbox:/var/mail/bob bob@example.com"},
      {"bob\n", {2001, 2001, 0666}, "mailbox:/var/mail/alice alice@example.com"},
      {"bob\n", {2002, 2001, 0644}, "mailbox:/var/mail/alice alice@example.com"},
      {"bob\n", {0, 0, 0644}, "mailbox:/var/mail/bob bob@example.com"},
      {"", {2001, 2001, 0644}, "mailbox:/var/mail/alice alice@example.com"},
      {"# nobody\n", {2001, 2001, 0644}, "mailbox:/var/mail/alice alice@example.com"},
      {"  \\alice", {2001, 2001, 0644}, "mailbox:/var/mail/alice alice@example.com"},
  };
  for (const Row& row : rows) {
    INFO(row.text << row.attributes.owner << ' ' << row.attributes.mode);
    SmallHost host;
    host.world().add_file("/home/alice/.forward", row.text, row.attributes);
    CHECK(host.lands("alice@example.com") == Lines{row.expected});
  }
}

}  // namespace
}  // namespace lastmile::test
