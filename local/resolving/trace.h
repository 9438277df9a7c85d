#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/shared.h"
#include "transports/destination.h"
#include "transports/envelope.h"

namespace lastmile {

/// What happened at a node. The names are stable: they are the "step" of the JSON output.
enum class Step {
  address,          ///< A recipient: the one that was given, or a member of an expansion.
  recipient_check,  ///< What smtpd would answer at RCPT.
  rewrite,          ///< Qualified or rewritten to canonical form.
  copy,  ///< The message has one more recipient (always_bcc); it is no destination of this address.
  virtual_alias,
  address_class,
  transport,  ///< transport_maps, local_transport, relayhost.
  alias,
  owner_alias,
  include,
  account,
  forward,
  mailbox_rule,
  fallback_rule,
  surroundings,  ///< Below the leaf of a command: its directory, its environment.
  resubmitted,   ///< Postfix queues it again as a new message; below: where that one lands.
  duplicate,     ///< Pruned: this destination was reached before.
  loop,
  miss,  ///< Tables were asked, and have no such key.
  note,  ///< A warning that does not change the result.
  leaf,
};

/// "recipient_check", "leaf", ...
std::string_view name_of(Step step);

enum class NodeId : std::uint32_t {};

/// Everything that a delivery needs to know at a leaf.
struct Leaf {
  Destination destination = {};
  Recipient recipient = {};
  Shared<Address> sender = {};  ///< After owner- aliases.
  Shared<Address> report_to =
      {};  ///< Who is told when this fails: the sender, or the owner- alias.
  Shared<Rights> rights = {};
  /// Why they are those of default_privs; empty where they are not.
  Shared<std::string> rights_reason = {};
  std::string agent = "local";            ///< Who reports the status, as the log names it.
  Shared<std::string> delivered_to = {};  ///< For the Delivered-To: header; empty: none is added.
  /// Of a failure: what the administrator is told beside its status.
  Shared<std::string> reason = {};
};

struct TraceNode {
  Step step = Step::note;
  bool begins_line = false;  ///< The first node of a line of the include or .forward file above it.
  std::string subject = {};  ///< "alias root", "account alice".
  std::string detail = {};   ///< "alice, ops@partner.example".
  std::optional<SourcePos> source = {};  ///< The line that caused this step.
  /// Set exactly when step is Step::leaf or Step::resubmitted. Shared between copies of the node,
  /// never changed.
  std::shared_ptr<const Leaf> leaf = {};
};

/// The record of one resolution: a tree whose leaves are destinations, in delivery order.
/// It owns all its text; it refers to nothing outside itself; equal inputs make equal traces.
class Trace {
 public:
  explicit Trace(TraceNode root);

  NodeId root() const { return NodeId{0}; }
  NodeId add(NodeId parent, TraceNode node);

  /// A leaf for a node that will be added. What it says like the leaves before it takes no memory
  /// again: a list has very many members.
  std::shared_ptr<const Leaf> keep(Leaf leaf);

  std::size_t size() const { return entries_.size(); }  ///< Nodes.
  /// What the nodes and their leaves take in memory, about.
  std::size_t octets() const { return octets_; }
  const TraceNode& node(NodeId id) const;
  std::optional<NodeId> parent(NodeId id) const;
  std::span<const NodeId> children(NodeId id) const;

  /// Where the recipient lands in the end: every Step::leaf, depth first.
  std::vector<NodeId> leaves() const;

  /// What one delivery performs: depth first, in delivery order. What is submitted again is one act
  /// (the resubmitted node itself); the leaves below it belong to the delivery of that new message.
  std::vector<NodeId> acts() const { return acts(root()); }
  /// Those of one of requests().
  std::vector<NodeId> acts(NodeId request) const;

  /// Whether a delivery would do anything at all.
  bool has_acts() const;

  /// The recipients that a delivery agent is handed one by one: the addresses that virtual aliases
  /// gave (with what else stands below the root), or the root alone.
  std::vector<NodeId> requests() const;

  /// Another destination for a leaf, and why.
  void replace_leaf(NodeId id, Leaf leaf, std::string detail, std::optional<SourcePos> source);

  /// Marks the first node that a line of an include or .forward file gave.
  void begin_line(NodeId id);

 private:
  struct Entry {
    TraceNode node = {};
    NodeId parent = {};
    std::vector<NodeId> children = {};
  };
  const Entry& entry(NodeId id) const;

  std::size_t octets_ = 0;
  std::deque<Entry> entries_;  ///< Does not move what it holds when it grows.
  /// The latest leaves: those of nodes that are submitted again alternate with those below them.
  std::array<std::shared_ptr<const Leaf>, 2> latest_ = {};
};

}  // namespace lastmile
