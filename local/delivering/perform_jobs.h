// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "local/delivering/deliver.h"
#include "local/delivering/leaf_statuses.h"
#include "local/delivering/ledger.h"
#include "local/delivering/plan_jobs.h"

namespace lastmile {

/// Takes jobs to their agents, as far as they are this delivery's to perform, and records what
/// became of each leaf.
class JobPerformer {
 public:
  /// All have to outlive it.
  JobPerformer(std::span<const Trace> traces, const Envelope& envelope,
               const SpooledMessage& message, const DeliveryTools& tools, LeafStatuses& statuses);

  /// Performs one job; each of its leaves has a status then.
  void perform(const PlannedJob& planned);

  /// Submits what a recipient's expansion puts back into the queue. It has one status, in the name
  /// of that recipient: the first that is not delivered, where a long list of recipients becomes
  /// more than one submission.
  void submit(const PlannedJob& planned);

  /// A failure that the trace has decided, or what is dropped or waits: no agent is asked.
  void settle_without_agent(LeafRef ref);

 private:
  /// What an agent answered, and how long it took.
  struct Answer {
    std::vector<DeliveryStatus> statuses = {};  ///< One per leaf.
    double seconds = 0;
  };

  /// Those that this delivery has to perform. The others have a status then.
  std::vector<LeafRef> claimed(std::span<const LeafRef> leaves);
  void skip(LeafRef ref, Claim claim);
  Answer ask_agent(std::span<const LeafRef> leaves);
  Leaf leaf_of(LeafRef ref) const { return traces_[ref.trace].leaf(ref.node); }

  std::span<const Trace> traces_;
  const Envelope& envelope_;
  const SpooledMessage& message_;
  const DeliveryTools& tools_;
  LeafStatuses& statuses_;
};

}  // namespace lastmile
