// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("an alias reaches each member once") {
  SmallHost host;
  host.alias("team", "alice, Alice, bob, alice+x, partner@remote.test");
  CHECK(host.lands("team@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com", "mailbox:/var/mail/bob bob@example.com",
              "mailbox:/var/mail/alice alice+x@example.com", "remote: partner@remote.test"});
}

TEST_CASE("an alias that names itself reaches the user of that name") {
  SmallHost host;
  host.alias("alice", "alice, bob");
  CHECK(host.lands("alice@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com",
                                                 "mailbox:/var/mail/bob bob@example.com"});
}

TEST_CASE("aliases that name each other end in a bounce, and the others are reached") {
  SmallHost host;
  host.alias("a", "b").alias("b", "a, bob");
  const Lines lines = host.lands("a@example.com");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("bounce:5.4.6 alias database loop for"));
  CHECK(lines[1] == "mailbox:/var/mail/bob bob@example.com");
}

TEST_CASE("a table that cannot answer defers every recipient and never bounces one") {
  SmallHost host;
  host.fail_aliases();
  for (const char* recipient : {"alice@example.com", "nosuch@example.com"}) {
    const Lines lines = host.lands(recipient);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("defer:4.3.0 alias database unavailable"));
  }
}

TEST_CASE("an alias with an owner is submitted again from the owner") {
  SmallHost host;
  host.alias("list", "alice, \"|archive\"").alias("owner-list", "bob");
  const Trace trace = host.trace("list@example.com");
  const auto acts = trace.acts();
  REQUIRE(acts.size() == 2);
  CHECK(trace.step(acts[0]) == Step::resubmitted);
  const Leaf member = trace.leaf(acts[0]);
  CHECK(to_external(member.sender) == "owner-list@example.com");
  CHECK(*member.delivered_to == "list@example.com");
  const Leaf command = trace.leaf(acts[1]);
  CHECK(to_string(command.destination) == "command:archive");
  CHECK(command.rights->uid == 65534);
  CHECK(to_external(command.sender) == "owner-list@example.com");
  CHECK(to_external(command.report_to) == "owner-list@example.com");
}

TEST_CASE("aliases in a circle are shown once, and reach what they reach") {
  SmallHost host;
  host.alias("root", "admin, bob").alias("admin", "root, alice");
  ResolveRequest request;
  request.recipient.address = {"root", "example.com"};
  const Trace shown = host.trace(request);
  CHECK(shown.size() < 20);
  REQUIRE(nodes_of(shown, Step::loop).size() == 1);
  CHECK(nodes_of(shown, Step::loop).front().starts_with("alias root: open since "));
  request.resubmissions = Resubmissions::stop;
  const Trace whole = host.trace(request);
  CHECK(whole.size() > 100);
  CHECK(leaf_lines(shown) == leaf_lines(whole));
}

TEST_CASE("which name of a recipient an alias is looked up by") {
  struct Row {
    std::string recipient;
    std::string expected;
  };
  const Row rows[] = {
      {"list", "mailbox:/var/mail/alice alice@example.com"},
      {"LIST", "mailbox:/var/mail/alice alice@example.com"},
      {"list+all", "mailbox:/var/mail/bob bob@example.com"},  // A key of its own.
      {"list+x", "mailbox:/var/mail/alice alice+x@example.com"},
      {"owner-list", "mailbox:/var/mail/carol carol@example.com"},
      {"alice", "mailbox:/var/mail/alice alice@example.com"},
  };
  for (const Row& row : rows) {
    INFO(row.recipient);
    SmallHost host;
    host.main_cf("propagate_unmatched_extensions = alias\n");
    host.alias("list", "alice").alias("list+all", "bob").alias("owner-list", "carol");
    host.main_cf("owner_request_special = no\n");
    CHECK(host.lands(row.recipient) == Lines{row.expected});
  }
}

TEST_CASE("an alias without a member is kept for the administrator") {
  SmallHost host;
  host.alias("empty", "").alias("commas", ", ,");
  for (const std::string name : {"empty", "commas"}) {
    CHECK(host.lands(name) ==
          Lines{"defer:4.3.0 alias database unavailable " + name + "@example.com"});
  }
}

}  // namespace
}  // namespace lastmile::test
