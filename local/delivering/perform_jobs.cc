// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/perform_jobs.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "aliases/text.h"
#include "local/delivering/delivery_record.h"
#include "local/delivering/leaf_statuses.h"

namespace lastmile {

namespace {

using Outcome = DeliveryStatus::Outcome;

/// Recipients that are claimed and handed to sendmail(1) at once. It is given a few hundred in one
/// call anyway; a list may have a million, and each of these is kept with its status meanwhile.
constexpr std::size_t kSubmittedAtOnce = 10'000;

/// The status of a leaf that this delivery does not perform.
DeliveryStatus unperformed_status(Claim claim) {
  DeliveryStatus status;
  if (claim == Claim::done_before) {
    status.outcome = Outcome::delivered;
    status.code = "2.0.0"_dsn;
    status.text = "dealt with by an earlier attempt";
    return status;
  }
  status.code = "4.3.0"_dsn;
  status.text = "another process is delivering this message here";
  return status;
}

}  // namespace

JobPerformer::JobPerformer(std::span<const Trace> traces, const Envelope& envelope,
                           const SpooledMessage& message, const DeliveryTools& tools,
                           LeafStatuses& statuses)
    : traces_(traces), envelope_(envelope), message_(message), tools_(tools), statuses_(statuses) {}

std::vector<LeafRef> JobPerformer::claimed(std::span<const LeafRef> leaves) {
  const auto claims = tools_.record.claim(leaves);
  std::vector<LeafRef> mine;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (is_granted(claims[i])) {
      mine.push_back(leaves[i]);
    } else {
      skip(leaves[i], claims[i]);
    }
    if (claims[i] == Claim::perhaps_done) {
      // A second copy is better than none, but somebody has to know where it came from.
      const Leaf leaf = leaf_of(leaves[i]);
      tools_.log.warn("delivering to " + to_external(leaf.recipient.address) + " (" +
                      to_string(leaf.destination) +
                      ") again: it is not known how an earlier attempt ended");
    }
  }
  return mine;
}

void JobPerformer::skip(LeafRef ref, Claim claim) {
  FinalStatus report = report_of(leaf_of(ref), unperformed_status(claim));
  report.is_repeated = claim == Claim::done_before;
  statuses_.record_unperformed(ref, std::move(report));
}

JobPerformer::Answer JobPerformer::ask_agent(std::span<const LeafRef> leaves) {
  const auto start = std::chrono::steady_clock::now();
  Answer answer;
  answer.statuses = tools_.agents.perform(job_of(traces_, leaves, envelope_), message_);
  LM_CHECK(answer.statuses.size() == leaves.size());
  answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return answer;
}

void JobPerformer::perform(const PlannedJob& planned) {
  const std::vector<LeafRef> leaves = claimed(planned.leaves);
  if (leaves.empty()) {
    return;
  }
  Answer answer = ask_agent(leaves);
  statuses_.settle_delivered(leaves, answer.statuses);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    statuses_.record(leaves[i], report_of(leaf_of(leaves[i]), std::move(answer.statuses[i])),
                     answer.seconds);
  }
}

void JobPerformer::submit(const PlannedJob& planned) {
  std::optional<LeafRef> shown;
  DeliveryStatus status;
  double seconds = 0;
  std::span<const LeafRef> rest = planned.leaves;
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), kSubmittedAtOnce));
    rest = rest.subspan(part.size());
    const std::vector<LeafRef> leaves = claimed(part);
    if (leaves.empty()) {
      continue;
    }
    Answer answer = ask_agent(leaves);
    seconds += answer.seconds;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      DeliveryStatus& own = answer.statuses[i];
      const bool is_worse = shown && status.outcome == Outcome::delivered;
      if (!shown || is_worse) {
        // Of several the first that failed is told, else the last.
        if (shown) {
          statuses_.record_silently(*shown, status);
        }
        shown = leaves[i];
        status = std::move(own);
      } else {
        statuses_.record_silently(leaves[i], own);
      }
    }
  }
  if (!shown) {
    return;
  }
  const Trace& trace = traces_[shown->trace];
  FinalStatus report = report_of(leaf_of(*shown), std::move(status));
  report.to = trace.node(planned.request.node).subject;
  if (report.orig_to.empty()) {  // As below an owner- alias.
    report.orig_to = trace.node(trace.root()).subject;
  }
  report.agent = "sendmail";
  statuses_.record(*shown, std::move(report), seconds);
}

void JobPerformer::settle_without_agent(LeafRef ref) {
  const Leaf leaf = leaf_of(ref);
  // A failure is reported once; all else may happen again.
  if (std::holds_alternative<Bounce>(leaf.destination) && claimed(std::span(&ref, 1)).empty()) {
    return;
  }
  if (!leaf.reason->empty()) {
    tools_.log.warn(*leaf.reason);
  }
  statuses_.record(ref, report_of(leaf, decided_status(leaf.destination)), 0);
}

}  // namespace lastmile
