// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/deliver.h"

#include <map>

#include "local/delivering/delivery_record.h"
#include "local/delivering/leaf_statuses.h"
#include "local/delivering/perform_jobs.h"
#include "transports/settings.h"

namespace lastmile {

namespace {

enum class Progress { done, deferred };

Progress worse_of(Progress left, Progress right) {
  return left == Progress::deferred ? left : right;
}

/// Goes through the traces in their order, and has each job performed where its first leaf stands.
class DeliveryWalk {
 public:
  DeliveryWalk(std::span<const Trace> traces, std::span<const PlannedJob> jobs,
               const DeliveryTools& tools, JobPerformer& performer, LeafStatuses& statuses)
      : traces_(traces),
        jobs_(jobs),
        tools_(tools),
        performer_(performer),
        statuses_(statuses),
        jobs_of_leaves_(traces),
        is_performed_(jobs.size()) {
    for (std::size_t job = 0; job < jobs.size(); ++job) {
      if (jobs[job].submits_again) {
        submissions_[jobs[job].request].push_back(job);
      }
      for (const LeafRef leaf : jobs[job].leaves) {
        jobs_of_leaves_[leaf] = static_cast<std::uint32_t>(job + 1);
      }
    }
  }

  void run() {
    for (std::size_t index = 0; index < traces_.size(); ++index) {
      Progress progress = Progress::done;
      for (const NodeId request : traces_[index].requests()) {
        progress = worse_of(progress, perform_request({index, request}));
      }
      statuses_.conclude(index, progress == Progress::deferred);
    }
  }

 private:
  Progress perform_request(LeafRef request) {
    const Progress progress = walk(request);
    // Postfix submits at the end, and not at all when something is deferred: its retry would submit
    // it once more. One that remembers does not.
    return progress == Progress::done || retry_remembers()
               ? worse_of(progress, submit_again(request))
               : progress;
  }

  /// Performs what stands below a node, in the order of the trace.
  Progress walk(LeafRef ref) {
    const Trace& trace = traces_[ref.trace];
    const Step step = trace.step(ref.node);
    if (step == Step::note) {
      tools_.log.warn(trace.node(ref.node).subject);
    }
    if (trace.is_act(ref.node)) {
      return step == Step::resubmitted ? Progress::done : act(ref);
    }
    const bool lines_wait = step == Step::include || step == Step::forward;
    Progress progress = Progress::done;
    for (const NodeId child : trace.children(ref.node)) {
      const bool waits = lines_wait && trace.begins_line(child);
      if (waits && progress == Progress::deferred && !retry_remembers()) {
        break;
      }
      progress = worse_of(progress, walk({ref.trace, child}));
    }
    return progress;
  }

  Progress act(LeafRef ref) {
    const std::uint32_t job = jobs_of_leaves_[ref];
    if (job == 0) {
      performer_.settle_without_agent(ref);
    } else if (!is_performed_[job - 1]) {
      // Those of its other leaves are met later, also in the traces behind this one.
      is_performed_[job - 1] = true;
      performer_.perform(jobs_[job - 1]);
    }
    return progress_of(ref);
  }

  Progress submit_again(LeafRef request) {
    Progress progress = Progress::done;
    const auto found = submissions_.find(request);
    if (found == submissions_.end()) {
      return progress;
    }
    for (const std::size_t job : found->second) {
      performer_.submit(jobs_[job]);
      for (const LeafRef ref : jobs_[job].leaves) {
        progress = worse_of(progress, progress_of(ref));
      }
    }
    return progress;
  }

  Progress progress_of(LeafRef ref) const {
    return statuses_.is_deferred(ref) ? Progress::deferred : Progress::done;
  }

  bool retry_remembers() const { return tools_.record.remembers(); }

  std::span<const Trace> traces_;
  std::span<const PlannedJob> jobs_;
  const DeliveryTools& tools_;
  JobPerformer& performer_;
  LeafStatuses& statuses_;
  LeafTable<std::uint32_t> jobs_of_leaves_;  ///< One more than the index; 0: no agent is needed.
  std::vector<bool> is_performed_;           ///< By job.
  std::map<LeafRef, std::vector<std::size_t>> submissions_;  ///< Jobs, by request.
};

}  // namespace

DeliveryResult deliver(std::span<const Trace> traces, const Envelope& envelope,
                       const SpooledMessage& message, const DeliveryTools& tools) {
  const auto jobs = plan_jobs(traces, [&tools](const std::string& service) {
    return destination_recipient_limit(tools.settings, service);
  });
  LeafStatuses statuses(traces, tools);
  JobPerformer performer(traces, envelope, message, tools, statuses);
  DeliveryWalk(traces, jobs, tools, performer, statuses).run();
  return std::move(statuses).take();
}

}  // namespace lastmile
