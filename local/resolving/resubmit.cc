// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/canonical.h"

namespace lastmile {

namespace {

Leaf leaf_of(const Agent& agent, const Expansion& expansion) {
  Leaf leaf;
  leaf.destination = Remote{};
  leaf.recipient = expansion.recipient;
  leaf.sender = expansion.sender;
  leaf.report_to = agent.pass.sender;
  const auto& prepend = agent.local().settings().prepend_delivered_header.value;
  if (expansion.delivered && prepend.contains("forward")) {
    leaf.delivered_to = fold_case(agent.local().settings(), to_internal(*expansion.delivered));
  }
  return leaf;
}

/// Resolves the new message as the queue would, below `parent`.
void follow(Agent& agent, NodeId parent, const Leaf& leaf, int level) {
  Pass next{.run = agent.run(),
            .path = agent.run().configurations.path_behind(agent.local()),
            .client = {},
            .client_sender = {},
            .sender = leaf.sender,
            .sender_failure = {},
            .filter = {},
            .actions = {},
            .filtered = {},
            .delivered_to = agent.pass.delivered_to,
            .resubmissions = agent.pass.resubmissions + 1,
            .levels_before = agent.pass.levels_before + level,
            .shown_accounts = {}};
  if (!leaf.delivered_to->empty()) {
    next.delivered_to.insert(leaf.delivered_to);
  }
  // Each pass has its own levels, as each message in the queue has: a chain of them needs a limit
  // of its own.
  if (next.resubmissions > kMaxPasses || next.levels_before > kMaxTotalLevels) {
    add_leaf_of(next, parent, expansion_of(next, leaf.recipient), agent.service,
                Bounce{"5.4.0"_dsn, "too many hops"}, {}, {});
    return;
  }
  if (next.path.failure) {
    add_cleanup_failure(next, parent, leaf.recipient, *next.path.failure);
    return;
  }
  auto sender = canonical_sender(*next.path.cleanup, next.path.entry->settings(), leaf.sender,
                                 MessageOrigin::mail_system);
  if (!sender) {
    add_cleanup_failure(next, parent, leaf.recipient, sender.error());
    return;
  }
  next.sender = *std::move(sender);
  expand_virtual(next, parent, leaf.recipient);
}

}  // namespace

void resubmit(Agent& agent, NodeId parent, const Expansion& expansion,
              const std::optional<SourcePos>& source) {
  const Address& address = expansion.recipient.address;
  if (agent.seen.add(indirect_key(to_internal(address))) == Seen::again) {
    add_duplicate(agent.trace(), parent, to_external(address));
    return;
  }
  const Leaf leaf = leaf_of(agent, expansion);
  const NodeId id = agent.trace().add(parent, {.step = Step::resubmitted, .source = source}, leaf);
  if (agent.run().request.resubmissions == Resubmissions::follow) {
    follow(agent, id, leaf, expansion.level);
  }
}

}  // namespace lastmile
