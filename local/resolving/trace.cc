// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/trace.h"

#include <algorithm>
#include <charconv>
#include <new>
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
    case Step::restriction:
      return "restriction";
    case Step::content_filter:
      return "content_filter";
    case Step::entry:
      return "entry";
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

namespace {

// A node says in one number what happened and in which file.
constexpr unsigned kStepBits = 5;
constexpr std::uint32_t kStepMask = (1U << kStepBits) - 1;
constexpr std::uint32_t kBeginsLine = 1U << kStepBits;
constexpr std::uint32_t kFollowsDomain = kBeginsLine << 1U;
constexpr unsigned kFileShift = kStepBits + 2;
constexpr std::size_t kMaxFiles = std::size_t{1} << (32 - kFileShift);
static_assert(static_cast<std::uint32_t>(Step::leaf) <= kStepMask);

/// The first of the files: none.
constexpr std::uint32_t kNoFile = 0;

/// In place of a text: it is the domain of the recipient, as a nexthop mostly is.
constexpr auto kItsDomain = TextStore::Id{~std::uint32_t{0}};

/// A new part of leaves is compared with so many before it: those of nodes that are submitted again
/// alternate with those below them.
constexpr std::size_t kCompared = 4;

/// What the allocator adds to each piece of memory.
constexpr std::size_t kAllocation = 16;

/// What a text takes beside its object: a short one lies in it.
std::size_t octets_of(const std::string& text) {
  static const std::size_t kInObject = std::string().capacity();
  return text.capacity() > kInObject ? text.capacity() + kAllocation : 0;
}

bool has_leaf(Step step) {
  return step == Step::leaf || step == Step::resubmitted;
}

/// The index of what equals `value` among the latest; where there is none, it is added.
/// \param octets  gets what it takes when it is added
template <class T>
std::uint32_t keep_lately_equal(std::deque<T>& kept, T value, std::size_t& octets,
                                std::size_t own_octets) {
  const std::size_t first = kept.size() - std::min(kept.size(), kCompared);
  const auto found =
      std::find(kept.begin() + static_cast<std::ptrdiff_t>(first), kept.end(), value);
  if (found != kept.end()) {
    return static_cast<std::uint32_t>(found - kept.begin());
  }
  octets += sizeof(T) + own_octets;
  kept.push_back(std::move(value));
  return static_cast<std::uint32_t>(kept.size() - 1);
}

/// The index that something new gets. \throws std::bad_alloc when none is left
std::uint32_t next_index(std::size_t size, std::size_t limit) {
  if (size >= limit) {
    throw std::bad_alloc();
  }
  return static_cast<std::uint32_t>(size);
}

// An address is one text: the length of its local part, a blank, and its internal form.

std::string as_text(const Address& address) {
  return std::to_string(address.local_part.size()) + ' ' + to_internal(address);
}

Address as_address(std::string_view text) {
  std::size_t size = 0;
  const char* const begin = text.data();
  const auto [end, error] = std::from_chars(begin, begin + text.size(), size);
  LM_CHECK(error == std::errc());
  text.remove_prefix(static_cast<std::size_t>(end - begin) + 1);
  Address address;
  address.local_part = text.substr(0, size);
  address.domain = text.substr(std::min(size + 1, text.size()));
  return address;
}

}  // namespace

// ---- A node

Trace::Entry::Entry(Step step, std::uint32_t file)
    : step_and_file_(static_cast<std::uint32_t>(step) | (file << kFileShift)) {}

Step Trace::Entry::step() const {
  return static_cast<Step>(step_and_file_ & kStepMask);
}

bool Trace::Entry::begins_line() const {
  return (step_and_file_ & kBeginsLine) != 0;
}

void Trace::Entry::begin_line() {
  step_and_file_ |= kBeginsLine;
}

bool Trace::Entry::detail_follows_domain() const {
  return (step_and_file_ & kFollowsDomain) != 0;
}

void Trace::Entry::let_detail_follow_domain() {
  step_and_file_ |= kFollowsDomain;
}

std::uint32_t Trace::Entry::file() const {
  return step_and_file_ >> kFileShift;
}

const Trace::Entry& Trace::entry(NodeId id) const {
  LM_CHECK(static_cast<std::size_t>(id) < entries_.size());
  return entries_[static_cast<std::size_t>(id)];
}

Trace::Trace(const TraceNode& root) {
  files_.emplace_back();
  append(NodeId{0}, root, static_cast<std::uint32_t>(texts_.keep(root.subject)));
}

NodeId Trace::add(NodeId parent, const TraceNode& node) {
  LM_CHECK(!has_leaf(node.step));
  const auto subject = texts_of(node.step).keep(node.subject);
  const NodeId id = append(parent, node, static_cast<std::uint32_t>(subject));
  link(parent, id);
  return id;
}

NodeId Trace::append(NodeId parent, const TraceNode& node, std::uint32_t what) {
  const auto id = NodeId{next_index(entries_.size(), ~std::uint32_t{0})};
  entries_.push_back(make_entry(parent, node, what));
  misses_ += node.step == Step::miss ? 1 : 0;
  return id;
}

Trace::Entry Trace::make_entry(NodeId parent, const TraceNode& node, std::uint32_t what) {
  Entry entry(node.step, node.source ? index_of_file(node.source->file) : kNoFile);
  entry.parent = parent;
  entry.line = node.source ? node.source->line : 0;
  entry.what = what;
  std::string_view detail = node.detail;
  if (const std::string domain = domain_above(parent);
      !domain.empty() && detail.starts_with(domain)) {
    detail.remove_prefix(domain.size());
    entry.let_detail_follow_domain();
  }
  entry.detail = texts_of(node.step).keep(detail);
  if (node.begins_line) {
    entry.begin_line();
  }
  return entry;
}

std::string Trace::domain_above(NodeId parent) const {
  if (entries_.empty() || step(parent) != Step::resubmitted) {
    return {};
  }
  return as_address(texts_.at(leaves_[entry(parent).what].address)).domain;
}

// The node before it, or one above that, is the child that has been the last one.
void Trace::link(NodeId parent, NodeId id) {
  auto before = NodeId{static_cast<std::uint32_t>(id) - 1};
  while (before != parent && entry(before).parent != parent) {
    LM_CHECK(before != root());
    before = entry(before).parent;
  }
  if (before != parent) {
    entries_[static_cast<std::size_t>(before)].next = id;
  }
}

std::uint32_t Trace::index_of_file(const Shared<std::string>& file) {
  const auto found = file_indices_.find(*file);
  if (found != file_indices_.end()) {
    return found->second;
  }
  const std::uint32_t index = next_index(files_.size(), kMaxFiles);
  files_.push_back(file);
  file_indices_.emplace(*files_.back(), index);
  constexpr std::size_t kOfIndex = sizeof(std::string_view) + 4 * sizeof(void*);
  shared_octets_ +=
      sizeof(file) + sizeof(std::string) + octets_of(*file) + kOfIndex + 3 * kAllocation;
  return index;
}

TraceNode Trace::node(NodeId id) const {
  const Entry& found = entry(id);
  TraceNode node;
  node.step = found.step();
  node.begins_line = found.begins_line();
  if (found.detail_follows_domain()) {
    node.detail = domain_above(found.parent);
  }
  node.detail += texts_of(node.step).at(found.detail);
  if (found.file() != kNoFile) {
    node.source = SourcePos{files_[found.file()], found.line};
  }
  if (node.step == Step::leaf) {
    node.subject = to_string(leaf(id).destination);
  } else if (node.step == Step::resubmitted) {
    node.subject = to_external(leaf(id).recipient.address);
  } else {
    node.subject = texts_of(node.step).at(TextStore::Id{found.what});
  }
  return node;
}

// ---- A leaf

NodeId Trace::add(NodeId parent, const TraceNode& node, Leaf leaf) {
  LM_CHECK(has_leaf(node.step));
  const NodeId id = append(parent, node, keep_leaf(std::move(leaf)));
  link(parent, id);
  return id;
}

void Trace::replace_leaf(NodeId id, Leaf leaf, std::string detail,
                         std::optional<SourcePos> source) {
  LM_CHECK(step(id) == Step::leaf);
  Entry& old = entries_[static_cast<std::size_t>(id)];
  const TraceNode node{.step = Step::leaf,
                       .begins_line = old.begins_line(),
                       .detail = std::move(detail),
                       .source = std::move(source)};
  Entry entry = make_entry(old.parent, node, keep_leaf(std::move(leaf)));
  entry.next = old.next;
  old = entry;
}

std::uint32_t Trace::keep_leaf(Leaf leaf) {
  OwnPart own;
  own.address = texts_.keep(as_text(leaf.recipient.address));
  own.text = keep_text(own_text_of(leaf.destination), leaf.recipient.address);
  own.user = keep_user({leaf.rights, leaf.rights_reason, leaf.delivered_to});
  own.common = keep_common(std::move(leaf));
  const std::uint32_t index = next_index(leaves_.size(), ~std::uint32_t{0});
  leaves_.push_back(own);
  return index;
}

TextStore::Id Trace::keep_text(const std::string* text, const Address& address) {
  if (text == nullptr || text->empty()) {
    return {};
  }
  return *text == address.domain ? kItsDomain : texts_.keep(*text);
}

std::uint32_t Trace::keep_user(User user) {
  const std::size_t octets = sizeof(Rights) + octets_of(user.rights->name) + sizeof(std::string) +
                             octets_of(*user.delivered_to) + octets_of(*user.rights_reason) +
                             4 * kAllocation;
  return keep_lately_equal(users_, std::move(user), shared_octets_, octets);
}

std::uint32_t Trace::keep_common(Leaf leaf) {
  leaf.recipient.address = {};
  leaf.rights = {};
  leaf.rights_reason = {};
  leaf.delivered_to = {};
  if (std::string* const text = own_text_of(leaf.destination)) {
    text->clear();
  }
  if (!common_.empty()) {
    const Leaf& before = common_.back();
    leaf.sender.share(before.sender);
    leaf.report_to.share(before.report_to);
  }
  const std::size_t octets = octets_of(leaf.recipient.original) + octets_of(leaf.recipient.orcpt) +
                             octets_of(leaf.agent) + target_of(leaf.destination).size() +
                             octets_of(*leaf.reason) + 2 * kAllocation;
  return keep_lately_equal(common_, std::move(leaf), shared_octets_, octets);
}

bool Trace::is_act(NodeId id) const {
  return has_leaf(step(id));
}

Leaf Trace::leaf(NodeId id) const {
  LM_CHECK(is_act(id));
  const OwnPart& own = leaves_[entry(id).what];
  Leaf leaf = common_[own.common];
  leaf.recipient.address = as_address(texts_.at(own.address));
  leaf.rights = users_[own.user].rights;
  leaf.rights_reason = users_[own.user].rights_reason;
  leaf.delivered_to = users_[own.user].delivered_to;
  if (std::string* const text = own_text_of(leaf.destination)) {
    *text = own.text == kItsDomain ? leaf.recipient.address.domain : texts_.at(own.text);
  }
  return leaf;
}

// ---- The tree

std::size_t Trace::octets() const {
  return texts_.octets() + (entries_.size() - misses_) * sizeof(Entry) +
         leaves_.size() * sizeof(OwnPart) + shared_octets_;
}

void Trace::begin_line(NodeId id) {
  LM_CHECK(static_cast<std::size_t>(id) < entries_.size());
  entries_[static_cast<std::size_t>(id)].begin_line();
}

std::optional<NodeId> Trace::parent(NodeId id) const {
  if (id == root()) {
    return std::nullopt;
  }
  return entry(id).parent;
}

Trace::Children Trace::children(NodeId id) const {
  const auto first = static_cast<std::size_t>(id) + 1;
  const bool has_any = first < entries_.size() && entries_[first].parent == id;
  return {*this, has_any ? NodeId{static_cast<std::uint32_t>(first)} : root()};
}

NodeId Trace::end_of(NodeId id) const {
  for (NodeId above = id; above != root(); above = entry(above).parent) {
    if (entry(above).next != root()) {
      return entry(above).next;
    }
  }
  return NodeId{static_cast<std::uint32_t>(entries_.size())};
}

std::vector<NodeId> Trace::requests() const {
  const Children below = children(root());
  const bool has_addresses =
      std::any_of(below.begin(), below.end(), [&](NodeId id) { return step(id) == Step::address; });
  return has_addresses ? std::vector<NodeId>(below.begin(), below.end()) : std::vector{root()};
}

std::vector<NodeId> Trace::leaves() const {
  std::vector<NodeId> found;
  for (std::uint32_t id = 0; id < entries_.size(); ++id) {
    if (step(NodeId{id}) == Step::leaf) {
      found.push_back(NodeId{id});
    }
  }
  return found;
}

std::vector<NodeId> Trace::acts(NodeId request) const {
  std::vector<NodeId> found;
  const NodeId end = end_of(request);
  for (NodeId id = request; id < end;) {
    if (is_act(id)) {
      found.push_back(id);
      id = end_of(id);
    } else {
      id = next_of(id);
    }
  }
  return found;
}

}  // namespace lastmile
