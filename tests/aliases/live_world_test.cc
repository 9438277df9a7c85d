// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/live_world.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/in_child.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

const Rights kRoot = {0, 0, {}, "root"};
const Rights kAlice = {2001, 2001, {}, "alice"};
const Rights kStaff = {2002, 2002, {2050}, "bob"};

/// One line for what read_file() answers: `regular "text"`, `symlink -> x`, `none`, `denied: ...`.
std::string describe(const Result<std::optional<FileView>>& result) {
  if (!result) {
    const bool denied = result.error().kind == Error::Kind::denied;
    const bool malformed = result.error().kind == Error::Kind::malformed;
    return denied ? "denied" : malformed ? "malformed" : "unavailable";
  }
  if (!*result) {
    return "none";
  }
  const FileView& view = **result;
  switch (view.type) {
    case FileType::regular:
      return view.unreadable.empty() ? "regular " + view.content : "unreadable " + view.unreadable;
    case FileType::directory:
      return "directory";
    case FileType::symlink:
      return "symlink -> " + view.target;
    case FileType::other:
      return "other" + view.content;
  }
  return "";
}

std::string read_as(const std::string& path, const Rights& as,
                    Symlinks symlinks = Symlinks::follow) {
  return describe(LiveWorld().read_file(path, as, symlinks, 100));
}

void give(const std::string& path, uid_t uid, gid_t gid) {
  REQUIRE(lchown(path.c_str(), uid, gid) == 0);
}

TEST_CASE("LiveWorld: files, links and what is neither, for whoever runs the tests") {
  const test::TemporaryDirectory directory;
  directory.write("file", "text", 0640);
  directory.write("empty", "");
  directory.write("long", std::string(101, 'x'));
  directory.make_directory("folder");
  REQUIRE(symlink("file", directory.path("link").c_str()) == 0);
  REQUIRE(symlink("nothing", directory.path("dangling").c_str()) == 0);
  REQUIRE(symlink("loop", directory.path("loop").c_str()) == 0);
  REQUIRE(mkfifo(directory.path("fifo").c_str(), 0666) == 0);
  struct Row {
    std::string name;
    Symlinks symlinks;
    std::string expected;
  };
  const auto follow = Symlinks::follow;
  const auto refuse = Symlinks::refuse;
  const Rights me = {geteuid(), getegid(), {}, "me"};
  const Row row = GENERATE_COPY(values<Row>({
      {"file", follow, "regular text"},
      {"file", refuse, "regular text"},
      {"empty", refuse, "regular "},
      {"long", refuse, "malformed"},
      {"folder", refuse, "directory"},
      {"link", follow, "regular text"},
      {"link", refuse, "symlink -> file"},
      {"dangling", follow, "none"},
      {"dangling", refuse, "symlink -> nothing"},
      {"loop", follow, "unavailable"},
      {"loop", refuse, "symlink -> loop"},
      {"fifo", refuse, "other"},
      {"nothing", refuse, "none"},
      {"file/below", refuse, "none"},
      {"folder/nothing", follow, "none"},
  }));
  CAPTURE(row.name);
  CHECK(read_as(directory.path(row.name), me, row.symlinks) == row.expected);
}

TEST_CASE("LiveWorld: a device and a socket have no content") {
  const test::TemporaryDirectory directory;
  const Rights me = {geteuid(), getegid(), {}, "me"};
  CHECK(read_as("/dev/zero", me) == "other");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = directory.path("socket");
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(read_as(path, me) == "other");
  close(fd);
}

TEST_CASE("LiveWorld: nothing tells a user what is in the process that reads for him") {
  const test::TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0755);
  const Rights me = {geteuid(), getegid(), {}, "me"};
  const Rights user = test::running_as_root() ? Rights{2001, 2001, {}, "user"} : me;
  LiveWorld world;
  const std::string link = directory.path("link");
  for (const std::string path : {"/proc/self/maps", "/proc/self/environ", "/proc/version"}) {
    CAPTURE(path);
    unlink(link.c_str());
    REQUIRE(symlink(path.c_str(), link.c_str()) == 0);
    for (const Rights& as : {me, user}) {
      for (const std::string& name : {path, link}) {
        const auto file = world.read_file(name, as, Symlinks::follow, 1000000);
        CHECK((!file.ok() || !*file || (*file)->content.empty()));
      }
    }
  }
  // What this process has open in a directory that the user may not enter.
  if (!test::running_as_root()) {
    return;
  }
  directory.make_directory("private", 0700);
  const int file = open(directory.write("private/file", "secret\n", 0644).c_str(), O_RDONLY);
  REQUIRE(file >= 0);
  const auto read =
      world.read_file("/proc/self/fd/" + std::to_string(file), user, Symlinks::follow, 1000000);
  CHECK((!read.ok() || !*read || (*read)->content.empty()));
  close(file);
}

TEST_CASE("LiveWorld: attributes come with the content") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("file", "text", 0646);
  LiveWorld world;
  const Rights me = {geteuid(), getegid(), {}, "me"};
  const auto read = world.read_file(path, me, Symlinks::refuse, 4);
  const auto seen = world.file_attributes(path, me, Symlinks::refuse);
  REQUIRE(read.ok());
  REQUIRE(seen.ok());
  for (const FileView& view : {**read, **seen}) {
    CHECK(view.type == FileType::regular);
    CHECK(view.owner == geteuid());
    CHECK(view.mode == 0646);
  }
  CHECK((*seen)->content.empty());
}

TEST_CASE("LiveWorld: root looks with the reader's eyes") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  give(directory.write("mine", "m", 0600), 2001, 2001);
  give(directory.write("none", "n", 0000), 2001, 2001);
  give(directory.write("other", "o", 0000), 2002, 2002);
  give(directory.write("group", "g", 0640), 0, 2050);
  directory.write("root", "r", 0600);
  give(directory.make_directory("closed", 0700), 2002, 2002);
  give(directory.write("closed/file", "c", 0644), 2002, 2002);
  REQUIRE(symlink("closed/file", directory.path("into").c_str()) == 0);
  struct Row {
    std::string name;
    Rights as;
    std::string expected;
  };
  const Row row = GENERATE(values<Row>({
      {"mine", kAlice, "regular m"},
      {"mine", kStaff, "unreadable Permission denied"},
      {"mine", kRoot, "regular m"},
      {"none", kAlice, "unreadable Permission denied"},
      {"other", kAlice, "unreadable Permission denied"},
      {"group", kAlice, "unreadable Permission denied"},
      {"group", kStaff, "regular g"},
      {"root", kAlice, "unreadable Permission denied"},
      {"closed", kAlice, "directory"},
      {"closed/file", kAlice, "denied"},
      {"closed/nothing", kAlice, "denied"},
      {"closed/file", kStaff, "regular c"},
      {"into", kAlice, "denied"},
      {"into", kStaff, "regular c"},
  }));
  CAPTURE(row.name, row.as.name);
  CHECK(read_as(directory.path(row.name), row.as) == row.expected);
  // And root is root again.
  CHECK(directory.read("root") == "r");
  CHECK(geteuid() == 0);
}

TEST_CASE("LiveWorld: a reader in root's group gains nothing from root's other groups") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  directory.write("root-group", "r", 0040);
  CHECK(read_as(directory.path("root-group"), kAlice) == "unreadable Permission denied");
  CHECK(read_as(directory.path("root-group"), {2001, 0, {}, "alice"}) == "regular r");
}

TEST_CASE("LiveWorld: an identity that cannot be taken opens nothing") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("secret", "s", 0600);
  const auto none = static_cast<uid_t>(-1);
  CHECK(read_as(path, {none, 2001, {}, "x"}) == "unavailable");
  CHECK(read_as(path, {2001, none, {}, "x"}) == "unavailable");
  CHECK(directory.read("secret") == "s");
}

TEST_CASE("LiveWorld: directories that may be entered") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  give(directory.make_directory("home", 0700), 2001, 2001);
  give(directory.make_directory("home/inner", 0755), 2001, 2001);
  directory.write("file", "");
  LiveWorld world;
  const auto may = [&](const std::string& name, const Rights& as) {
    const auto access = world.may_enter(directory.path(name), as);
    return access.ok() && *access == Access::allowed;
  };
  CHECK(may("home", kAlice));
  CHECK(may("home/inner", kAlice));
  CHECK_FALSE(may("home", kStaff));
  CHECK_FALSE(may("home/inner", kStaff));
  CHECK_FALSE(may("file", kRoot));
  CHECK_FALSE(may("nothing", kRoot));
}

TEST_CASE("LiveWorld: directories are listed with the reader's rights") {
  const test::TemporaryDirectory directory;
  directory.write("home/b", "");
  directory.write("home/.forward", "");
  LiveWorld world;
  const Rights me = {geteuid(), getegid(), {}, "me"};
  const auto names = world.list_directory(directory.path("home"), me);
  REQUIRE(names.ok());
  CHECK(**names == std::vector<std::string>{".forward", "b"});
  CHECK_FALSE((*world.list_directory(directory.path("home/b"), me)).has_value());
  CHECK_FALSE((*world.list_directory(directory.path("none"), me)).has_value());
  if (test::running_as_root()) {
    directory.make_directory("home", 0700);
    CHECK(world.list_directory(directory.path("home"), kAlice).error().kind == Error::Kind::denied);
  }
}

TEST_CASE("LiveWorld: accounts of this host") {
  LiveWorld world;
  const auto root = world.account_by_name("root");
  REQUIRE(root.ok());
  REQUIRE(root->has_value());
  CHECK((*root)->uid == 0);
  const auto same = world.account_by_uid(0);
  REQUIRE(same.ok());
  CHECK((*same)->uid == 0);
  const auto nobody = world.account_by_name("no-such-account-here");
  REQUIRE(nobody.ok());
  CHECK_FALSE(nobody->has_value());
  CHECK_FALSE(world.account_by_name(std::string_view("root\0x", 6))->has_value());
  CHECK_FALSE(world.account_by_uid(3999999999U)->has_value());
}

TEST_CASE("LiveWorld: every account once") {
  LiveWorld world;
  std::set<std::string> names;
  const auto all = world.for_each_account([&](const Account& account) {
    CHECK(names.insert(account.name).second);
    return true;
  });
  REQUIRE(all.ok());
  CHECK(*all == Listing::complete);
  CHECK(names.count("root") == 1);
  const auto first = world.for_each_account([](const Account&) { return false; });
  CHECK(*first == Listing::stopped);
}

TEST_CASE("LiveWorld: facts of this host") {
  LiveWorld world;
  CHECK_FALSE(world.host().hostname.empty());
  CHECK(world.host_path("/etc/aliases") == "/etc/aliases");
  const auto addresses = world.interface_addresses();
  REQUIRE(addresses.ok());
  for (const std::string& address : *addresses) {
    CHECK(address.find_first_not_of("0123456789abcdef.:") == std::string::npos);
  }
  CHECK(world.sees_as({geteuid(), getegid(), {}, "me"}));
  CHECK(world.sees_as({geteuid() + 1, 1, {}, "x"}) == (geteuid() == 0));
}

TEST_CASE("LiveWorld: what an ordinary user may not look at is unseen") {
  if (geteuid() != 0) {
    WARN("skipped: needs root to become somebody else");
    return;
  }
  test::TemporaryDirectory directory;
  const std::string home = directory.path() + "/home";
  REQUIRE(::mkdir(home.c_str(), 0700) == 0);
  const std::string secret = directory.path() + "/secret";
  std::ofstream(secret) << "x";
  REQUIRE(::chmod(secret.c_str(), 0600) == 0);
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  const int status = test::in_child([&] {
    constexpr uid_t kCaller = 61234;
    if (setuid(kCaller) != 0) {
      return 99;
    }
    LiveWorld world;
    const Rights alice = {61235, 61235, {}, "alice"};
    const Rights caller = {kCaller, kCaller, {}, "caller"};
    const auto is_unseen = [](const Error& error) {
      return error.kind == Error::Kind::unseen &&
             error.text.ends_with(" may not be read by uid 61234");
    };
    const auto hidden = world.read_file(home + "/.forward", alice, Symlinks::refuse, 100);
    const auto file = world.read_file(secret, alice, Symlinks::follow, 100);
    const auto attributes = world.file_attributes(home + "/.forward", alice, Symlinks::follow);
    const auto entered = world.may_enter(home, alice);
    // Of oneself all is known.
    const auto own = world.read_file(home + "/.forward", caller, Symlinks::refuse, 100);
    int wrong = 0;
    wrong += !hidden && is_unseen(hidden.error()) ? 0 : 1;
    wrong += !file && is_unseen(file.error()) ? 0 : 2;
    wrong += !attributes && is_unseen(attributes.error()) ? 0 : 4;
    wrong += !entered && is_unseen(entered.error()) ? 0 : 8;
    wrong += !own && own.error().kind == Error::Kind::denied ? 0 : 16;
    return wrong;
  });
  CHECK(status == 0);
}

}  // namespace
}  // namespace lastmile
