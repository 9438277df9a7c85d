// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/ledger_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/in_child.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

constexpr uid_t kUser = 65534;

/// A host with a home; DIR stands for its directory.
struct Fixture {
  TemporaryDirectory directory = {};
  uid_t uid = geteuid() == 0 ? kUser : geteuid();

  Fixture() {
    REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
    make("home", 0700);
    make("theirs", 0755);
    make("open", 0777);
    // Of somebody else: root's, or without the right to write.
    directory.make_directory("others", geteuid() == 0 ? 0755 : 0555);
  }

  void make(const std::string& name, mode_t mode) const {
    const std::string path = directory.make_directory(name);
    REQUIRE(chmod(path.c_str(), mode) == 0);
    REQUIRE((geteuid() != 0 || chown(path.c_str(), uid, uid) == 0));
  }

  std::string in_place(std::string text) const {
    for (auto at = text.find("DIR"); at != text.npos; at = text.find("DIR")) {
      text.replace(at, 3, directory.path());
    }
    return text;
  }

  /// Looks for it as the user. \return what is found, as a text
  std::string found(const std::string& configured, const std::string& home,
                    const std::string& state) const {
    const LedgerKeeper keeper = {uid, "vmail", in_place(home), in_place(state)};
    // Opened by us: the user cannot make it.
    std::ofstream answer(directory.path("answer"));
    REQUIRE(in_child([&] {
              if (geteuid() == 0 && (setgid(uid) != 0 || setuid(uid) != 0)) {
                return 1;
              }
              const LedgerPlace place = find_ledger_place(in_place(configured), keeper);
              answer << (place.path.empty() ? "no: " + place.obstacle : place.path) << std::flush;
              return answer ? 0 : 1;
            }) == 0);
    return directory.read("answer");
  }
};

TEST_CASE("an ordinary user keeps a ledger in a directory of their own, and no other") {
  const Fixture fixture;
  struct Row {
    const char* configured;
    const char* home;
    const char* state;
    const char* expected;  ///< The path, or the beginning of what is said.
  };
  const auto row = GENERATE(values<Row>({
      // None is wanted.
      {"", "DIR/home", "DIR/theirs", "no: "},
      // A directory of theirs, or one that they can make.
      {"DIR/theirs/ledger.sqlite", "DIR/home", "", "DIR/theirs/ledger.sqlite"},
      {"DIR/theirs/%u/%u.sqlite", "DIR/home", "", "DIR/theirs/vmail/vmail.sqlite"},
      {"DIR/open/%u/ledger.sqlite", "/nonexistent", "", "DIR/open/vmail/ledger.sqlite"},
      // Another one's: the state directory, then the home.
      {"/etc/ledger.sqlite", "DIR/home", "DIR/theirs", "DIR/theirs/lastmile/ledger.sqlite"},
      {"/etc/ledger.sqlite", "DIR/home", "DIR/others",
       "DIR/home/.local/state/lastmile/ledger.sqlite"},
      {"/etc/ledger.sqlite", "DIR/home", "theirs", "DIR/home/.local/state/lastmile/ledger.sqlite"},
      {"/nonexistent/a/ledger.sqlite", "DIR/home", "",
       "DIR/home/.local/state/lastmile/ledger.sqlite"},
      // Neither.
      {"/etc/ledger.sqlite", "DIR/others", "", "no: /etc is not a directory of uid "},
      {"/etc/ledger.sqlite", "DIR/open", "", "no: /etc is not a directory of uid "},
      {"/etc/ledger.sqlite", "", "", "no: /etc is not a directory of uid "},
      {"/etc/ledger.sqlite", "/nonexistent", "", "no: /etc is not a directory of uid "},
  }));
  INFO(row.configured << " " << row.home << " " << row.state);
  const bool wants_another_owner =
      std::string_view(row.state) == "DIR/others" || std::string_view(row.home) == "DIR/others";
  if (wants_another_owner && geteuid() != 0) {
    return;
  }
  const std::string expected = fixture.in_place(row.expected);
  const std::string found = fixture.found(row.configured, row.home, row.state);
  if (expected.starts_with("no: /")) {
    CHECK_THAT(found, Catch::StartsWith(expected));
  } else {
    CHECK(found == expected);
  }
}

TEST_CASE("what is missing below a home is made for its owner alone") {
  const Fixture fixture;
  fixture.found("/etc/ledger.sqlite", "DIR/home", "");
  for (const char* name : {"home/.local", "home/.local/state", "home/.local/state/lastmile"}) {
    struct stat attributes = {};
    REQUIRE(stat(fixture.directory.path(name).c_str(), &attributes) == 0);
    CHECK((attributes.st_mode & 07777U) == 0700U);
    CHECK(attributes.st_uid == fixture.uid);
  }
}

TEST_CASE("root keeps the ledger that is configured") {
  const LedgerKeeper root = {0, "root", "/root", ""};
  CHECK(find_ledger_place("/var/lib/lastmile/ledger.sqlite", root).path ==
        "/var/lib/lastmile/ledger.sqlite");
  CHECK(find_ledger_place("/var/lib/lastmile-%u/ledger.sqlite", root).path ==
        "/var/lib/lastmile-root/ledger.sqlite");
  CHECK(find_ledger_place("", root).path.empty());
}

TEST_CASE("who keeps a ledger is who the process runs as") {
  CHECK(this_keeper().uid == geteuid());
  CHECK_FALSE(this_keeper().name.empty());
}

}  // namespace
}  // namespace lastmile::test
