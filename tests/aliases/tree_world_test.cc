// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/tree_world.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::TemporaryDirectory;

const Rights kRoot = {0, 0, {}, "root"};
const Rights kAlice = {2001, 2000, {}, "alice"};
const Rights kBob = {2002, 2002, {}, "bob"};

constexpr const char* kPasswd =
    "root:x:0:0::/root:/bin/sh\n"
    "# a comment\n"
    "\n"
    "+::::::\n"
    "alice:x:2001:2000:Alice:/home/alice:/bin/sh\n"
    "bob:x:2002:2002::/home/alice/bob/:/bin/sh\n"
    "www:x:33:33::/:/bin/false\n"
    "alice:x:9:9::/second:/bin/sh\n";

std::unique_ptr<TreeWorld> open_tree(const TemporaryDirectory& directory) {
  auto world = TreeWorld::open(directory.path());
  if (!world) {
    FAIL(world.error().message());
  }
  return std::move(*world);
}

std::string read(World& world, const std::string& path, const Rights& as,
                 Symlinks symlinks = Symlinks::follow) {
  const auto result = world.read_file(path, as, symlinks, 100);
  if (!result) {
    return "error";
  }
  if (!*result) {
    return "none";
  }
  const FileView& view = **result;
  return view.type == FileType::symlink   ? "-> " + view.target
         : view.type != FileType::regular ? "not regular"
         : view.unreadable.empty()        ? view.content
                                          : view.unreadable;
}

TEST_CASE("TreeWorld: owners by homes, modes of the files") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  directory.write("etc/secret", "s", 0600);
  directory.write("home/alice/.forward", "f", 0600);
  directory.write("home/alice/bob/.forward", "b", 0640);
  directory.write("home/aliceX/file", "x", 0644);
  const auto world = open_tree(directory);
  struct Row {
    std::string path;
    uid_t owner;
    gid_t group;
    mode_t mode;
  };
  const Row row = GENERATE(values<Row>({{"/etc/secret", 0, 0, 0600},
                                        {"/home/alice/.forward", 2001, 2000, 0600},
                                        {"/home/alice/bob/.forward", 2002, 2002, 0640},
                                        {"/home/aliceX/file", 0, 0, 0644}}));
  CAPTURE(row.path);
  const auto view = world->file_attributes(row.path, kRoot, Symlinks::refuse);
  REQUIRE(view.ok());
  REQUIRE(view->has_value());
  CHECK((*view)->owner == row.owner);
  CHECK((*view)->group == row.group);
  CHECK((*view)->mode == row.mode);
}

// By hand (umask 022), by mktemp -d, with umask 077, with umask 000.
TEST_CASE("TreeWorld: the umask of who made a tree decides nothing") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  directory.write("home/alice/.forward", "f");
  const auto path = [&](const char* name) { return directory.path() + '/' + name; };
  struct Row {
    mode_t root;
    mode_t directories;
    mode_t file;
    mode_t seen;
  };
  const Row row = GENERATE(values<Row>({{0755, 0755, 0644, 0644},
                                        {0700, 0755, 0644, 0644},
                                        {0700, 0700, 0600, 0600},
                                        {0777, 0777, 0666, 0644},
                                        {0755, 0755, 0666, 0666}}));
  for (const char* const name : {"etc", "home", "home/alice"}) {
    REQUIRE(chmod(path(name).c_str(), row.directories) == 0);
  }
  REQUIRE(chmod(path("home/alice/.forward").c_str(), row.file) == 0);
  REQUIRE(chmod(directory.path().c_str(), row.root) == 0);
  const auto world = open_tree(directory);
  CHECK(read(*world, "/home/alice/.forward", kAlice) == "f");
  const auto view = world->file_attributes("/home/alice/.forward", kAlice, Symlinks::refuse);
  REQUIRE(view.ok());
  REQUIRE(view->has_value());
  CHECK((*view)->mode == row.seen);
}

TEST_CASE("TreeWorld: who may read is judged by the presented owners, not by the running user") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  directory.write("etc/secret", "s", 0600);
  directory.write("home/alice/.forward", "f", 0600);
  const auto world = open_tree(directory);
  CHECK(read(*world, "/etc/secret", kRoot) == "s");
  CHECK(read(*world, "/etc/secret", kAlice) == "Permission denied");
  CHECK(read(*world, "/home/alice/.forward", kAlice) == "f");
  CHECK(read(*world, "/home/alice/.forward", kBob) == "Permission denied");
  CHECK(*world->may_enter("/home/alice", kAlice) == Access::allowed);
  CHECK(*world->may_enter("/home/nobody", kAlice) == Access::refused);
}

TEST_CASE("TreeWorld: no link and no dots lead out of the tree") {
  const TemporaryDirectory directory;
  directory.write("outside", "outside");
  directory.write("tree/etc/passwd", kPasswd);
  directory.write("tree/file", "inside");
  directory.make_directory("tree/folder");
  const auto link = [&](const std::string& target, const std::string& name) {
    REQUIRE(symlink(target.c_str(), directory.path("tree/" + name).c_str()) == 0);
  };
  link("../outside", "up");
  link(directory.path("outside"), "absolute");
  link("/file", "to-file");
  link("/../../../file", "far-up");
  link("/proc/self/cwd", "magic");
  auto opened = TreeWorld::open(directory.path("tree"));
  REQUIRE(opened.ok());
  World& world = **opened;
  CHECK(read(world, "/../outside", kRoot) == "none");
  CHECK(read(world, "/up", kRoot) == "none");
  CHECK(read(world, "/absolute", kRoot) == "none");
  CHECK(read(world, "/to-file", kRoot) == "inside");
  CHECK(read(world, "/to-file", kRoot, Symlinks::refuse) == "-> /file");
  CHECK(read(world, "/far-up", kRoot) == "inside");
  CHECK(read(world, "/magic/outside", kRoot) == "none");
  CHECK(world.host_path("/to-file") == directory.path("tree/file"));
  CHECK(world.host_path("/../file") == directory.path("tree/file"));
  for (const char* absent : {"/up", "/absolute", "/nothing"}) {
    CHECK(access(world.host_path(absent)->c_str(), F_OK) == -1);
  }
}

TEST_CASE("TreeWorld: what is neither file nor directory has no content and does not block") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  REQUIRE(mkfifo(directory.path("fifo").c_str(), 0644) == 0);
  const auto world = open_tree(directory);
  CHECK(read(*world, "/fifo", kAlice) == "not regular");
  CHECK(read(*world, "/etc", kAlice) == "not regular");
}

TEST_CASE("TreeWorld: accounts come from etc/passwd") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  const auto world = open_tree(directory);
  CHECK((*world->account_by_name("alice"))->gecos == "Alice");
  CHECK((*world->account_by_name("alice"))->uid == 2001);
  CHECK((*world->account_by_uid(2002))->name == "bob");
  CHECK_FALSE(world->account_by_name("nosuch")->has_value());
  std::string names;
  static_cast<void>(world->for_each_account([&](const Account& account) {
    names += account.name + " ";
    return true;
  }));
  CHECK(names == "root alice bob www ");
}

TEST_CASE("TreeWorld: without etc/passwd, an account is not unknown but cannot be looked up") {
  const TemporaryDirectory directory;
  const auto world = open_tree(directory);
  const auto account = world->account_by_name("alice");
  REQUIRE_FALSE(account.ok());
  CHECK(account.error().kind == Error::Kind::unavailable);
  CHECK_FALSE(world->account_by_uid(1).ok());
}

TEST_CASE("TreeWorld: .lastmile-owners, the last line that matches counts") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  directory.write("etc/group", "root:x:0:\nstaff:x:50:alice\n");
  directory.write(".lastmile-owners",
                  "# PATH OWNER\n"
                  "/etc/*          bob\n"
                  "/etc/list       bob:staff  0664\n"
                  "  /var/lib/x/**   77:78      0700\n"
                  "/home/alice/f?  root\n"
                  "/var/n          99\n");
  for (const char* name : {"etc/list", "etc/other", "etc/deep/file", "var/lib/x/y/z", "var/lib/xy",
                           "home/alice/f1", "home/alice/f12", "var/n"}) {
    directory.write(name, "", 0644);
  }
  const auto world = open_tree(directory);
  struct Row {
    std::string path;
    std::string expected;
  };
  const Row row = GENERATE(values<Row>({{"/etc/list", "2002 50 436"},
                                        {"/etc/other", "2002 2002 420"},
                                        {"/etc/deep/file", "0 0 420"},
                                        {"/var/lib/x", "77 78 448"},
                                        {"/var/lib/x/y/z", "77 78 448"},
                                        {"/var/lib/xy", "0 0 420"},
                                        {"/home/alice/f1", "0 0 420"},
                                        {"/home/alice/f12", "2001 2000 420"},
                                        {"/var/n", "99 99 420"}}));
  CAPTURE(row.path);
  const auto view = world->file_attributes(row.path, kRoot, Symlinks::refuse);
  REQUIRE(view.ok());
  REQUIRE(view->has_value());
  CHECK(std::to_string((*view)->owner) + " " + std::to_string((*view)->group) + " " +
            std::to_string((*view)->mode) ==
        row.expected);
}

TEST_CASE("TreeWorld: what makes no sense is refused with its line") {
  struct Row {
    std::string file;
    std::string text;
    std::string error;
  };
  const Row row = GENERATE(values<Row>({
      {".lastmile-owners", "/a\n", "/.lastmile-owners:1: expected: /PATH OWNER[:GROUP] [MODE]"},
      {".lastmile-owners", "#\na root\n",
       "/.lastmile-owners:2: expected: /PATH OWNER[:GROUP] [MODE]"},
      {".lastmile-owners", "/a x\n", "/.lastmile-owners:1: no account \"x\" in etc/passwd"},
      {".lastmile-owners", "/a root:x\n", "/.lastmile-owners:1: no group \"x\" in etc/group"},
      {".lastmile-owners", "/a root 0999\n",
       "/.lastmile-owners:1: mode \"0999\" is not octal, such as 0644"},
      {".lastmile-owners", "/a root 10000\n",
       "/.lastmile-owners:1: mode \"10000\" is not octal, such as 0644"},
      {"etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1\n",
       "/etc/passwd:2: not an account: 3 of seven fields"},
  }));
  const TemporaryDirectory directory;
  directory.write(row.file, row.text);
  const auto world = TreeWorld::open(directory.path());
  REQUIRE_FALSE(world.ok());
  CHECK(world.error().kind == Error::Kind::misconfigured);
  CHECK(world.error().message() == directory.path() + row.error);
  CHECK_FALSE(TreeWorld::open(directory.path("nothing")).ok());
}

TEST_CASE("TreeWorld: host facts do not depend on this host") {
  const TemporaryDirectory directory;
  CHECK(open_tree(directory)->host().hostname == "localhost");
  directory.write("etc/hostname", "mail.example.com \nmore\n");
  const auto world = open_tree(directory);
  CHECK(world->host().hostname == "mail.example.com");
  CHECK(*world->interface_addresses() == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK_FALSE(world->host_addresses("localhost").ok());
}

TEST_CASE("TreeWorld: text tables are read below the root") {
  const TemporaryDirectory directory;
  directory.write("etc/passwd", kPasswd);
  directory.write("etc/map", "key value\n");
  directory.write("home/alice/map", "key value\n");
  const auto world = open_tree(directory);
  const auto table = world->open_table({"texthash", "/etc/map"}, {});
  REQUIRE(table.ok());
  CHECK((*(*table)->lookup("key"))->value == "value");
  CHECK((*table)->owner().trust == TableOwner::Trust::root);
  const auto own = world->open_table({"texthash", "/home/alice/map"}, {});
  REQUIRE(own.ok());
  CHECK((*own)->owner().uid == 2001);
}

}  // namespace
}  // namespace lastmile
