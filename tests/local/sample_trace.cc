// SPDX-License-Identifier: Apache-2.0
#include "tests/local/sample_trace.h"

#include <utility>

namespace lastmile::test {

namespace {

TraceNode node_of(Step step, std::string subject, std::string detail,
                  std::optional<SourcePos> source) {
  TraceNode node;
  node.step = step;
  node.subject = std::move(subject);
  node.detail = std::move(detail);
  node.source = std::move(source);
  return node;
}

}  // namespace

TraceBuilder::TraceBuilder(std::string address)
    : trace_(node_of(Step::address, std::move(address), "", {})) {}

NodeId TraceBuilder::add(NodeId parent, Step step, std::string subject, std::string detail,
                         std::optional<SourcePos> source) {
  return trace_.add(parent,
                    node_of(step, std::move(subject), std::move(detail), std::move(source)));
}

NodeId TraceBuilder::add_leaf(NodeId parent, Destination destination, const std::string& recipient,
                              std::string detail, std::optional<SourcePos> source,
                              const std::string& user) {
  Leaf leaf;
  leaf.destination = std::move(destination);
  leaf.recipient.address = split_address(recipient);
  leaf.sender = split_address("sender@example.net");
  leaf.rights = Rights{0, 0, {}, user};
  return trace_.add(parent, node_of(Step::leaf, "", std::move(detail), std::move(source)),
                    std::move(leaf));
}

NodeId TraceBuilder::add_leaf(NodeId parent, Leaf leaf, Step step) {
  return trace_.add(parent, node_of(step, "", "", {}), std::move(leaf));
}

Trace sample_trace() {
  TraceBuilder build("root@example.com");
  build.add(build.root(), Step::address_class, "local", "example.com is in mydestination",
            SourcePos{"/etc/postfix/main.cf", 14});
  const NodeId alias = build.add(build.root(), Step::alias, "alias root",
                                 "alice, ops@partner.example", SourcePos{"/etc/aliases", 3});
  const NodeId alice = build.add(alias, Step::address, "alice@example.com");
  build.add(alice, Step::account, "account alice", "uid 2001, /home/alice", SourcePos{"passwd", 0});
  const NodeId forward =
      build.add(alice, Step::forward, ".forward", R"(\alice, "|/usr/bin/vacation alice")",
                SourcePos{"/home/alice/.forward", 1});
  build.add_leaf(forward, Lmtp{lmtp::UnixEndpoint{"/var/imap/socket/lmtp"}, "lmtp"},
                 "alice@example.com", "mailbox_transport", SourcePos{"/etc/postfix/main.cf", 21});
  build.add_leaf(forward, Command{"/usr/bin/vacation alice", "", {}}, "alice@example.com", "", {},
                 "alice");
  build.add_leaf(alias, Remote{}, "ops@partner.example");
  return std::move(build).take();
}

}  // namespace lastmile::test
