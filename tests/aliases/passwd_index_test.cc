// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/passwd_index.h"

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::TemporaryDirectory;

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "\n"
    "# nobody else\n"
    "alice:x:2001:2001:Alice,,,:/home/alice:/bin/sh\n"
    "alice:x:2002:2002:second:/home/second:\n"
    "bob:x:2003:2003::/home/bob:";

TEST_CASE("accounts of a passwd file are found by name, the first of each") {
  const TemporaryDirectory directory;
  auto index = PasswdIndex::open(directory.write("passwd", kPasswd),
                                 directory.write("nsswitch", "# x\npasswd:\tfiles\n"));
  REQUIRE(index);
  CHECK(index->is_only_source());
  const auto alice = index->by_name("alice");
  REQUIRE(alice);
  CHECK(alice->uid == 2001);
  CHECK(alice->home == "/home/alice");
  CHECK(index->by_name("bob")->uid == 2003);
  for (const char* name : {"", "Alice", "alice:x", "# nobody else", "nosuch"}) {
    CAPTURE(name);
    CHECK_FALSE(index->by_name(name));
  }
}

TEST_CASE("what the C library may answer otherwise is left to it") {
  struct Row {
    const char* nsswitch;
    std::string passwd;
    const char* answer;  ///< "only source", "one of several", "left alone"
  };
  const std::string passwd = kPasswd;
  const Row rows[] = {
      {"passwd: files\n", passwd, "only source"},
      {"passwd : files # and no other\ngroup: ldap\n", passwd, "only source"},
      // Of those that are not in the file, nss-systemd always knows nobody.
      {"passwd: files systemd\n", passwd, "one of several"},
      {"passwd: files sss\n", passwd + "\nnobody:x:65534:65534::/:\n", "one of several"},
      {"passwd: compat\n", passwd, "left alone"},
      {"passwd: sss files\n", passwd, "left alone"},
      {"passwd: files [NOTFOUND=return] ldap\n", passwd, "left alone"},
      {"group: files\n", passwd, "left alone"},
      {"passwd:\n", passwd, "left alone"},
      {"passwd: files\n", passwd + "\n+::::::\n", "left alone"},
      {"passwd: files\n", passwd + "\n carol:x:1:1::/:\n", "left alone"},
      {"passwd: files\n", passwd + "\ncarol:x:one:1::/:\n", "left alone"},
      {"passwd: files\n", passwd + "\ncarol\n", "left alone"},
      {"passwd: files\n", passwd + std::string(1, '\0'), "left alone"},
  };
  const TemporaryDirectory directory;
  for (const Row& row : rows) {
    CAPTURE(row.nsswitch, row.passwd);
    const auto index = PasswdIndex::open(directory.write("passwd", row.passwd),
                                         directory.write("nsswitch", row.nsswitch));
    const std::string answer = !index                    ? "left alone"
                               : index->is_only_source() ? "only source"
                                                         : "one of several";
    CHECK(answer == row.answer);
  }
  CHECK_FALSE(PasswdIndex::open(directory.path("nosuch"), directory.path("nsswitch")));
  CHECK_FALSE(PasswdIndex::open(directory.path("passwd"), directory.path("nosuch")));
}

}  // namespace
}  // namespace lastmile
