#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "local/deliver.h"

namespace lastmile {

namespace {

/// Whether an LMTP leaf may be delivered before its turn. Below a file whose lines wait for each
/// other it may not.
bool may_share(const Trace& trace, NodeId id) {
  for (auto parent = trace.parent(id); parent; parent = trace.parent(*parent)) {
    const Step step = trace.node(*parent).step;
    if (step == Step::include || step == Step::forward) {
      return false;
    }
  }
  return true;
}

/// What the leaves of one job have in common: kind and target, sender, Delivered-To:, and for what
/// is submitted again the recipient whose expansion it was.
using JobKey =
    std::tuple<std::string, std::string, std::string, std::string, std::optional<LeafRef>>;

class Planner {
 public:
  Planner(std::span<const Trace> traces, const Envelope& envelope, std::size_t recipient_limit)
      : traces_(traces), envelope_(envelope), recipient_limit_(recipient_limit) {}

  std::vector<PlannedJob> plan() && {
    for (std::size_t index = 0; index < traces_.size(); ++index) {
      const Trace& trace = traces_[index];
      for (const NodeId request : trace.requests()) {
        for (const NodeId id : trace.acts(request)) {
          add({index, request}, {index, id});
        }
      }
    }
    return std::move(jobs_);
  }

 private:
  static bool needs_agent(const Destination& destination) {
    return !std::holds_alternative<Bounce>(destination) &&
           !std::holds_alternative<Defer>(destination) &&
           !std::holds_alternative<Discard>(destination);
  }

  void add(LeafRef request, LeafRef ref) {
    const Trace& trace = traces_[ref.trace];
    const TraceNode& node = trace.node(ref.node);
    const Leaf& leaf = *node.leaf;
    if (!needs_agent(leaf.destination)) {
      return;
    }
    const bool submits_again = node.step == Step::resubmitted;
    const auto* lmtp = std::get_if<Lmtp>(&leaf.destination);
    if (!submits_again && (lmtp == nullptr || !may_share(trace, ref.node))) {
      start_job(request, ref, submits_again);
      return;
    }
    const JobKey key{to_string(leaf.destination), lmtp != nullptr ? lmtp->service : std::string(),
                     to_internal(leaf.sender), leaf.delivered_to,
                     submits_again ? std::optional(request) : std::nullopt};
    const auto found = open_.find(key);
    if (found != open_.end() &&
        (submits_again || jobs_[found->second].leaves.size() < recipient_limit_)) {
      jobs_[found->second].job.recipients.push_back(leaf.recipient);
      jobs_[found->second].leaves.push_back(ref);
      return;
    }
    open_[key] = jobs_.size();
    start_job(request, ref, submits_again);
  }

  void start_job(LeafRef request, LeafRef ref, bool submits_again) {
    const Leaf& leaf = *traces_[ref.trace].node(ref.node).leaf;
    PlannedJob planned;
    planned.job.destination = leaf.destination;
    planned.job.rights = leaf.rights;
    planned.job.envelope = envelope_;
    planned.job.envelope.sender = leaf.sender;
    planned.job.delivered_to = leaf.delivered_to;
    planned.job.recipients = {leaf.recipient};
    planned.leaves = {ref};
    planned.request = request;
    planned.submits_again = submits_again;
    jobs_.push_back(std::move(planned));
  }

  std::span<const Trace> traces_;
  const Envelope& envelope_;
  std::size_t recipient_limit_;
  std::vector<PlannedJob> jobs_;
  std::map<JobKey, std::size_t> open_;  ///< The newest job of each key.
};

}  // namespace

std::vector<PlannedJob> plan_jobs(std::span<const Trace> traces, const Envelope& envelope,
                                  std::size_t recipient_limit) {
  return Planner(traces, envelope, recipient_limit).plan();
}

}  // namespace lastmile
