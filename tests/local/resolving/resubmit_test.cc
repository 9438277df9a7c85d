// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("what is submitted again is followed to where it lands") {
  SmallHost host;
  host.alias("list", "alice").alias("owner-list", "bob");
  CHECK(host.lands("list@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("two users who forward to each other end in a loop that is named") {
  SmallHost host;
  host.forward("alice", "bob\n").forward("bob", "alice\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"bounce:5.4.6 mail forwarding loop for alice@example.com alice@example.com"});
}

TEST_CASE("what is submitted again is one act, whatever it leads to") {
  SmallHost host;
  host.main_cf("virtual_alias_maps = inline:{bob@example.com=carol@example.com, x@remote.test}\n");
  host.alias("list", ":include:/etc/list").include("/etc/list", "bob\nbob\nalice\n");
  const Trace trace = host.trace("list@example.com");
  CHECK(nodes_of(trace, Step::resubmitted) == Lines{"bob@example.com", "alice@example.com"});
  CHECK(nodes_of(trace, Step::duplicate) == Lines{"bob@example.com: reached before"});
  CHECK(trace.acts().size() == 2);
  ResolveRequest request;
  request.recipient.address = {"list", "example.com"};
  request.resubmissions = Resubmissions::stop;
  CHECK(leaf_lines(host.trace(request)).empty());
}

}  // namespace
}  // namespace lastmile::test
