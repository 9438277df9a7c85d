#include "local/deliver.h"

#include <chrono>
#include <map>
#include <utility>

#include "aliases/text.h"
#include "local/status_filter.h"

namespace lastmile {

namespace {

/// Recipients of one LMTP transaction. \see postconf(5), lmtp_destination_recipient_limit
constexpr std::size_t kRecipientLimit = 50;

using Outcome = DeliveryStatus::Outcome;

/// The status of a leaf that needs no agent.
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

FinalStatus report_of(const Leaf& leaf, DeliveryStatus status) {
  FinalStatus report;
  report.to = to_external(leaf.recipient.address);
  if (!leaf.recipient.original.empty() &&
      fold_case(leaf.recipient.original) != fold_case(report.to)) {
    report.orig_to = leaf.recipient.original;
  }
  report.agent = leaf.agent;
  report.status = std::move(status);
  return report;
}

class Delivery {
 public:
  Delivery(std::span<const Trace> traces, const Envelope& envelope, const SpooledMessage& message,
           const DeliveryTools& tools)
      : traces_(traces),
        message_(message),
        tools_(tools),
        jobs_(plan_jobs(traces, envelope, kRecipientLimit)),
        performed_(jobs_.size(), Performed::no) {
    for (std::size_t job = 0; job < jobs_.size(); ++job) {
      for (std::size_t i = 0; i < jobs_[job].leaves.size(); ++i) {
        places_[jobs_[job].leaves[i]] = {job, i};
      }
    }
  }

  DeliveryResult run() && {
    for (std::size_t index = 0; index < traces_.size(); ++index) {
      Progress progress = walk({index, traces_[index].root()});
      if (progress == Progress::done) {
        progress = submit_again(index);
      }
      result_.verdicts.push_back(verdict(index, progress));
    }
    return std::move(result_);
  }

 private:
  enum class Performed { no, yes };
  enum class Progress { done, deferred };
  struct Place {
    std::size_t job = 0;
    std::size_t position = 0;
  };

  /// Performs what stands below a node, in the order of the trace.
  Progress walk(LeafRef ref) {
    const Trace& trace = traces_[ref.trace];
    const TraceNode& node = trace.node(ref.node);
    if (node.step == Step::note) {
      tools_.log.warn(node.subject);
    }
    if (node.leaf != nullptr) {
      return node.step == Step::resubmitted ? Progress::done : act(ref, *node.leaf);
    }
    const bool lines_wait = node.step == Step::include || node.step == Step::forward;
    Progress progress = Progress::done;
    int line = 0;
    for (const NodeId child : trace.children(ref.node)) {
      const auto& source = trace.node(child).source;
      const int next_line = source ? source->line : line;
      if (lines_wait && progress == Progress::deferred && next_line != line) {
        break;
      }
      line = next_line;
      if (walk({ref.trace, child}) == Progress::deferred) {
        progress = Progress::deferred;
      }
    }
    return progress;
  }

  Progress act(LeafRef ref, const Leaf& leaf) {
    const auto place = places_.find(ref);
    if (place == places_.end()) {
      warn_of_reason(ref, leaf);
      return record(ref, report_of(leaf, decided_status(leaf.destination)), 0);
    }
    if (performed_[place->second.job] == Performed::no) {
      perform(place->second.job);
    }
    return outcomes_.at(ref) == Outcome::deferred ? Progress::deferred : Progress::done;
  }

  /// The status of such a leaf tells the sender little; the administrator learns the reason.
  void warn_of_reason(LeafRef ref, const Leaf& leaf) {
    const std::string& reason = traces_[ref.trace].node(ref.node).detail;
    if (!reason.empty() && leaf.agent == "local") {
      tools_.log.warn(reason);
    }
  }

  void perform(std::size_t index) {
    performed_[index] = Performed::yes;
    const PlannedJob& planned = jobs_[index];
    const auto start = std::chrono::steady_clock::now();
    auto statuses = tools_.agents.perform(planned.job, message_);
    LM_CHECK(statuses.size() == planned.leaves.size());
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    for (std::size_t i = 0; i < planned.leaves.size(); ++i) {
      const LeafRef ref = planned.leaves[i];
      record(ref, report_of(leaf_of(ref), std::move(statuses[i])), seconds.count());
    }
  }

  /// Submits what the recipient's expansion puts back into the queue: one status for each new
  /// message, in the name of the recipient whose expansion it was.
  Progress submit_again(std::size_t trace) {
    Progress progress = Progress::done;
    for (const PlannedJob& planned : jobs_) {
      if (!planned.submits_again || planned.leaves.front().trace != trace) {
        continue;
      }
      const auto start = std::chrono::steady_clock::now();
      auto statuses = tools_.agents.perform(planned.job, message_);
      LM_CHECK(!statuses.empty());
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      FinalStatus report;
      report.to = traces_[trace].node(traces_[trace].root()).subject;
      report.agent = "sendmail";
      report.status = std::move(statuses.front());
      if (record(planned.leaves.front(), std::move(report), seconds.count()) ==
          Progress::deferred) {
        progress = Progress::deferred;
      }
    }
    return progress;
  }

  Progress record(LeafRef ref, FinalStatus report, double seconds) {
    tools_.filter.apply(report);
    const Outcome outcome = report.status.outcome;
    outcomes_[ref] = outcome;
    tools_.log.record(report, {0, seconds});
    result_.statuses.push_back({ref, std::move(report)});
    return outcome == Outcome::deferred ? Progress::deferred : Progress::done;
  }

  RecipientVerdict verdict(std::size_t trace, Progress progress) const {
    RecipientVerdict verdict;
    verdict.kind = RecipientVerdict::Kind::delivered;
    std::size_t delivered = 0;
    std::size_t failed = 0;
    for (const LeafStatus& status : result_.statuses) {
      if (status.leaf.trace != trace) {
        continue;
      }
      if (status.report.status.outcome == Outcome::bounced && failed++ == 0) {
        verdict.code = status.report.status.code;
      }
      delivered += status.report.status.outcome == Outcome::delivered ? 1U : 0U;
    }
    if (progress == Progress::deferred) {
      verdict.kind = RecipientVerdict::Kind::deferred;
    } else if (failed > 0 && delivered == 0) {
      verdict.kind = RecipientVerdict::Kind::failed;
    }
    return verdict;
  }

  const Leaf& leaf_of(LeafRef ref) const { return *traces_[ref.trace].node(ref.node).leaf; }

  std::span<const Trace> traces_;
  const SpooledMessage& message_;
  const DeliveryTools& tools_;
  std::vector<PlannedJob> jobs_;
  std::vector<Performed> performed_;
  std::map<LeafRef, Place> places_;
  std::map<LeafRef, Outcome> outcomes_;
  DeliveryResult result_;
};

}  // namespace

DeliveryResult deliver(std::span<const Trace> traces, const Envelope& envelope,
                       const SpooledMessage& message, const DeliveryTools& tools) {
  return Delivery(traces, envelope, message, tools).run();
}

}  // namespace lastmile
