#include "local/delivering/deliver.h"

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "aliases/text.h"
#include "local/delivering/delivery_record.h"
#include "local/delivering/status_filter.h"
#include "transports/settings.h"

namespace lastmile {

namespace {

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
  report.orig_to = leaf.recipient.original;
  report.orcpt = leaf.recipient.orcpt;
  report.agent = leaf.agent;
  report.status = std::move(status);
  return report;
}

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

class Delivery {
 public:
  Delivery(std::span<const Trace> traces, const Envelope& envelope, const SpooledMessage& message,
           const DeliveryTools& tools)
      : traces_(traces),
        message_(message),
        tools_(tools),
        jobs_(plan_jobs(traces, envelope,
                        [&tools](const std::string& service) {
                          return destination_recipient_limit(tools.settings, service);
                        })),
        performed_(jobs_.size(), Performed::no),
        tallies_(traces.size()) {
    for (std::size_t job = 0; job < jobs_.size(); ++job) {
      if (jobs_[job].submits_again) {
        submissions_[jobs_[job].request].push_back(job);
      }
      for (std::size_t i = 0; i < jobs_[job].leaves.size(); ++i) {
        places_[jobs_[job].leaves[i]] = {job, i};
      }
    }
  }

  DeliveryResult run() && {
    for (std::size_t index = 0; index < traces_.size(); ++index) {
      Progress progress = Progress::done;
      for (const NodeId request : traces_[index].requests()) {
        if (perform_request({index, request}) == Progress::deferred) {
          progress = Progress::deferred;
        }
      }
      result_.verdicts.push_back(verdict(index, progress));
    }
    return std::move(result_);
  }

 private:
  enum class Performed { no, yes };
  /// What an agent answered, and how long it took.
  struct Answer {
    std::vector<DeliveryStatus> statuses = {};  ///< One per leaf.
    double seconds = 0;
  };
  enum class Progress { done, deferred };
  /// What the statuses of one trace add up to.
  struct Tally {
    std::optional<EnhancedStatus> first_failure = {};
    bool any_delivered = false;
  };
  struct Place {
    std::size_t job = 0;
    std::size_t position = 0;
  };

  Progress perform_request(LeafRef request) {
    Progress progress = walk(request);
    if ((progress == Progress::done || retry_remembers()) &&
        submit_again(request) == Progress::deferred) {
      progress = Progress::deferred;
    }
    return progress;
  }

  /// Performs what stands below a node, in the order of the trace.
  Progress walk(LeafRef ref) {
    const Trace& trace = traces_[ref.trace];
    const Step step = trace.step(ref.node);
    if (step == Step::note) {
      tools_.log.warn(trace.node(ref.node).subject);
    }
    if (trace.is_act(ref.node)) {
      return step == Step::resubmitted ? Progress::done : act(ref, leaf_of(ref));
    }
    const bool lines_wait = step == Step::include || step == Step::forward;
    Progress progress = Progress::done;
    for (const NodeId child : trace.children(ref.node)) {
      const bool waits = lines_wait && trace.begins_line(child);
      if (waits && progress == Progress::deferred && !retry_remembers()) {
        break;
      }
      if (walk({ref.trace, child}) == Progress::deferred) {
        progress = Progress::deferred;
      }
    }
    return progress;
  }

  Progress act(LeafRef ref, const Leaf& leaf) {
    const auto place = places_.find(ref);
    if (place == places_.end()) {
      return act_without_agent(ref, leaf);
    }
    if (performed_[place->second.job] == Performed::no) {
      perform(place->second.job);
    }
    return outcomes_.at(ref) == Outcome::deferred ? Progress::deferred : Progress::done;
  }

  Progress act_without_agent(LeafRef ref, const Leaf& leaf) {
    // A failure is reported once; all else may happen again.
    if (std::holds_alternative<Bounce>(leaf.destination) && claimed({ref}).empty()) {
      return outcomes_.at(ref) == Outcome::deferred ? Progress::deferred : Progress::done;
    }
    if (!leaf.reason->empty()) {
      tools_.log.warn(*leaf.reason);
    }
    return record(ref, report_of(leaf, decided_status(leaf.destination)), 0);
  }

  bool retry_remembers() const { return tools_.record.remembers(); }

  /// The positions of the leaves that this delivery has to perform. The others have a status then.
  std::vector<std::size_t> claimed(const std::vector<LeafRef>& leaves) {
    const auto claims = tools_.record.claim(leaves);
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (is_granted(claims[i])) {
        positions.push_back(i);
      } else {
        skip(leaves[i], claims[i]);
      }
      if (claims[i] == Claim::perhaps_done) {
        warn_of_second_copy(leaf_of(leaves[i]));
      }
    }
    return positions;
  }

  void skip(LeafRef ref, Claim claim) {
    FinalStatus report = report_of(leaf_of(ref), unperformed_status(claim));
    outcomes_[ref] = report.status.outcome;
    tools_.log.record(report, {});
    keep(ref, std::move(report));
  }

  void warn_of_second_copy(const Leaf& leaf) {
    tools_.log.warn("delivering to " + to_external(leaf.recipient.address) + " (" +
                    to_string(leaf.destination) +
                    ") again: it is not known how an earlier attempt ended");
  }

  /// The job with those of its recipients that this delivery has to perform.
  PlannedJob claimed_part(const PlannedJob& planned) {
    PlannedJob part = planned;
    part.job.recipients.clear();
    part.leaves.clear();
    for (const std::size_t position : claimed(planned.leaves)) {
      part.job.recipients.push_back(planned.job.recipients[position]);
      part.leaves.push_back(planned.leaves[position]);
    }
    return part;
  }

  void perform(std::size_t index) {
    performed_[index] = Performed::yes;
    const PlannedJob planned = claimed_part(jobs_[index]);
    if (planned.leaves.empty()) {
      return;
    }
    Answer answer = ask_agent(planned);
    for (std::size_t i = 0; i < planned.leaves.size(); ++i) {
      const LeafRef ref = planned.leaves[i];
      record(ref, report_of(leaf_of(ref), std::move(answer.statuses[i])), answer.seconds);
    }
  }

  /// What is done is written down before anything else happens: who is killed before that does it
  /// twice. (What a filter says of a success changes nothing of it.)
  Answer ask_agent(const PlannedJob& planned) {
    const auto start = std::chrono::steady_clock::now();
    Answer answer;
    answer.statuses = tools_.agents.perform(planned.job, message_);
    LM_CHECK(answer.statuses.size() == planned.leaves.size());
    answer.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (std::size_t i = 0; i < planned.leaves.size(); ++i) {
      if (answer.statuses[i].outcome == Outcome::delivered) {
        settle(planned.leaves[i], answer.statuses[i]);
      }
    }
    tools_.record.flush();
    return answer;
  }

  /// Submits what the recipient's expansion puts back into the queue.
  Progress submit_again(LeafRef request) {
    Progress progress = Progress::done;
    const auto found = submissions_.find(request);
    if (found == submissions_.end()) {
      return progress;
    }
    for (const std::size_t job : found->second) {
      const PlannedJob& planned = jobs_[job];
      submit(claimed_part(planned));
      for (const LeafRef ref : planned.leaves) {
        if (outcomes_.at(ref) == Outcome::deferred) {
          progress = Progress::deferred;
        }
      }
    }
    return progress;
  }

  /// One status for each new message, in the name of the recipient whose expansion it was: the
  /// first that is not delivered, where a long list of recipients became more than one submission.
  void submit(const PlannedJob& planned) {
    if (planned.leaves.empty()) {
      return;
    }
    const auto [statuses, seconds] = ask_agent(planned);
    std::size_t shown = 0;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      if (statuses[shown].outcome == Outcome::delivered) {
        shown = i;
      }
      if (statuses[i].outcome == Outcome::delivered) {
        outcomes_[planned.leaves[i]] = Outcome::delivered;
      }
    }
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      if (i != shown) {
        settle(planned.leaves[i], statuses[i]);
      }
    }
    const LeafRef ref = planned.leaves[shown];
    const Trace& trace = traces_[ref.trace];
    FinalStatus report = report_of(leaf_of(ref), statuses[shown]);
    report.to = trace.node(planned.request.node).subject;
    if (report.orig_to.empty()) {  // As below an owner- alias.
      report.orig_to = trace.node(trace.root()).subject;
    }
    report.agent = "sendmail";
    record(ref, std::move(report), seconds);
    for (const LeafRef leaf : planned.leaves) {
      outcomes_.try_emplace(leaf, outcomes_.at(ref));
    }
  }

  Progress record(LeafRef ref, FinalStatus report, double seconds) {
    tools_.filter.apply(report);
    const Outcome outcome = report.status.outcome;
    outcomes_[ref] = outcome;
    settle(ref, report.status);
    tools_.log.record(report, {0, seconds});
    keep(ref, std::move(report));
    return outcome == Outcome::deferred ? Progress::deferred : Progress::done;
  }

  void keep(LeafRef ref, FinalStatus report) {
    Tally& tally = tallies_[ref.trace];
    if (report.status.outcome == Outcome::bounced && !tally.first_failure) {
      tally.first_failure = report.status.code;
    }
    tally.any_delivered = tally.any_delivered || report.status.outcome == Outcome::delivered;
    result_.statuses.push_back({ref, std::move(report)});
  }

  void settle(LeafRef ref, const DeliveryStatus& status) {
    // A failure stays claimed until it is reported.
    if (status.outcome == Outcome::delivered) {
      tools_.record.settle(ref, Settlement::done);
    } else if (status.outcome == Outcome::deferred) {
      tools_.record.settle(ref,
                           status.perhaps_delivered ? Settlement::uncertain : Settlement::not_done);
    }
  }

  RecipientVerdict verdict(std::size_t trace, Progress progress) const {
    RecipientVerdict verdict;
    verdict.kind = RecipientVerdict::Kind::delivered;
    const Tally& tally = tallies_[trace];
    verdict.code = tally.first_failure.value_or(verdict.code);
    if (progress == Progress::deferred) {
      verdict.kind = RecipientVerdict::Kind::deferred;
    } else if (tally.first_failure && !tally.any_delivered) {
      verdict.kind = RecipientVerdict::Kind::failed;
    }
    return verdict;
  }

  Leaf leaf_of(LeafRef ref) const { return traces_[ref.trace].leaf(ref.node); }

  std::span<const Trace> traces_;
  const SpooledMessage& message_;
  const DeliveryTools& tools_;
  std::vector<PlannedJob> jobs_;
  std::vector<Performed> performed_;
  std::map<LeafRef, Place> places_;
  std::map<LeafRef, Outcome> outcomes_;
  std::map<LeafRef, std::vector<std::size_t>> submissions_;  ///< Jobs, by request.
  std::vector<Tally> tallies_;                               ///< One per trace.
  DeliveryResult result_;
};

}  // namespace

DeliveryResult deliver(std::span<const Trace> traces, const Envelope& envelope,
                       const SpooledMessage& message, const DeliveryTools& tools) {
  return Delivery(traces, envelope, message, tools).run();
}

}  // namespace lastmile
