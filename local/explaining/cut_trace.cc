// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/cut_trace.h"

#include <algorithm>
#include <map>
#include <vector>

namespace lastmile {
namespace {

/// Decided for the address as a whole: it stays whatever the node is.
bool is_of_whole_address(Step step) {
  return step == Step::recipient_check || step == Step::restriction || step == Step::rewrite ||
         step == Step::address_class || step == Step::note || step == Step::owner_alias;
}

/// The nodes above `id`, and itself.
std::vector<NodeId> way_to(const Trace& trace, NodeId id) {
  std::vector<NodeId> way = {id};
  for (auto above = trace.parent(id); above; above = trace.parent(*above)) {
    way.push_back(*above);
  }
  return way;
}

}  // namespace

std::pair<Trace, NodeId> cut_to(const Trace& trace, NodeId id) {
  Trace cut(trace.node(trace.root()));
  std::map<NodeId, NodeId> copies = {{trace.root(), cut.root()}};
  std::vector<bool> is_above;
  for (const NodeId above : way_to(trace, id)) {
    is_above.resize(std::max(is_above.size(), static_cast<std::size_t>(above) + 1));
    is_above[static_cast<std::size_t>(above)] = true;
  }
  const auto is_on_way = [&](NodeId node) {
    const auto at = static_cast<std::size_t>(node);
    return at < is_above.size() && is_above[at];
  };
  const NodeId end_below = trace.end_of(id);
  for (NodeId node = next_of(trace.root()); node < trace.end_of(trace.root());
       node = next_of(node)) {
    const NodeId parent = trace.parent(node).value_or(trace.root());
    const auto copy = copies.find(parent);
    const bool is_below = node > id && node < end_below;
    // What hangs below the answer to RCPT says why it is that.
    const bool explains = copy != copies.end() && !is_on_way(parent);
    const bool stays = is_on_way(node) || is_below || explains ||
                       (is_on_way(parent) && is_of_whole_address(trace.step(node)));
    if (!stays || copy == copies.end()) {
      continue;
    }
    const NodeId added = trace.is_act(node)
                             ? cut.add(copy->second, trace.node(node), trace.leaf(node))
                             : cut.add(copy->second, trace.node(node));
    copies.emplace(node, added);
  }
  const auto found = copies.find(id);
  return {std::move(cut), found == copies.end() ? cut.root() : found->second};
}

}  // namespace lastmile
