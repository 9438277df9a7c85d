// SPDX-License-Identifier: Apache-2.0
#include "aliases/include_file.h"

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

TEST_CASE("an include file needs an absolute path") {
  CHECK_FALSE(judge_include_path("/etc/list"));
  CHECK(judge_include_path("list") == ":include:list uses a relative path");
  CHECK(judge_include_path("~/list") == ":include:~/list uses a relative path");
  CHECK(judge_include_path("") == ":include: uses a relative path");
}

TEST_CASE("an include file is judged by type and mode") {
  const auto judged = [](FileType type, mode_t mode) {
    return judge_include("/l", FileView{"", type, 2003, 2003, mode, "", ""}).value_or("read");
  };
  CHECK(judged(FileType::regular, 0644) == "read");
  CHECK(judged(FileType::regular, 0664) == "read");
  CHECK(judged(FileType::regular, 0000) == "read");
  CHECK(judged(FileType::regular, 0646) == ":include: file /l is world writable");
  CHECK(judged(FileType::directory, 0777) == ":include: file /l is not a regular file");
  CHECK(judged(FileType::other, 0666) == ":include: file /l is not a regular file");
}

TEST_CASE("whose link decides which file is meant") {
  constexpr uid_t kMallory = 2009;
  test::MemoryWorld world;
  world.add_file("/root/secret", "x\n", {0, 0, 0600});
  world.add_file("/etc/list", "alice\n");
  world.add_symlink("/home/mallory/list", "../../root/secret", kMallory);
  world.add_symlink("/home/mallory/dir", "/root", kMallory);
  world.add_symlink("/etc/lists", "../home/mallory", 0);
  world.add_symlink("/etc/loop", "loop", 0);
  world.add_symlink("/etc/same", "./list", 0);
  struct Row {
    std::string path;
    std::string link;
  };
  const Row rows[] = {
      {"/etc/list", ""},
      {"/etc/same", ""},
      {"/home/mallory/list", "/home/mallory/list"},
      {"//home/./mallory//list", "/home/mallory/list"},
      {"/home/mallory/dir/secret", "/home/mallory/dir"},
      {"/etc/lists/list", "/home/mallory/list"},
      {"/etc/../home/mallory/list", "/home/mallory/list"},
      {"/../home/mallory/list", "/home/mallory/list"},
      {"/etc/loop", ""},
      {"/nowhere/list", ""},
  };
  for (const Row& row : rows) {
    INFO(row.path);
    const auto link = find_link_of_user(world, row.path);
    CHECK((link ? link->path : "") == row.link);
    CHECK((!link || link->owner == kMallory));
  }
}

}  // namespace
}  // namespace lastmile
