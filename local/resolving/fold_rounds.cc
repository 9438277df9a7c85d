#include "local/resolving/fold_rounds.h"

#include <algorithm>
#include <utility>

namespace lastmile {

namespace {

/// Copies one trace into another. Without recursion: what goes round is a hundred levels deep.
class Folding {
 public:
  Folding(const Trace& from, const std::vector<NodeId>& rounds)
      : from_(from), rounds_(rounds), to_(from.node(from.root())) {}

  Trace copy() && {
    push_children(from_.root(), to_.root(), false);
    while (!pending_.empty()) {
      const Place place = pending_.back();
      pending_.pop_back();
      take(place);
    }
    return std::move(to_);
  }

 private:
  /// A node, and under which one its copy hangs.
  struct Place {
    NodeId id = {};
    NodeId parent = {};
    bool in_round = false;  ///< What explains a round is left out.
  };

  void take(const Place& place) {
    const TraceNode& node = from_.node(place.id);
    if (place.in_round && node.leaf == nullptr) {
      push_children(place.id, place.parent, true);
      return;
    }
    const bool begins_round = std::binary_search(rounds_.begin(), rounds_.end(), place.id);
    const NodeId copy = to_.add(place.parent, begins_round ? loop_node(place.id) : node);
    push_children(place.id, copy, begins_round);
  }

  void push_children(NodeId id, NodeId parent, bool in_round) {
    const auto children = from_.children(id);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      pending_.push_back({*child, parent, in_round});
    }
  }

  TraceNode loop_node(NodeId id) const {
    const TraceNode& node = from_.node(id);
    std::string since;
    for (auto above = from_.parent(id); above && since.empty(); above = from_.parent(*above)) {
      const TraceNode& open = from_.node(*above);
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
  std::vector<Place> pending_ = {};
};

}  // namespace

Trace fold_rounds(const Trace& trace, const std::vector<NodeId>& rounds) {
  return Folding(trace, rounds).copy();
}

}  // namespace lastmile
