// SPDX-License-Identifier: Apache-2.0
#include "local/questions/outcome.h"

#include <algorithm>

namespace lastmile {

std::string_view fate_name(Fate fate) {
  constexpr std::string_view kNames[] = {"lands", "partly", "fails", "undecided"};
  return kNames[static_cast<std::size_t>(fate)];
}

Fate Outcome::fate() const {
  const auto undecided = [](const Landing& landing) { return landing.is_undecided(); };
  if ((reply && reply->is_deferral()) || std::ranges::any_of(landings, undecided)) {
    return Fate::undecided;
  }
  const auto delivered = std::ranges::count_if(
      landings, [](const Landing& landing) { return landing.is_delivered(); });
  if (delivered == 0) {
    return Fate::fails;
  }
  return delivered == static_cast<std::ptrdiff_t>(landings.size()) ? Fate::lands : Fate::partly;
}

std::string Outcome::reason() const {
  for (const Landing& landing : landings) {
    if (landing.is_undecided()) {
      return landing.words.kind == "unknown" ? landing.words.target : landing.words.text;
    }
  }
  return reply && reply->is_deferral() ? reply->text : "";
}

Outcome outcome_of(const Trace& trace) {
  Outcome outcome;
  outcome.address = trace.node(trace.root()).subject;
  outcome.reply = recipient_reply(trace);
  for (const NodeId id : trace.children(trace.root())) {
    if (trace.step(id) == Step::recipient_check) {
      outcome.reply_source = trace.node(id).source;
    }
  }
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    outcome.landings.push_back(
        {describe(leaf), trace.node(id).source, needs_recipient(leaf.destination)});
  }
  return outcome;
}

std::string written_form(const Landing& landing) {
  return written_form(landing.words, landing.takes_recipient);
}

}  // namespace lastmile
