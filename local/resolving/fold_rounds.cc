// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/fold_rounds.h"

#include <algorithm>
#include <utility>

namespace lastmile {

namespace {

/// Copies one trace into another.
class Folding {
 public:
  Folding(const Trace& from, const std::vector<NodeId>& rounds)
      : from_(from), rounds_(rounds), to_(from.node(from.root())), places_(from.size()) {}

  Trace copy() && {
    for (std::uint32_t id = 1; id < from_.size(); ++id) {
      take(NodeId{id});
    }
    return std::move(to_);
  }

 private:
  /// Under which node the copies of a node's children hang.
  struct Place {
    NodeId copy = {};
    bool in_round = false;  ///< What explains a round is left out.
  };

  void take(NodeId id) {
    const Place& above = places_[static_cast<std::size_t>(from_.parent(id).value_or(from_.root()))];
    Place& place = places_[static_cast<std::size_t>(id)];
    if (from_.is_act(id)) {
      place.copy = to_.add(above.copy, from_.node(id), from_.leaf(id));
      return;
    }
    if (above.in_round) {
      place = above;
      return;
    }
    place.in_round = std::binary_search(rounds_.begin(), rounds_.end(), id);
    place.copy = to_.add(above.copy, place.in_round ? loop_node(id) : from_.node(id));
  }

  TraceNode loop_node(NodeId id) const {
    const TraceNode node = from_.node(id);
    std::string since;
    for (auto above = from_.parent(id); above && since.empty(); above = from_.parent(*above)) {
      const TraceNode open = from_.node(*above);
      if (open.step == node.step && open.subject == node.subject && open.source) {
        since = " since " + to_string(*open.source);
      }
    }
    return {.step = Step::loop,
            .begins_line = node.begins_line,
            .subject = node.subject,
            .detail = "open" + since + "; Postfix goes round until a limit ends it",
            .source = node.source};
  }

  const Trace& from_;
  const std::vector<NodeId>& rounds_;  ///< In ascending order, as they were added.
  Trace to_;
  std::vector<Place> places_;  ///< By node.
};

}  // namespace

Trace fold_rounds(const Trace& trace, const std::vector<NodeId>& rounds) {
  return Folding(trace, rounds).copy();
}

}  // namespace lastmile
