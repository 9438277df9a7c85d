// SPDX-License-Identifier: Apache-2.0
#include "local/questions/destination_query.h"

#include <algorithm>
#include <utility>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "local/questions/expectation.h"

namespace lastmile {

namespace {

/// From the root down to a node, without the root.
std::vector<NodeId> line_to(const Trace& trace, NodeId node) {
  std::vector<NodeId> line;
  for (NodeId id = node; id != trace.root();) {
    line.push_back(id);
    id = trace.parent(id).value_or(trace.root());
  }
  std::ranges::reverse(line);
  return line;
}

/// The part before a delimiter that Postfix itself would split at.
std::string_view user_of(std::string_view address) {
  const std::string_view local_part = address.substr(0, address.rfind('@'));
  return local_part.substr(0, local_part.find('+'));
}

bool is_word(std::string_view command, std::string_view word) {
  return command.starts_with(word) &&
         (command.size() == word.size() || is_space(command[word.size()]));
}

}  // namespace

DestinationQuery::DestinationQuery(std::string_view text, const std::optional<Account>& account)
    : text_(text), account_(account ? account->name : "") {
  if (auto expectation = parse_expectation(text);
      expectation && expectation->kind == Expectation::Kind::destination) {
    destination_ = *std::move(expectation);
  }
}

bool DestinationQuery::matches(const Landing& landing) const {
  const LeafText& words = landing.words;
  if (!account_.empty()) {
    const bool is_own = words.user == account_ && words.kind != "bounce";
    const bool is_handed_over = landing.takes_recipient && user_of(words.recipient) == account_;
    return is_own || is_handed_over;
  }
  if (destination_) {
    return lastmile::matches(*destination_, landing);
  }
  if (text_.starts_with('/')) {
    return (words.kind == "command" && is_word(words.target, text_)) || words.target == text_;
  }
  if (text_.find('@') != std::string::npos) {
    return (words.kind == "remote" || landing.takes_recipient) &&
           matches_glob(fold_case(text_), fold_case(words.recipient));
  }
  return matches_glob(text_, words.target);
}

bool DestinationQuery::passes(std::string_view from, std::string_view step,
                              std::string_view file) const {
  if (!account_.empty()) {
    return step == ".forward" && user_of(from) == account_;
  }
  return text_.starts_with('/') && file == text_;
}

std::vector<ReachedBy> DestinationQuery::find(const Trace& trace) const {
  std::vector<ReachedBy> found;
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    const Landing landing = {describe(leaf), {}, needs_recipient(leaf.destination)};
    if (matches(landing) || is_below_account(trace, id) || reads_file(trace, id)) {
      found.push_back({id, way_to(trace, id), labelled(landing.words.kind, landing.words.target)});
    }
  }
  return found;
}

/// What an account gets is also where its .forward file sends it.
bool DestinationQuery::is_below_account(const Trace& trace, NodeId leaf) const {
  if (account_.empty()) {
    return false;
  }
  const auto is_account = [this, &trace](NodeId id) {
    return trace.step(id) == Step::account &&
           equal_ignoring_case(trace.node(id).subject, "account " + account_);
  };
  std::optional<NodeId> above = leaf;
  for (; above; above = trace.parent(*above)) {
    const auto children = trace.children(*above);
    if (std::any_of(children.begin(), children.end(), is_account)) {
      return true;
    }
  }
  return false;
}

bool DestinationQuery::reads_file(const Trace& trace, NodeId leaf) const {
  if (!text_.starts_with('/')) {
    return false;
  }
  return std::ranges::any_of(line_to(trace, leaf), [this, &trace](NodeId id) {
    const auto& source = trace.node(id).source;
    return source && *source->file == text_;
  });
}

std::vector<WayStep> way_to(const Trace& trace, NodeId node) {
  std::vector<WayStep> way = {{trace.node(trace.root()).subject, "", std::nullopt}};
  WayStep next;
  for (const NodeId id : line_to(trace, node)) {
    const TraceNode here = trace.node(id);
    switch (here.step) {
      case Step::address:
      case Step::resubmitted:
        if (here.subject != way.back().address) {
          next.address = here.subject;
          next.source = next.source ? next.source : here.source;
          way.push_back(std::exchange(next, {}));
        }
        break;
      case Step::alias:
      case Step::include:
      case Step::forward:
      case Step::virtual_alias:
      case Step::rewrite:
      case Step::fallback_rule:
        // The last one is the nearest reason; an include says more than its alias.
        next.step = here.step == Step::forward ? ".forward" : here.subject;
        next.source = here.source;
        break;
      default:
        break;
    }
  }
  // A remote address is a destination, not one more address on the way there.
  const Leaf leaf = trace.leaf(node);
  if (way.size() > 1 && std::holds_alternative<Remote>(leaf.destination) &&
      way.back().address == to_external(leaf.recipient.address)) {
    next.step = next.step.empty() ? way.back().step : next.step;
    next.source = way.back().source;
    way.pop_back();
  }
  next.source = next.source ? next.source : trace.node(node).source;
  way.push_back(std::move(next));
  return way;
}

}  // namespace lastmile
