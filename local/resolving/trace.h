// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/shared.h"
#include "local/resolving/text_store.h"
#include "transports/destination.h"
#include "transports/envelope.h"

namespace lastmile {

/// What happened at a node. The names are stable: they are the "step" of the JSON output.
enum class Step {
  address,          ///< A recipient: the one that was given, or a member of an expansion.
  recipient_check,  ///< What smtpd would answer at RCPT.
  restriction,      ///< One of smtpd's restrictions, and its answer.
  rewrite,          ///< Qualified or rewritten to canonical form.
  copy,  ///< The message has one more recipient (always_bcc); it is no destination of this address.
  content_filter,  ///< Mail goes to a program that gives it back.
  entry,           ///< The service where it comes back.
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

/// The one behind it: depth first, all nodes of a trace are passed so.
constexpr NodeId next_of(NodeId id) {
  return NodeId{static_cast<std::uint32_t>(id) + 1};
}

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

  friend bool operator==(const Leaf&, const Leaf&) = default;
};

struct TraceNode {
  Step step = Step::note;
  bool begins_line = false;  ///< The first node of a line of the include or .forward file above it.
  /// "alias root", "account alice"; of a leaf the destination, of what is submitted again the
  /// recipient.
  std::string subject = {};
  std::string detail = {};               ///< "alice, ops@partner.example".
  std::optional<SourcePos> source = {};  ///< The line that caused this step.
};

/// The record of one resolution: a tree whose leaves are destinations, in delivery order.
/// It owns all its text; it refers to nothing outside itself; equal inputs make equal traces.
///
/// A list may name a million members, and a file of a hostile user may lead to as many: a node
/// takes 24 octets and its texts, a leaf 16 more, and what leaves have in common is kept once. So
/// node() and leaf() make what they return.
class Trace {
 public:
  /// \param root  has no leaf
  explicit Trace(const TraceNode& root);

  NodeId root() const { return NodeId{0}; }

  /// Adds a node below `parent`. Nodes come in the order of the tree, depth first: below the node
  /// that was added last, or below one of those above it.
  /// \throws std::bad_alloc when there is no room for it
  NodeId add(NodeId parent, const TraceNode& node);
  /// The same for a destination (Step::leaf), or for a recipient that is submitted again
  /// (Step::resubmitted). \param node  its subject is made from the leaf
  NodeId add(NodeId parent, const TraceNode& node, Leaf leaf);

  std::size_t size() const { return entries_.size(); }  ///< Nodes.
  /// What the nodes and their leaves take in memory, about. Lookups in vain do not count: whether
  /// they are shown must not decide how far an expansion may go.
  std::size_t octets() const;

  TraceNode node(NodeId id) const;
  Step step(NodeId id) const { return entry(id).step(); }
  bool begins_line(NodeId id) const { return entry(id).begins_line(); }
  /// Whether a delivery has something to do there: the node has a leaf.
  bool is_act(NodeId id) const;
  /// \param id  for which is_act() is true
  Leaf leaf(NodeId id) const;

  std::optional<NodeId> parent(NodeId id) const;

  /// The nodes right below one, in order.
  class Children;
  Children children(NodeId id) const;
  /// Behind the last node below this one: those between are all that stands below it, depth first.
  NodeId end_of(NodeId id) const;

  /// Where the recipient lands in the end: every Step::leaf, depth first.
  std::vector<NodeId> leaves() const;

  /// What one delivery performs: depth first, in delivery order. What is submitted again is one act
  /// (the resubmitted node itself); the leaves below it belong to the delivery of that new message.
  std::vector<NodeId> acts() const { return acts(root()); }
  /// Those of one of requests().
  std::vector<NodeId> acts(NodeId request) const;

  /// Whether a delivery would do anything at all.
  bool has_acts() const { return !leaves_.empty(); }

  /// The recipients that a delivery agent is handed one by one: the addresses that virtual aliases
  /// gave (with what else stands below the root), or the root alone.
  std::vector<NodeId> requests() const;

  /// Another destination for a leaf, and why.
  void replace_leaf(NodeId id, Leaf leaf, std::string detail, std::optional<SourcePos> source);

  /// Marks the first node that a line of an include or .forward file gave.
  void begin_line(NodeId id);

 private:
  /// A node. Its place among the others is the order of the tree.
  class Entry {
   public:
    Entry(Step step, std::uint32_t file);
    Step step() const;
    bool begins_line() const;
    void begin_line();
    bool detail_follows_domain() const;
    void let_detail_follow_domain();
    std::uint32_t file() const;

    NodeId parent = {};
    NodeId next = {};           ///< The next child of the same parent; the root: there is none.
    int line = 0;               ///< Of the source.
    std::uint32_t what = 0;     ///< Of an act its leaf, of others the text of their subject.
    TextStore::Id detail = {};  ///< Perhaps without the domain that it begins with.

   private:
    std::uint32_t step_and_file_;
  };

  /// What is its own of a leaf.
  struct OwnPart {
    TextStore::Id address = {};
    TextStore::Id text = {};  ///< See own_text_of().
    std::uint32_t common = 0;
    std::uint32_t user = 0;
  };
  /// What the leaves of one user have in common.
  struct User {
    Shared<Rights> rights = {};
    Shared<std::string> rights_reason = {};
    Shared<std::string> delivered_to = {};
    friend bool operator==(const User&, const User&) = default;
  };

  const Entry& entry(NodeId id) const;
  /// What the detail of a node below `parent` may begin with, and is not kept again: the domain of
  /// a recipient that is submitted again.
  std::string domain_above(NodeId parent) const;
  Entry make_entry(NodeId parent, const TraceNode& node, std::uint32_t what);
  std::uint32_t keep_leaf(Leaf leaf);
  NodeId append(NodeId parent, const TraceNode& node, std::uint32_t what);
  /// Makes `id` the last child of `parent`.
  void link(NodeId parent, NodeId id);
  std::uint32_t index_of_file(const Shared<std::string>& file);
  std::uint32_t keep_common(Leaf leaf);
  std::uint32_t keep_user(User user);
  TextStore::Id keep_text(const std::string* text, const Address& address);

  const TextStore& texts_of(Step step) const { return step == Step::miss ? miss_texts_ : texts_; }
  TextStore& texts_of(Step step) { return step == Step::miss ? miss_texts_ : texts_; }

  TextStore texts_;
  TextStore miss_texts_;  ///< Of Step::miss.
  std::size_t misses_ = 0;
  std::deque<Entry> entries_;  ///< Depth first. Does not move what it holds when it grows.
  std::deque<OwnPart> leaves_;
  std::deque<Leaf> common_;  ///< Of leaves, without what is their own.
  std::deque<User> users_;
  std::deque<Shared<std::string>> files_;
  std::unordered_map<std::string_view, std::uint32_t> file_indices_;
  std::size_t shared_octets_ = 0;  ///< Of the last four.
};

/// Goes from child to child.
class Trace::Children {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = NodeId;
    using difference_type = std::ptrdiff_t;
    using pointer = const NodeId*;
    using reference = NodeId;

    Iterator(const Trace& trace, NodeId id) : trace_(&trace), id_(id) {}
    NodeId operator*() const { return id_; }
    Iterator& operator++() {
      id_ = trace_->entry(id_).next;
      return *this;
    }
    friend bool operator==(const Iterator& left, const Iterator& right) {
      return left.id_ == right.id_;
    }

   private:
    const Trace* trace_;
    NodeId id_;
  };

  Children(const Trace& trace, NodeId first) : trace_(trace), first_(first) {}
  Iterator begin() const { return {trace_, first_}; }
  Iterator end() const { return {trace_, trace_.root()}; }  // Nobody's child.
  bool empty() const { return begin() == end(); }
  NodeId front() const { return first_; }
  /// Counts them.
  std::size_t size() const { return static_cast<std::size_t>(std::distance(begin(), end())); }

 private:
  const Trace& trace_;
  NodeId first_;
};

}  // namespace lastmile
