// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/resolve.h"

#include <algorithm>
#include <initializer_list>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a local user has a mailbox, with or without an extension, in any case") {
  SmallHost host;
  CHECK(host.lands("alice@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
  CHECK(host.lands("Alice+Lists@example.com") ==
        Lines{"mailbox:/var/mail/alice Alice+Lists@example.com"});
  CHECK(host.lands("bob") == Lines{"mailbox:/var/mail/bob bob@example.com"});
}

TEST_CASE("an account database that cannot answer defers") {
  SmallHost host;
  host.world().fail_accounts();
  const Lines lines = host.lands("alice@example.com");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("defer:4.0.0 user lookup error"));
}

TEST_CASE("nothing is read that the recipient does not need") {
  SmallHost host;
  host.alias("team", "bob");
  host.forward("alice", "carol\n");
  host.lands("team@example.com");
  CHECK(host.world().times_read("/home/alice/.forward") == 0);
}

TEST_CASE("an expansion that grows without end is deferred as a whole") {
  SmallHost host;
  host.main_cf("duplicate_filter_limit = 1\nlastmile_expansion_limit = 1000000\n");
  host.alias("twice", ":include:/etc/twice");
  host.include("/etc/twice", ":include:/etc/twice, :include:/etc/twice\n");
  CHECK(host.lands("twice@example.com") ==
        Lines{"defer:4.3.0 expansion takes more than 1000000 octets (lastmile_expansion_limit) "
              "twice@example.com"});
}

TEST_CASE("users who name each other with many extensions are deferred within the limit") {
  SmallHost host;
  host.main_cf("recipient_delimiter = +\nlastmile_expansion_limit = 1000000\n");
  host.forward("alice", "bob+a\nbob+b\nbob+c\nbob+d\nbob+e\nbob+f\n");
  host.forward("bob", "alice+a\nalice+b\nalice+c\nalice+d\nalice+e\nalice+f\n");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  const Trace trace = host.trace(request);
  REQUIRE(trace.leaves().size() == 1);
  const TraceNode& leaf = trace.node(trace.leaves().front());
  CHECK(leaf.subject ==
        "defer:4.3.0 expansion takes more than 1000000 octets (lastmile_expansion_limit)");
  // Where it was given up, and how far it came.
  REQUIRE(leaf.source);
  CHECK(leaf.source->file->ends_with("/.forward"));
  CHECK(leaf.detail.starts_with("given up after "));
}

TEST_CASE("a file that is longer than what is left is not read") {
  SmallHost host;
  host.main_cf("lastmile_expansion_limit = 100000\n");
  host.forward("alice", std::string(200000, '\n'));
  CHECK(host.lands("alice@example.com") ==
        Lines{"defer:4.3.0 expansion takes more than 100000 octets (lastmile_expansion_limit) "
              "alice@example.com"});
}

TEST_CASE("a notification that nobody could take is discarded by the queue manager alone") {
  SmallHost host;
  host.main_cf("double_bounce_sender = No-Reply\n").alias("no-reply", "alice");
  CHECK(host.lands("no-reply@example.com", Stage::full) == Lines{"discard: no-reply@example.com"});
  CHECK(host.lands("no-reply@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("a trace names the key that decided") {
  SmallHost host;
  host.main_cf(
      "virtual_alias_maps = inline:{info@example.com=x@sub.remote.test}\n"
      "transport_maps = inline:{.remote.test=discard:}\n"
      "virtual_alias_domains = example.com\n");
  const Trace trace = host.trace("info+y@example.com", Stage::full);
  CHECK(nodes_of(trace, Step::recipient_check) ==
        Lines{"RCPT: 250 2.1.5 Ok", "virtual_alias_maps info@example.com"});
  CHECK(nodes_of(trace, Step::transport) == Lines{"transport_maps .remote.test: discard:"});
  CHECK(nodes_of(host.trace("alice@example.com", Stage::full), Step::note) ==
        Lines{"do not list domain example.com in BOTH mydestination and virtual_alias_domains"});
}

TEST_CASE("strict_rfc821_envelopes refuses what is more than an address") {
  SmallHost host;
  host.main_cf("strict_rfc821_envelopes = yes\n");
  ResolveRequest request;
  request.stage = Stage::smtp;
  request.recipient.address = {"alice", "example.com"};
  CHECK(leaf_lines(host.trace(request)) == Lines{"mailbox:/var/mail/alice alice@example.com"});
  request.recipient.is_bare = false;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.1.3 Bad recipient address syntax alice@example.com"});
  request.recipient.is_bare = true;
  request.recipient.address = {"", "example.com"};
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.1.3 Bad recipient address syntax \"\"@example.com"});
}

TEST_CASE("a trace calls a soft bounce a deferral, and a delivery gets the bounce") {
  SmallHost host;
  host.main_cf("soft_bounce = yes\n");
  ResolveRequest request;
  request.recipient.address = {"nosuch", "example.com"};
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"defer:4.1.1 unknown user: \"nosuch\" nosuch@example.com"});
  request.resubmissions = Resubmissions::stop;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.1.1 unknown user: \"nosuch\" nosuch@example.com"});
}

TEST_CASE("hopcount_limit ends a message where cleanup would") {
  SmallHost host;
  host.main_cf("hopcount_limit = 5\n");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  request.received_headers = 4;
  const Lines delivered = {"mailbox:/var/mail/alice alice@example.com"};
  CHECK(leaf_lines(host.trace(request)) == delivered);  // Accepted by an MTA before.
  request.stage = Stage::full;
  CHECK(leaf_lines(host.trace(request)) == Lines{"bounce:5.4.0 too many hops alice@example.com"});
  request.received_headers = 3;
  CHECK(leaf_lines(host.trace(request)) == delivered);
}

TEST_CASE("a refused extension of a known user is explained") {
  SmallHost host;
  host.main_cf("recipient_delimiter =\nlocal_recipient_maps = inline:{ {bob=x} }\n");
  const Lines notes = nodes_of(host.trace("bob+shop@example.com", Stage::full), Step::note);
  REQUIRE(notes.size() == 1);
  CHECK(notes.front() == "bob@example.com would be accepted: recipient_delimiter has no '+'");
}

TEST_CASE("equal inputs make equal traces") {
  SmallHost host;
  host.alias("team", "alice, bob, x@remote.test").forward("alice", "carol, \\alice\n");
  const Lines first = host.lands("team@example.com");
  CHECK(first == host.lands("team@example.com"));
}

/// "STEP subject: detail source" of the nodes of some steps.
Lines nodes_of(const Trace& trace, std::initializer_list<Step> steps) {
  Lines lines;
  for (std::uint32_t i = 0; i < trace.size(); ++i) {
    const TraceNode& node = trace.node(NodeId{i});
    if (std::find(steps.begin(), steps.end(), node.step) != steps.end()) {
      lines.push_back(node.subject + ": " + node.detail +
                      (node.source ? " " + to_string(*node.source) : ""));
    }
  }
  return lines;
}

TEST_CASE("a step says which parameter made another domain of an address") {
  struct Row {
    std::string main_cf;
    std::string recipient;
    Lines rewritten;
  };
  const Row rows[] = {
      {"", R"("info@shop.example"@example.com)", {"resolve_dequoted_address: info@shop.example"}},
      {"resolve_dequoted_address = yes",
       R"("info@shop.example"@example.com)",
       {"resolve_dequoted_address: info@shop.example /etc/postfix/main.cf:8"}},
      {"resolve_dequoted_address = no", R"("info@shop.example"@example.com)", {}},
      {"", "info%shop.example@example.com", {"allow_percent_hack: info@shop.example"}},
      {"", "shop.example!info@example.com", {"swap_bangpath: info@shop.example"}},
      {"", "alice@example.com", {}},
  };
  for (const Row& row : rows) {
    INFO(row.recipient << " " << row.main_cf);
    SmallHost host;
    host.main_cf(row.main_cf);
    CHECK(nodes_of(host.trace(row.recipient, Stage::full), {Step::rewrite}) == row.rewritten);
  }
  SmallHost host;
  host.alias("list", R"("info@shop.example"@example.com)");
  CHECK(nodes_of(host.trace("list@example.com"), {Step::rewrite}) ==
        Lines{"resolve_dequoted_address: info@shop.example"});
}

TEST_CASE("a refusal names the key that was found, as an acceptance does") {
  SmallHost host;
  host.main_cf("relocated_maps = inline:{alice@example.com=new}\n");
  const Lines lines =
      nodes_of(host.trace("alice@example.com", Stage::full), {Step::recipient_check});
  REQUIRE(lines.size() == 2);
  CHECK(lines[1] == "relocated_maps alice@example.com: ");
}

TEST_CASE("the rights of default_privs have a reason") {
  SmallHost host;
  host.alias("list", "\"|archive\", /srv/box").forward("root", "/root/x\n");
  host.world().add_account({"daemon", 1, 1, "/", "/bin/sh"});
  const Trace of_list = host.trace("list@example.com");
  for (const NodeId id : of_list.leaves()) {
    CHECK(*of_list.leaf(id).rights_reason == "hash:/etc/aliases belongs to root");
  }
  const Trace of_root = host.trace("root@example.com");
  CHECK(*of_root.leaf(of_root.leaves().front()).rights_reason == "root has uid 0");
  host.forward("alice", "/srv/x\n");
  const Trace of_alice = host.trace("alice@example.com");
  CHECK(of_alice.leaf(of_alice.leaves().front()).rights_reason->empty());
}

TEST_CASE("the surroundings of a command are shown where they are wanted") {
  SmallHost host;
  host.main_cf("command_execution_directory = $home\n").forward("alice", "|archive\n");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  CHECK(nodes_of(host.trace(request), {Step::surroundings}) == Lines{});
  request.shows_surroundings = true;
  CHECK(nodes_of(host.trace(request), {Step::surroundings}) ==
        Lines{"directory: /home/alice /etc/postfix/main.cf:8", "MAIL_CONFIG: /etc/postfix",
              "PATH: /usr/bin:/bin"});
  CHECK(leaf_lines(host.trace(request)) == Lines{"command:archive alice@example.com as alice"});
}

}  // namespace
}  // namespace lastmile::test
