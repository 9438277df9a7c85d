// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/trace.h"

#include <string>
#include <vector>

#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

using Ids = std::vector<NodeId>;

Ids ids(std::initializer_list<std::uint32_t> numbers) {
  Ids result;
  for (const std::uint32_t number : numbers) {
    result.push_back(NodeId{number});
  }
  return result;
}

Ids children_of(const Trace& trace, NodeId id) {
  const auto children = trace.children(id);
  return {children.begin(), children.end()};
}

/// 0 [1 [2 [3], 4], 5, 6 [7]]: an address with a submission that leads to 3, and two more leaves.
Trace small_tree() {
  TraceBuilder build("list@example.com");
  const NodeId first = build.add(build.root(), Step::include, ":include:/list");
  Leaf again;
  again.destination = Remote{};
  again.recipient.address = {"a", "example.com"};
  const NodeId submitted = build.add_leaf(first, again, Step::resubmitted);
  build.add_leaf(submitted, Mailbox{"/var/mail/a"}, "a@example.com", "example.com is ours");
  build.add_leaf(first, Mailbox{"/var/mail/b"}, "b@example.com");
  build.add(build.root(), Step::note, "told");
  const NodeId last = build.add(build.root(), Step::forward, ".forward");
  build.add_leaf(last, Discard{}, "c@example.com");
  return std::move(build).take();
}

TEST_CASE("a trace is walked depth first, from child to child, and below one node") {
  const Trace trace = small_tree();
  CHECK(children_of(trace, trace.root()) == ids({1, 5, 6}));
  CHECK(children_of(trace, NodeId{1}) == ids({2, 4}));
  CHECK(trace.children(NodeId{5}).empty());
  CHECK(trace.children(NodeId{7}).size() == 0);
  CHECK(trace.end_of(NodeId{1}) == NodeId{5});
  CHECK(trace.end_of(NodeId{3}) == NodeId{4});
  CHECK(trace.end_of(NodeId{7}) == NodeId{8});
  CHECK(trace.end_of(trace.root()) == NodeId{8});
  CHECK(trace.leaves() == ids({3, 4, 7}));
  CHECK(trace.acts() == ids({2, 4, 7}));
  CHECK(trace.acts(NodeId{6}) == ids({7}));
  CHECK(trace.node(NodeId{3}).detail == "example.com is ours");
  CHECK(trace.parent(NodeId{4}) == NodeId{1});
  CHECK_FALSE(trace.parent(trace.root()));
}

/// A leaf in which everything is set.
Leaf whole_leaf(Destination destination, const Address& recipient) {
  Leaf leaf;
  leaf.destination = std::move(destination);
  leaf.recipient = {recipient, "list@example.com", {true, false, true, true}, "rfc822;x", false};
  leaf.sender = Address{"owner-list", "example.com"};
  leaf.report_to = Address{"s", "remote.test"};
  leaf.rights = Rights{7, 8, {9}, "alice"};
  leaf.agent = "local2";
  leaf.delivered_to = "list@example.com";
  leaf.reason = "why";
  leaf.rights_reason = "root";
  return leaf;
}

TEST_CASE("what is kept of a leaf comes back whole, whatever the leaves before it had") {
  const auto account = std::make_shared<const Account>();
  const Destination destinations[] = {
      Mailbox{"/m", true, StoredBy::virtual_mailbox, "/var"},
      Maildir{"/m/", StoredBy::virtual_mailbox},
      File{"/f"},
      Command{"line", "/home", account},
      Lmtp{lmtp::InetEndpoint{"::1", "24", {{"b", "25"}}}, "lmtp2", Dialect::smtp},
      Pipe{"job", "there", "/bin/job", 3},
      Transport{"uucp", "there"},
      Remote{"smtp", "[10.0.0.1]"},
      Remote{"smtp", "example.com"},
      Bounce{"5.1.1"_dsn, "no"},
      Defer{"4.3.0"_dsn, "later", "because", true},
      Discard{"2.0.0"_dsn, "gone"},
  };
  const Address addresses[] = {{"alice", "example.com"}, {"alice", ""}, {"a@b", ""},
                               {"", "example.com"},      {"", ""},      {"a b\"@c", "d"}};
  Trace trace({.step = Step::address, .subject = "x"});
  std::vector<Leaf> given;
  for (const Address& address : addresses) {
    for (const Destination& destination : destinations) {
      given.push_back(whole_leaf(destination, address));
      trace.add(trace.root(), {.step = Step::leaf}, given.back());
    }
  }
  const auto leaves = trace.leaves();
  REQUIRE(leaves.size() == given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    CHECK(trace.leaf(leaves[i]) == given[i]);
    CHECK(trace.node(leaves[i]).subject == to_string(given[i].destination));
  }
}

TEST_CASE("a leaf that is replaced keeps its place in the tree") {
  TraceBuilder build("x@y");
  const NodeId first = build.add_leaf(build.root(), Discard{}, "a@b");
  build.add(first, Step::surroundings, "directory");
  build.add_leaf(build.root(), Discard{}, "c@d");
  Trace trace = std::move(build).take();
  Leaf leaf = trace.leaf(first);
  leaf.destination = Defer{"4.3.5"_dsn, "no"};
  trace.replace_leaf(first, leaf, "why", SourcePos{"/etc/a", 2});
  CHECK(trace.leaf(first) == leaf);
  CHECK(trace.node(first).subject == "defer:4.3.5 no");
  CHECK(trace.node(first).detail == "why");
  CHECK(trace.node(first).source == SourcePos{"/etc/a", 2});
  CHECK(children_of(trace, trace.root()) == ids({1, 3}));
  CHECK(children_of(trace, first) == ids({2}));
}

TEST_CASE("a node keeps its line, its file and whether it begins a line") {
  Trace trace({.step = Step::address, .subject = "x", .source = SourcePos{"/etc/a", 3}});
  const NodeId plain = trace.add(trace.root(), {.step = Step::note, .detail = "d"});
  const NodeId whole = trace.add(plain, {.step = Step::note, .source = SourcePos{"", 0}});
  const NodeId marked = trace.add(
      plain, {.step = Step::alias, .begins_line = true, .source = SourcePos{"/etc/b", 7}});
  trace.begin_line(plain);
  CHECK(trace.node(trace.root()).source == SourcePos{"/etc/a", 3});
  CHECK_FALSE(trace.node(plain).source);
  CHECK(trace.begins_line(plain));
  CHECK(trace.node(whole).source == SourcePos{"", 0});
  CHECK_FALSE(trace.begins_line(whole));
  CHECK(trace.node(marked).begins_line);
  CHECK(trace.node(marked).source == SourcePos{"/etc/b", 7});
  CHECK(trace.step(marked) == Step::alias);
}

TEST_CASE("a member of a long list takes few octets") {
  Trace trace({.step = Step::address, .subject = "list@example.com"});
  constexpr std::uint32_t kMembers = 10000;
  std::size_t octets = 0;
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    Leaf leaf;
    leaf.destination = Remote{};
    leaf.recipient.original = "list@example.com";
    leaf.recipient.address = {"member" + std::to_string(i), "host" + std::to_string(i) + ".test"};
    octets += to_internal(leaf.recipient.address).size();
    const SourcePos line = {"/etc/list", static_cast<int>(i + 1)};
    const NodeId id = trace.add(trace.root(), {.step = Step::resubmitted, .source = line}, leaf);
    trace.add(id, {.step = Step::address_class,
                   .subject = "default",
                   .detail = leaf.recipient.address.domain + " is no domain of this host"});
    leaf.destination = Remote{"smtp", leaf.recipient.address.domain};
    trace.add(id, {.step = Step::leaf}, leaf);
  }
  // Three nodes, two leaves, and the text of one address.
  CHECK(trace.octets() < octets + kMembers * (3 * 24 + 2 * 16 + 10));
}

}  // namespace
}  // namespace lastmile::test
