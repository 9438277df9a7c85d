// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "local/delivering/delivery_log.h"
#include "local/delivering/exit_status.h"
#include "local/delivering/plan_jobs.h"
#include "local/resolving/trace.h"
#include "transports/agents/agents.h"

namespace lastmile {

class DeliveryRecord;
class SpooledMessage;
class StatusFilter;

struct LeafStatus {
  LeafRef leaf = {};
  FinalStatus report = {};
};

/// What a delivery did.
struct DeliveryResult {
  std::vector<LeafStatus> statuses = {};        ///< In the order in which they were decided.
  std::vector<RecipientVerdict> verdicts = {};  ///< One per trace.
};

/// What `deliver` works with. The referents outlive the call.
struct DeliveryTools {
  Agents& agents;
  DeliveryLog& log;
  StatusFilter& filter;
  DeliveryRecord& record;  ///< What earlier attempts have done.
  const Settings& settings;
  double seconds_before = 0;  ///< What the log says of the time before the delivery.
};

/// Performs traces and returns what became of each act. It decides nothing that a trace has
/// decided. `--dry-run` is this function with RehearsalAgents.
///
/// With a record that remembers, only what is missing is performed, and each leaf is recorded. A
/// leaf that failed for good stays claimed until its report is accepted. \see report_failures()
///
/// With one that does not, as in Postfix: a line of an include or .forward
/// file that is deferred hides the lines after it, and cancels what the recipient would submit
/// again. All of it is done by the retry.
DeliveryResult deliver(std::span<const Trace> traces, const Envelope& envelope,
                       const SpooledMessage& message, const DeliveryTools& tools);

}  // namespace lastmile
