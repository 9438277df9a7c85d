// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/leaf_statuses.h"

#include <utility>

#include "local/delivering/delivery_record.h"
#include "local/delivering/status_filter.h"

namespace lastmile {

namespace {

using Outcome = DeliveryStatus::Outcome;

}  // namespace

FinalStatus report_of(const Leaf& leaf, DeliveryStatus status) {
  FinalStatus report;
  report.to = to_external(leaf.recipient.address);
  report.orig_to = leaf.recipient.original;
  report.orcpt = leaf.recipient.orcpt;
  report.agent = leaf.agent;
  report.status = std::move(status);
  return report;
}

DeliveryStatus decided_status(const Destination& destination) {
  DeliveryStatus status;
  if (const auto* bounced = std::get_if<Bounce>(&destination)) {
    status.outcome = Outcome::bounced;
    status.code = bounced->status;
    status.text = bounced->text;
  } else if (const auto* deferred = std::get_if<Defer>(&destination)) {
    status.code = deferred->status;
    status.text = deferred->text;
  } else if (const auto* discarded = std::get_if<Discard>(&destination)) {
    status.outcome = Outcome::delivered;
    status.code = discarded->status;
    status.text = discarded->text.empty() ? "discarded" : discarded->text;
  }
  return status;
}

LeafStatuses::LeafStatuses(std::span<const Trace> traces, const DeliveryTools& tools)
    : tools_(tools), outcomes_(traces), tallies_(traces.size()) {}

void LeafStatuses::record(LeafRef ref, FinalStatus report, double seconds) {
  tools_.filter.apply(report);
  settle(ref, report.status);
  tools_.log.record(report, {tools_.seconds_before, seconds});
  keep(ref, std::move(report));
}

void LeafStatuses::record_unperformed(LeafRef ref, FinalStatus report) {
  tools_.log.record(report, {tools_.seconds_before, 0});
  keep(ref, std::move(report));
}

void LeafStatuses::record_silently(LeafRef ref, const DeliveryStatus& status) {
  outcomes_[ref] = status.outcome;
  settle(ref, status);
}

// What a filter says of a success changes nothing of it.
void LeafStatuses::settle_delivered(std::span<const LeafRef> leaves,
                                    std::span<const DeliveryStatus> statuses) {
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (statuses[i].outcome == Outcome::delivered) {
      settle(leaves[i], statuses[i]);
    }
  }
  tools_.record.flush();
}

void LeafStatuses::keep(LeafRef ref, FinalStatus report) {
  outcomes_[ref] = report.status.outcome;
  Tally& tally = tallies_[ref.trace];
  if (report.status.outcome == Outcome::bounced && !tally.first_failure) {
    tally.first_failure = report.status.code;
  }
  tally.any_delivered = tally.any_delivered || report.status.outcome == Outcome::delivered;
  result_.statuses.push_back({ref, std::move(report)});
}

void LeafStatuses::settle(LeafRef ref, const DeliveryStatus& status) {
  // A failure stays claimed until its report is accepted: were it settled here, a process that dies
  // in between would leave the sender without a word.
  if (status.outcome == Outcome::delivered) {
    tools_.record.settle(ref, Settlement::done);
  } else if (status.outcome == Outcome::deferred) {
    tools_.record.settle(ref,
                         status.perhaps_delivered ? Settlement::uncertain : Settlement::not_done);
  }
}

void LeafStatuses::conclude(std::size_t trace, bool waits) {
  RecipientVerdict verdict;
  verdict.kind = RecipientVerdict::Kind::delivered;
  const Tally& tally = tallies_[trace];
  verdict.code = tally.first_failure.value_or(verdict.code);
  if (waits) {
    // One answer for all destinations of a recipient: the MTA has to come back, and what is done by
    // then is not done again.
    verdict.kind = RecipientVerdict::Kind::deferred;
  } else if (tally.first_failure && !tally.any_delivered) {
    verdict.kind = RecipientVerdict::Kind::failed;
  }
  result_.verdicts.push_back(verdict);
}

}  // namespace lastmile
