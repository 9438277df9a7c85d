// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/plan_jobs.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "aliases/text.h"
#include "transports/pipe_rules.h"

namespace lastmile {

namespace {

/// Whether an LMTP leaf may be delivered before its turn. Below a file whose lines wait for each
/// other it may not.
bool may_share(const Trace& trace, NodeId id) {
  for (auto parent = trace.parent(id); parent; parent = trace.parent(*parent)) {
    const Step step = trace.step(*parent);
    if (step == Step::include || step == Step::forward) {
      return false;
    }
  }
  return true;
}

/// What the leaves of one job have in common: target, service, sender, Delivered-To:, and for what
/// is submitted again the recipient whose expansion it was.
using JobKey =
    std::tuple<std::string, std::string, std::string, std::string, std::optional<LeafRef>>;

class Planner {
 public:
  Planner(std::span<const Trace> traces, const RecipientLimit& recipient_limit)
      : traces_(traces), recipient_limit_(recipient_limit) {}

  std::vector<PlannedJob> plan() && {
    for (std::size_t index = 0; index < traces_.size(); ++index) {
      const Trace& trace = traces_[index];
      for (const NodeId request : trace.requests()) {
        for (const NodeId id : trace.acts(request)) {
          add({index, request}, {index, id});
        }
      }
    }
    sort_divided();
    return std::move(jobs_);
  }

 private:
  void add(LeafRef request, LeafRef ref) {
    const Trace& trace = traces_[ref.trace];
    const Leaf leaf = trace.leaf(ref.node);
    if (!needs_agent(leaf.destination)) {
      return;
    }
    const bool submits_again = trace.step(ref.node) == Step::resubmitted;
    const std::size_t limit = submits_again ? 0 : limit_of(trace, ref.node, leaf.destination);
    if (limit == 1) {
      jobs_.push_back({request, {ref}, submits_again});
      return;
    }
    const JobKey key{shared_target(leaf.destination), leaf.agent, to_internal(leaf.sender),
                     leaf.delivered_to, submits_again ? std::optional(request) : std::nullopt};
    const auto found = open_.find(key);
    if (found != open_.end() && (limit == 0 || jobs_[found->second].leaves.size() < limit)) {
      jobs_[found->second].leaves.push_back(ref);
      return;
    }
    open_[key] = jobs_.size();
    divided_[key].push_back(jobs_.size());
    jobs_.push_back({request, {ref}, submits_again});
  }

  /// Recipients of one job; 0: any number.
  std::size_t limit_of(const Trace& trace, NodeId id, const Destination& destination) const {
    if (const auto* pipe = std::get_if<Pipe>(&destination)) {
      return pipe->recipient_limit;
    }
    const auto* server = std::get_if<Lmtp>(&destination);
    const bool shares = server != nullptr && !server->one_each && may_share(trace, id);
    return shares ? limit_of_service(server->service) : 1;
  }

  /// The limit of a service, read once.
  std::size_t limit_of_service(const std::string& service) const {
    const auto known = limits_.find(service);
    return known != limits_.end()
               ? known->second
               : limits_.emplace(service, recipient_limit_(service)).first->second;
  }

  /// What is one target for several recipients: of a command all but its words.
  static std::string shared_target(const Destination& destination) {
    if (const auto* pipe = std::get_if<Pipe>(&destination)) {
      return pipe->service + ':' + fold_case(pipe->nexthop);
    }
    // A policy or a password may be for one way to write a server alone.
    const auto* server = std::get_if<Lmtp>(&destination);
    return server == nullptr ? to_string(destination)
                             : to_string(destination) + ' ' + lmtp::as_written(server->endpoint);
  }

  /// The queue manager sorts the recipients of a command, or of a server, before it divides them.
  void sort_divided() {
    for (const auto& [target, jobs] : divided_) {
      sort_group(jobs);
    }
  }

  void sort_group(const std::vector<std::size_t>& jobs) {
    std::vector<std::pair<Address, LeafRef>> all;
    for (const std::size_t job : jobs) {
      for (const LeafRef leaf : jobs_[job].leaves) {
        all.emplace_back(traces_[leaf.trace].leaf(leaf.node).recipient.address, leaf);
      }
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& left, const auto& right) {
      return queue_order(left.first) < queue_order(right.first);
    });
    auto next = all.begin();
    for (const std::size_t job : jobs) {
      for (LeafRef& leaf : jobs_[job].leaves) {
        leaf = (next++)->second;
      }
    }
  }

  std::span<const Trace> traces_;
  const RecipientLimit& recipient_limit_;
  mutable std::map<std::string, std::size_t> limits_;  ///< By service.
  std::vector<PlannedJob> jobs_;
  std::map<JobKey, std::size_t> open_;                  ///< The newest job of each key.
  std::map<JobKey, std::vector<std::size_t>> divided_;  ///< All jobs of each key.
};

}  // namespace

bool needs_agent(const Destination& destination) {
  return !std::holds_alternative<Bounce>(destination) &&
         !std::holds_alternative<Defer>(destination) &&
         !std::holds_alternative<Discard>(destination);
}

std::vector<PlannedJob> plan_jobs(std::span<const Trace> traces,
                                  const RecipientLimit& recipient_limit) {
  return Planner(traces, recipient_limit).plan();
}

Job job_of(std::span<const Trace> traces, std::span<const LeafRef> leaves,
           const Envelope& envelope) {
  LM_CHECK(!leaves.empty());
  Job job;
  job.recipients.reserve(leaves.size());
  for (const LeafRef ref : leaves) {
    Leaf leaf = traces[ref.trace].leaf(ref.node);
    if (job.recipients.empty()) {
      job.destination = std::move(leaf.destination);
      job.service = std::move(leaf.agent);
      job.rights = leaf.rights;
      job.envelope = envelope;
      job.envelope.sender = leaf.sender;
      job.delivered_to = leaf.delivered_to;
    }
    job.recipients.push_back(std::move(leaf.recipient));
  }
  return job;
}

}  // namespace lastmile
