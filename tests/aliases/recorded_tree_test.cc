// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/recorded_tree.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

const Rights kRoot = {0, 0, {}, "root"};
const Rights kAlice = {2001, 2001, {}, "alice"};
const Rights kBob = {2002, 2002, {2050}, "bob"};

void fill(MemoryWorld& world) {
  world.add_file("/etc/open", "open");
  world.add_file("/etc/group", "group", {0, 2050, 0640});
  world.add_file("/etc/none", "none", {2001, 2001, 0000});
  // The owner's bits alone count for the owner, even where others may more.
  world.add_file("/etc/not-me", "others", {2001, 2001, 0044});
  world.add_directory("/home/alice", {2001, 2001, 0700});
  world.add_file("/home/alice/.forward", "bob", {2001, 2001, 0600});
  world.add_symlink("/home/link", "alice");
  world.add_symlink("/up", "../../etc/./open");
  world.add_symlink("/absolute", "/home/link/.forward");
  world.add_symlink("/loop", "loop");
  world.add_symlink("/dangling", "nothing");
  world.add_special_file("/fifo", {.mode = 0666});
}

std::string read(const std::string& path, const Rights& as, Symlinks symlinks) {
  MemoryWorld world;
  fill(world);
  const auto result = world.read_file(path, as, symlinks, 6);
  if (!result) {
    return result.error().message();
  }
  if (!*result) {
    return "none";
  }
  const FileView& view = **result;
  const bool regular = view.type == FileType::regular;
  return view.type == FileType::directory ? "directory"
         : view.type == FileType::symlink ? "-> " + view.target
         : !regular                       ? "other"
         : view.unreadable.empty()        ? "= " + view.content
                                          : view.unreadable;
}

TEST_CASE("recorded_tree: paths are walked and files are read as the kernel would") {
  struct Row {
    std::string path;
    Rights as;
    Symlinks symlinks;
    std::string expected;
  };
  const auto follow = Symlinks::follow;
  const auto refuse = Symlinks::refuse;
  const Row row = GENERATE_COPY(values<Row>({
      {"/etc/open", kAlice, refuse, "= open"},
      {"etc//./open", kAlice, refuse, "= open"},
      {"/../../etc/open", kAlice, refuse, "= open"},
      {"/etc/open/", kAlice, follow, "none"},
      {"/etc/open/..", kAlice, follow, "none"},
      {"/etc", kAlice, refuse, "directory"},
      {"/", kAlice, refuse, "directory"},
      {"", kAlice, refuse, "none"},
      {std::string("/etc/open\0", 10), kAlice, refuse, "none"},
      {"/etc/nothing", kAlice, refuse, "none"},
      {"/etc/group", kAlice, refuse, "Permission denied"},
      {"/etc/group", kBob, refuse, "= group"},
      {"/etc/none", kAlice, refuse, "Permission denied"},
      {"/etc/none", kRoot, refuse, "= none"},
      {"/etc/not-me", kAlice, refuse, "Permission denied"},
      {"/etc/not-me", kBob, refuse, "= others"},
      {"/home/alice/.forward", kAlice, refuse, "= bob"},
      {"/home/alice/.forward", kBob, refuse, "cannot search /home/alice as bob: Permission denied"},
      {"/home/alice/nothing", kBob, refuse, "cannot search /home/alice as bob: Permission denied"},
      {"/home/alice/../alice", kBob, refuse, "cannot search /home/alice as bob: Permission denied"},
      {"/home/alice", kBob, refuse, "directory"},
      {"/home/link", kAlice, refuse, "-> alice"},
      {"/home/link/", kAlice, refuse, "directory"},
      {"/home/link/.forward", kAlice, refuse, "= bob"},
      {"/up", kAlice, follow, "= open"},
      {"/absolute", kAlice, follow, "= bob"},
      {"/absolute", kAlice, refuse, "-> /home/link/.forward"},
      {"/dangling", kAlice, follow, "none"},
      {"/dangling", kAlice, refuse, "-> nothing"},
      {"/loop", kAlice, follow, "/loop: Too many levels of symbolic links (as alice)"},
      {"/fifo", kAlice, follow, "other"},
      {"/etc/not-me", kRoot, follow, "= others"},
  }));
  CAPTURE(row.path, row.as.name);
  CHECK(read(row.path, row.as, row.symlinks) == row.expected);
}

TEST_CASE("MemoryWorld: a file that is too long is an error") {
  MemoryWorld world;
  world.add_file("/f", "1234567");
  const auto result = world.read_file("/f", kRoot, Symlinks::refuse, 6);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().message() == "/f: longer than 6 bytes");
}

TEST_CASE("MemoryWorld: entering and listing directories") {
  MemoryWorld world;
  fill(world);
  const auto may = [&](const std::string& path, const Rights& as) {
    return *world.may_enter(path, as) == Access::allowed;
  };
  CHECK(may("/home/alice", kAlice));
  CHECK(may("/home/link", kAlice));
  CHECK_FALSE(may("/home/alice", kBob));
  CHECK_FALSE(may("/home/alice/inner", kBob));
  CHECK_FALSE(may("/etc/open", kRoot));
  CHECK_FALSE(may("/nothing", kRoot));
  CHECK(**world.list_directory("/home", kBob) == std::vector<std::string>{"alice", "link"});
  CHECK_FALSE(world.list_directory("/nothing", kBob)->has_value());
  CHECK(world.list_directory("/home/alice", kBob).error().kind == Error::Kind::denied);
}

TEST_CASE("MemoryWorld: remembers what it was asked, and fails what it is told to") {
  MemoryWorld world;
  fill(world);
  world.fail_file("/etc/open");
  static_cast<void>(world.read_file("/home/alice/.forward", kAlice, Symlinks::refuse, 6));
  static_cast<void>(world.read_file("/home/alice/.forward", kRoot, Symlinks::refuse, 6));
  CHECK(world.times_read("/home/alice/.forward") == 2);
  CHECK(world.readers_of("/home/alice/.forward") == std::vector<std::string>{"alice", "root"});
  CHECK(world.times_read("/etc/open") == 0);
  CHECK(world.read_file("/etc/open", kAlice, Symlinks::refuse, 6).error().kind ==
        Error::Kind::unavailable);
  world.forget_questions();
  world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
  CHECK((*world.account_by_uid(2001))->name == "alice");
  world.fail_accounts();
  CHECK_FALSE(world.account_by_name("alice").ok());
  REQUIRE(world.questions().size() == 2);
  CHECK(to_string(world.questions()[0]) == "account uid 2001");
  CHECK(to_string(world.questions()[1]) == "account alice");
}

TEST_CASE("MemoryWorld: tables from memory") {
  MemoryWorld world;
  world.add_table("hash:/etc/aliases", {{"root", "alice"}}, {TableOwner::Trust::account, 7});
  const auto table = world.open_table({"hash", "/etc/aliases"}, {});
  REQUIRE(table.ok());
  CHECK((*(*table)->lookup("ROOT"))->value == "alice");
  CHECK_FALSE((*table)->lookup("bob")->has_value());
  CHECK((*table)->owner().uid == 7);
  world.fail_table("hash:/etc/aliases");
  CHECK_FALSE((*table)->lookup("root").ok());
}

}  // namespace
}  // namespace lastmile
