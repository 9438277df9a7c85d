// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a recipient that begins with a backslash skips aliases and .forward") {
  SmallHost host;
  host.alias("alice", "bob").forward("alice", "carol\n");
  CHECK(host.lands("\"\\\\alice\"@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("a Delivered-To header stops a loop, member by member") {
  SmallHost host;
  host.alias("team", "alice, bob");
  const std::vector<std::string> headers = {"bob@example.com"};
  ResolveRequest request;
  request.recipient.address = {"team", "example.com"};
  request.delivered_to = headers;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"mailbox:/var/mail/alice alice@example.com",
              "bounce:5.4.6 mail forwarding loop for bob@example.com bob@example.com"});
}

TEST_CASE("a loop is named by the internal form of the address") {
  SmallHost host;
  const std::vector<std::string> headers = {"\"b c\"@example.com"};
  ResolveRequest request;
  request.recipient.address = {"b c", "example.com"};
  request.delivered_to = headers;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.4.6 mail forwarding loop for b c@example.com \"b c\"@example.com"});
}

TEST_CASE("a home that may not be reached defers with the reason alone") {
  SmallHost host;
  host.main_cf("require_home_directory = yes\n");
  host.world().add_account({"erin", 2010, 2010, "/closed/erin", "/bin/sh"});
  host.world().add_directory("/closed", {0, 0, 0700});
  host.world().add_directory("/closed/erin", {2010, 2010, 0700});
  CHECK(host.lands("erin@example.com") ==
        Lines{"defer:4.3.0 cannot access home directory /closed/erin: Permission denied "
              "erin@example.com"});
}

TEST_CASE("what a local recipient is before anything is looked up") {
  struct Row {
    std::string recipient;
    std::string expected;
  };
  const Row rows[] = {
      {"alice", "mailbox:/var/mail/alice alice@example.com"},
      {"ALICE+X", "mailbox:/var/mail/alice ALICE+X@example.com"},
      {"alice+../bob", "mailbox:/var/mail/alice \"alice+../bob\"@example.com"},
      {"\"\"@example.com", "bounce:5.1.3 null username in \"@example.com\" \"\"@example.com"},
  };
  for (const Row& row : rows) {
    INFO(row.recipient);
    SmallHost host;
    CHECK(host.lands(row.recipient) == Lines{row.expected});
  }
}

}  // namespace
}  // namespace lastmile::test
