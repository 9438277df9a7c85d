#include <utility>

#include "aliases/text.h"
#include "local/resolving/expansion.h"
#include "transports/canonical.h"

namespace lastmile {

namespace {

/// Passes through the queue that one message may need; more is a loop. \see Postfix, hopcount_limit
constexpr int kMaxResubmissions = 50;
/// Levels of all passes together: the trace of one address has to end, and its stack, too.
constexpr int kMaxTotalLevels = 500;

Leaf leaf_of(const Resolution& run, const Expansion& expansion) {
  Leaf leaf;
  leaf.destination = Remote{};
  leaf.recipient = expansion.recipient;
  leaf.sender = expansion.sender;
  leaf.report_to = run.sender;
  const auto& prepend = run.local().settings().prepend_delivered_header.value;
  if (expansion.delivered && prepend.contains("forward")) {
    leaf.delivered_to = fold_case(run.local().settings(), to_internal(*expansion.delivered));
  }
  return leaf;
}

/// Resolves the new message as the queue would, below `parent`.
void follow(Resolution& run, NodeId parent, const Leaf& leaf, int level) {
  Resolution next{run.configurations,
                  run.virtual_services,
                  run.trace,
                  run.request,
                  run.service,
                  run.agent,
                  leaf.sender,
                  run.delivered_to,
                  DuplicateFilter(run.local().settings()),
                  run.resubmissions + 1,
                  run.levels_before + level};
  if (!leaf.delivered_to->empty()) {
    next.delivered_to.insert(leaf.delivered_to);
  }
  if (next.resubmissions > kMaxResubmissions || next.levels_before > kMaxTotalLevels) {
    Expansion expansion;
    expansion.recipient = leaf.recipient;
    expansion.sender = leaf.sender;
    bounce(next, parent, expansion, "5.4.0"_dsn, "too many hops");
    return;
  }
  auto sender = canonical_sender(run.mail_system(), leaf.sender, MessageOrigin::mail_system);
  if (!sender) {
    add_cleanup_failure(next, parent, leaf.recipient, sender.error());
    return;
  }
  next.sender = *std::move(sender);
  expand_virtual(next, parent, leaf.recipient);
}

}  // namespace

void resubmit(Resolution& run, NodeId parent, const Expansion& expansion,
              const std::optional<SourcePos>& source) {
  const Address& address = expansion.recipient.address;
  if (run.seen.add(indirect_key(to_internal(address))) == Seen::again) {
    add_duplicate(run, parent, to_external(address));
    return;
  }
  const auto leaf = run.trace.keep(leaf_of(run, expansion));
  TraceNode node;
  node.step = Step::resubmitted;
  node.subject = to_external(address);
  node.source = source;
  node.leaf = leaf;
  const NodeId id = run.trace.add(parent, std::move(node));
  if (run.request.resubmissions == Resubmissions::follow) {
    follow(run, id, *leaf, expansion.level);
  }
}

}  // namespace lastmile
