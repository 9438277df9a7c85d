// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("blind copies are named once, and are no destinations") {
  SmallHost host;
  host.main_cf(
          "always_bcc = archive\nsender_bcc_maps = inline:{s@remote.test=sent@remote.test}\n"
          "recipient_bcc_maps = inline:{alice@example.com=seen@remote.test, "
          "bob@example.com=never@remote.test}\n")
      .forward("alice", "bob\n");
  ResolveRequest request;
  request.stage = Stage::full;
  request.sender = {"s", "remote.test"};
  request.recipient.address = {"alice", "example.com"};
  const Trace trace = host.trace(request);
  CHECK(leaf_lines(trace) == Lines{"mailbox:/var/mail/bob bob@example.com"});
  CHECK(nodes_of(trace, Step::copy) ==
        Lines{"always_bcc: archive@example.com", "sender_bcc_maps s@remote.test: sent@remote.test",
              "recipient_bcc_maps alice@example.com: seen@remote.test"});
}

TEST_CASE("a trace for people says where blind copies land") {
  SmallHost host;
  host.main_cf(
      "always_bcc = bob\nrecipient_bcc_maps = inline:{alice@example.com=nosuch@example.com}\n");
  ResolveRequest request;
  request.stage = Stage::full;
  request.misses = Misses::of_refusals;
  request.recipient.address = {"alice", "example.com"};
  const Trace trace = host.trace(request);
  CHECK(nodes_of(trace, Step::copy) ==
        Lines{"always_bcc: bob@example.com",
              "recipient_bcc_maps alice@example.com: nosuch@example.com"});
  CHECK(nodes_of(trace, Step::note) ==
        Lines{"the copy for bob@example.com: mailbox:/var/mail/bob",
              "the copy for nosuch@example.com: bounce:5.1.1 unknown user: \"nosuch\""});
}

TEST_CASE("no_address_mappings is for what comes from outside") {
  SmallHost host;
  host.main_cf(
          "receive_override_options = no_address_mappings\n"
          "virtual_alias_maps = inline:{alice@example.com=carol@example.com, "
          "bob@example.com=x@remote.test}\n")
      .forward("alice", "bob\n");
  CHECK(host.lands("alice@example.com", Stage::full) == Lines{"remote: x@remote.test"});
}

TEST_CASE("virtual aliases in a circle are shown once") {
  SmallHost host;
  host.main_cf(
      "virtual_alias_maps = inline:{ {x@v.example=y@v.example}, {y@v.example=x@v.example} }\n"
      "virtual_alias_domains = v.example\n");
  const Trace trace = host.trace("x@v.example", Stage::full);
  CHECK(nodes_of(trace, Step::virtual_alias).size() == 2);
  CHECK(nodes_of(trace, Step::loop).size() == 1);
  CHECK(leaf_lines(trace) == Lines{"defer:4.6.0 Alias expansion error x@v.example"});
}

TEST_CASE("a sender without a canonical form defers what is delivered") {
  SmallHost host;
  ResolveRequest request;
  request.stage = Stage::full;
  request.recipient.address = {"alice", "example.com"};
  request.sender_failure = unavailable("sender_canonical_maps is down");
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"defer:4.3.0 virtual alias lookup failure alice@example.com"});
}

TEST_CASE("virtual aliases are replaced until each address stands for itself") {
  struct Row {
    std::string maps;
    Lines expected;
  };
  const Row rows[] = {
      {"alice@example.com=bob@example.com", {"mailbox:/var/mail/bob bob@example.com"}},
      {"alice@example.com=carol", {"mailbox:/var/mail/carol carol@example.com"}},
      {"{alice@example.com=bob@example.com, x@remote.test}, bob@example.com=carol@example.com",
       {"mailbox:/var/mail/carol carol@example.com", "remote: x@remote.test"}},
      {"{alice@example.com=alice@example.com, bob@example.com}",
       {"mailbox:/var/mail/alice alice@example.com", "mailbox:/var/mail/bob bob@example.com"}},
      {"{alice@example.com=bob@example.com, BOB@Example.com}",
       {"mailbox:/var/mail/bob bob@example.com"}},
      {"@example.com=carol@example.com", {"mailbox:/var/mail/carol carol@example.com"}},
  };
  for (const Row& row : rows) {
    INFO(row.maps);
    SmallHost host;
    host.main_cf("virtual_alias_maps = inline:{" + row.maps + "}\n");
    CHECK(host.lands("alice@example.com", Stage::full) == row.expected);
  }
}

}  // namespace
}  // namespace lastmile::test
