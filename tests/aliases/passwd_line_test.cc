// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/passwd_line.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("passwd_line: a line and back") {
  const std::string line = "alice:x:2001:2002:Alice,,,:/home/alice:/bin/sh";
  const auto account = parse_passwd_line(line);
  REQUIRE(account.ok());
  CHECK(*account == Account{"alice", 2001, 2002, "/home/alice", "/bin/sh", "Alice,,,"});
  CHECK(to_passwd_line(*account) == line);
  CHECK(to_passwd_line(*parse_passwd_line("bob:secret:1:2:::")) == "bob:x:1:2:::");
}

TEST_CASE("passwd_line: what is not one") {
  struct Row {
    std::string line;
    std::string error;
  };
  const Row row = GENERATE(values<Row>({
      {"", "1 of seven fields"},
      {"alice:x:1:1::/home/alice", "6 of seven fields"},
      {"alice:x:1:1::/home:/bin/sh:more", "more than seven fields"},
      {":x:1:1::/:/", "no name"},
      {"a:x::1::/:/", "bad uid"},
      {"a:x:-1:1::/:/", "bad uid"},
      {"a:x:4294967295:1::/:/", "bad uid"},
      {"a:x:4294967296:1::/:/", "bad uid"},
      {"a:x:1:1x::/:/", "bad gid"},
  }));
  CAPTURE(row.line);
  const auto account = parse_passwd_line(row.line);
  REQUIRE_FALSE(account.ok());
  CHECK(account.error().text == row.error);
}

}  // namespace
}  // namespace lastmile
