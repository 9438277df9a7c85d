// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "local/delivering/deliver.h"
#include "local/delivering/leaf_table.h"
#include "transports/delivery_status.h"

namespace lastmile {

/// The report of a leaf, as it stands before anything is done with it.
FinalStatus report_of(const Leaf& leaf, DeliveryStatus status);

/// The status of a leaf that needs no agent: what the trace has decided.
DeliveryStatus decided_status(const Destination& destination);

/// What became of each leaf of a delivery, as far as it is known by now: the log and the record are
/// told, and the verdict on each recipient is drawn from it.
class LeafStatuses {
 public:
  /// Both have to outlive it.
  LeafStatuses(std::span<const Trace> traces, const DeliveryTools& tools);

  /// How a leaf ended that was claimed and performed, or needs no agent. The filter has its say
  /// first. \param seconds  how long it took
  void record(LeafRef ref, FinalStatus report, double seconds);

  /// How a leaf stands that this delivery does not perform: the record knows it already.
  void record_unperformed(LeafRef ref, FinalStatus report);

  /// How one of several recipients of a submission ended, of which another one is reported.
  void record_silently(LeafRef ref, const DeliveryStatus& status);

  /// Writes down what is done before anything else happens: who is killed before that does it
  /// twice.
  void settle_delivered(std::span<const LeafRef> leaves, std::span<const DeliveryStatus> statuses);

  bool is_deferred(LeafRef ref) const {
    return outcomes_[ref] == DeliveryStatus::Outcome::deferred;
  }

  /// What this recipient's MTA is told. \param waits  something of it is deferred, or was not tried
  void conclude(std::size_t trace, bool waits);

  DeliveryResult take() && { return std::move(result_); }

 private:
  /// What the statuses of one trace add up to.
  struct Tally {
    std::optional<EnhancedStatus> first_failure = {};
    bool any_delivered = false;
  };

  void keep(LeafRef ref, FinalStatus report);
  void settle(LeafRef ref, const DeliveryStatus& status);

  const DeliveryTools& tools_;
  LeafTable<std::optional<DeliveryStatus::Outcome>> outcomes_;
  std::vector<Tally> tallies_;  ///< One per trace.
  DeliveryResult result_ = {};
};

}  // namespace lastmile
