#include "local/resolving/trace.h"

#include <algorithm>
#include <utility>

namespace lastmile {

std::string_view name_of(Step step) {
  switch (step) {
    case Step::address:
      return "address";
    case Step::recipient_check:
      return "recipient_check";
    case Step::rewrite:
      return "rewrite";
    case Step::copy:
      return "copy";
    case Step::virtual_alias:
      return "virtual_alias";
    case Step::address_class:
      return "address_class";
    case Step::transport:
      return "transport";
    case Step::alias:
      return "alias";
    case Step::owner_alias:
      return "owner_alias";
    case Step::include:
      return "include";
    case Step::account:
      return "account";
    case Step::forward:
      return "forward";
    case Step::mailbox_rule:
      return "mailbox_rule";
    case Step::fallback_rule:
      return "fallback_rule";
    case Step::surroundings:
      return "surroundings";
    case Step::resubmitted:
      return "resubmitted";
    case Step::duplicate:
      return "duplicate";
    case Step::miss:
      return "miss";
    case Step::loop:
      return "loop";
    case Step::note:
      return "note";
    case Step::leaf:
      return "leaf";
  }
  return "note";
}

Trace::Trace(TraceNode root) {
  entries_.push_back({std::move(root), NodeId{0}, {}});
}

namespace {

/// What the allocator adds to each piece of memory.
constexpr std::size_t kAllocation = 16;

/// What a text takes beside its object: a short one lies in it.
std::size_t octets_of(const std::string& text) {
  static const std::size_t kInObject = std::string().capacity();
  return text.capacity() > kInObject ? text.capacity() + kAllocation : 0;
}

std::size_t octets_of(const Address& address) {
  return octets_of(address.local_part) + octets_of(address.domain);
}

std::size_t octets_of(const Leaf& leaf) {
  return sizeof(Leaf) + 2 * kAllocation + octets_of(leaf.recipient.address) +
         octets_of(leaf.recipient.original) + octets_of(leaf.recipient.orcpt) +
         octets_of(leaf.agent) + target_of(leaf.destination).size() + octets_of(*leaf.reason);
}

}  // namespace

NodeId Trace::add(NodeId parent, TraceNode node) {
  LM_CHECK((node.leaf != nullptr) == (node.step == Step::leaf || node.step == Step::resubmitted));
  const auto id = NodeId{static_cast<std::uint32_t>(entries_.size())};
  entries_[static_cast<std::size_t>(parent)].children.push_back(id);
  // Whether a lookup is shown must not decide how far an expansion may go.
  if (node.step != Step::miss) {
    octets_ += sizeof(Entry) + 2 * kAllocation + octets_of(node.subject) + octets_of(node.detail);
  }
  entries_.push_back({std::move(node), parent, {}});
  return id;
}

void Trace::replace_leaf(NodeId id, Leaf leaf, std::string detail,
                         std::optional<SourcePos> source) {
  TraceNode& node = entries_[static_cast<std::size_t>(id)].node;
  LM_CHECK(node.step == Step::leaf);
  node.subject = to_string(leaf.destination);
  node.detail = std::move(detail);
  node.source = std::move(source);
  node.leaf = keep(std::move(leaf));
}

std::shared_ptr<const Leaf> Trace::keep(Leaf leaf) {
  octets_ += octets_of(leaf);
  for (const auto& before : latest_) {
    if (before != nullptr) {
      leaf.sender.share(before->sender);
      leaf.report_to.share(before->report_to);
      leaf.rights.share(before->rights);
      leaf.rights_reason.share(before->rights_reason);
      leaf.delivered_to.share(before->delivered_to);
      leaf.reason.share(before->reason);
    }
  }
  latest_[0] = std::exchange(latest_[1], std::make_shared<const Leaf>(std::move(leaf)));
  return latest_[1];
}

const Trace::Entry& Trace::entry(NodeId id) const {
  LM_CHECK(static_cast<std::size_t>(id) < entries_.size());
  return entries_[static_cast<std::size_t>(id)];
}

const TraceNode& Trace::node(NodeId id) const {
  return entry(id).node;
}

std::optional<NodeId> Trace::parent(NodeId id) const {
  if (id == root()) {
    return std::nullopt;
  }
  return entry(id).parent;
}

std::span<const NodeId> Trace::children(NodeId id) const {
  return entry(id).children;
}

namespace {

enum class Below { look, skip };

/// Walks depth first without recursion: lists of lists may be deep. `visit` says whether to look
/// below a node.
template <class Visit>
void walk(const Trace& trace, NodeId top, Visit visit) {
  std::vector<NodeId> pending = {top};
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    if (visit(id) == Below::look) {
      const auto children = trace.children(id);
      pending.insert(pending.end(), children.rbegin(), children.rend());
    }
  }
}

}  // namespace

std::vector<NodeId> Trace::requests() const {
  const auto below = children(root());
  const bool has_addresses = std::any_of(below.begin(), below.end(),
                                         [&](NodeId id) { return node(id).step == Step::address; });
  return has_addresses ? std::vector<NodeId>(below.begin(), below.end()) : std::vector{root()};
}

void Trace::begin_line(NodeId id) {
  LM_CHECK(static_cast<std::size_t>(id) < entries_.size());
  entries_[static_cast<std::size_t>(id)].node.begins_line = true;
}

std::vector<NodeId> Trace::leaves() const {
  std::vector<NodeId> found;
  walk(*this, root(), [&](NodeId id) {
    if (node(id).step == Step::leaf) {
      found.push_back(id);
    }
    return Below::look;
  });
  return found;
}

std::vector<NodeId> Trace::acts(NodeId request) const {
  std::vector<NodeId> found;
  walk(*this, request, [&](NodeId id) {
    if (node(id).leaf == nullptr) {
      return Below::look;
    }
    found.push_back(id);
    return Below::skip;
  });
  return found;
}

bool Trace::has_acts() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.node.leaf != nullptr; });
}

}  // namespace lastmile
