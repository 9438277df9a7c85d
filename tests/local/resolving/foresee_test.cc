// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/foresee.h"

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a mailbox that cannot be written to is a failure already") {
  struct Row {
    std::string main_cf;
    Attributes attributes;
    std::string lands;
  };
  const std::string mailbox = "mailbox:/var/mail/alice alice@example.com";
  const std::string deferred =
      "defer:4.2.0 cannot update mailbox /var/mail/alice for user alice. destination "
      "/var/mail/alice is not owned by recipient alice@example.com";
  const Row rows[] = {
      {"", {2001, 2001, 0600}, mailbox},
      {"", {2002, 2002, 0600}, deferred},  // A spool of root alone: root opens it.
      {"strict_mailbox_ownership = no", {2002, 2002, 0600}, mailbox},
  };
  for (const Row& row : rows) {
    INFO(row.main_cf << " " << row.attributes.owner);
    SmallHost host;
    host.main_cf(row.main_cf);
    host.world().add_file("/var/mail/alice", "From x\n", row.attributes);
    CHECK(host.lands("alice@example.com") == Lines{row.lands});
  }
}

TEST_CASE("a mailbox that its user may not open is a failure where the user opens it") {
  struct Row {
    mode_t spool;
    Attributes attributes;
    std::string begins;
  };
  const Row rows[] = {
      {01777,
       {2002, 2002, 0600},
       "bounce:5.2.0 cannot update mailbox /var/mail/alice for user "
       "alice. cannot open file: Permission denied"},
      {01777, {2002, 2002, 0666}, "defer:4.2.0"},
      {02775, {2002, 8, 0660}, "defer:4.2.0"},
      {02775, {2002, 9, 0660}, "bounce:5.2.0"},
      {02775, {2001, 9, 0600}, "mailbox:/var/mail/alice"},
      {01777, {2001, 2001, 0400}, "bounce:5.2.0"},
  };
  for (const Row& row : rows) {
    INFO(row.spool << " " << row.attributes.owner);
    SmallHost host;
    host.world().add_directory("/var/mail", {0, 8, row.spool});
    host.world().add_file("/var/mail/alice", "From x\n", row.attributes);
    const Lines lines = host.lands("alice@example.com");
    REQUIRE(lines.size() == 1);
    INFO(lines[0]);
    CHECK(lines[0].starts_with(row.begins));
  }
}

TEST_CASE("a directory in the way of a mailbox or a file is a failure already") {
  SmallHost host;
  host.world().add_directory("/var/mail/alice", {2001, 2001, 0755});
  CHECK(host.lands("alice@example.com") ==
        Lines{"bounce:5.2.0 cannot update mailbox /var/mail/alice for user alice. cannot open "
              "file: Is a directory alice@example.com"});
  host.forward("bob", "/home/bob/box\n").world().add_directory("/home/bob/box");
  CHECK(host.lands("bob@example.com") ==
        Lines{"bounce:5.2.0 cannot append message to file /home/bob/box: cannot open file: Is a "
              "directory bob@example.com"});
}

TEST_CASE("a mailbox of virtual(8) likewise, with its own words") {
  SmallHost host;
  host.main_cf(
      "virtual_mailbox_domains = v.example\n"
      "virtual_mailbox_base = /srv\n"
      "virtual_mailbox_maps = inline:{a@v.example=a, b@v.example=b, c@v.example=c}\n"
      "virtual_uid_maps = static:2001\n"
      "virtual_gid_maps = static:2001\n");
  host.world().add_file("/srv/a", "From x\n", {2002, 2002, 0666});
  host.world().add_directory("/srv/b", {2001, 2001, 0755});
  host.world().add_file("/srv/c", "From x\n", {2001, 2001, 0600});
  CHECK(host.lands("a@v.example", Stage::full) ==
        Lines{"defer:4.2.0 delivery failed to mailbox /srv/a: destination /srv/a is not owned by "
              "recipient a@v.example"});
  CHECK(host.lands("b@v.example", Stage::full) ==
        Lines{"defer:4.2.0 delivery failed to mailbox /srv/b: cannot open file: Is a directory "
              "b@v.example"});
  CHECK(host.lands("c@v.example", Stage::full) == Lines{"mailbox:/srv/c c@v.example"});
}

TEST_CASE("a maildir in which its user can make no file is a failure already") {
  struct Row {
    std::string directory;  ///< Where this is said to be.
    Attributes attributes;
    std::string lands;
  };
  const std::string maildir = "/home/alice/Maildir";
  const std::string failed = "bounce:5.2.0 maildir delivery failed: create maildir file ";
  const Row rows[] = {
      {"/tmp", {2001, 2001, 0700}, "maildir:" + maildir + "/"},
      {"/tmp", {2002, 2002, 0700}, failed + maildir + "/tmp/: Permission denied"},
      {"/tmp", {2002, 2001, 0720}, "maildir:" + maildir + "/"},
      {"/new", {0, 0, 0755}, failed + maildir + "/new/: Permission denied"},
      {"/cur", {0, 0, 0755}, "maildir:" + maildir + "/"},
  };
  for (const Row& row : rows) {
    INFO(row.directory << " " << row.attributes.owner);
    SmallHost host;
    host.main_cf("home_mailbox = Maildir/");
    host.world().add_directory(maildir, {2001, 2001, 0700});
    host.world().add_directory(maildir + row.directory, row.attributes);
    CHECK(host.lands("alice@example.com") == Lines{row.lands + " alice@example.com"});
  }
  for (const std::string in_the_way : {"", "/tmp", "/new"}) {
    INFO(in_the_way);
    SmallHost host;
    host.main_cf("home_mailbox = Maildir/");
    host.world().add_file(maildir + in_the_way, "", {2001, 2001, 0600});
    const Lines lines = host.lands("alice@example.com");
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::StartsWith(failed) && Catch::Contains("Not a directory"));
  }
}

TEST_CASE("a delivery asks for no file: its agent judges what it opens") {
  SmallHost host;
  host.world().add_directory("/var/mail/alice");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  request.resubmissions = Resubmissions::stop;
  CHECK(leaf_lines(host.trace(request)) == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("two recipients of a pipe that takes one are deferred, and one is not") {
  struct Row {
    std::string limit;
    std::string members;
    std::string kinds;  ///< "d" deferred, "p" given to the pipe: in the order of the members.
  };
  const Row rows[] = {
      {"", "a@p.example", "p"},
      {"", "a@p.example, b@p.example", "dd"},
      {"dovecot_destination_recipient_limit = 1", "a@p.example, b@p.example", "pp"},
      // In commands of two, sorted: the last has one alone.
      {"dovecot_destination_recipient_limit = 2", "c@p.example, a@p.example, b@p.example", "pdd"},
      // Another nexthop is another command.
      {"", "a@p.example, b@q.example", "pp"},
  };
  for (const Row& row : rows) {
    INFO(row.limit << " " << row.members);
    SmallHost host;
    host.main_cf("transport_maps = inline:{p.example=dovecot:, q.example=dovecot:}\n" + row.limit +
                 "\nvirtual_alias_maps = inline:{{list@example.com=" + row.members + "}}\n");
    host.world().add_file("/etc/postfix/master.cf",
                          "local unix - n n - - local\n"
                          "dovecot unix - n n - - pipe flags=DR user=alice argv=/bin/cat\n");
    std::string kinds;
    for (const std::string& line : host.lands("list@example.com", Stage::full)) {
      kinds += line.starts_with("defer:4.3.5 mail system configuration error") ? 'd' : 'p';
    }
    CHECK(kinds == row.kinds);
  }
}

}  // namespace
}  // namespace lastmile::test
