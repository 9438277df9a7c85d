// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "local/resolving/trace.h"
#include "transports/agents/agents.h"

namespace lastmile {

/// A leaf of one of several traces (one trace per recipient).
struct LeafRef {
  std::size_t trace = 0;  ///< Index into the traces that were given.
  NodeId node = {};

  friend bool operator<(const LeafRef& left, const LeafRef& right) {
    return std::tie(left.trace, left.node) < std::tie(right.trace, right.node);
  }
};

/// False for what the trace has decided: a failure, or what is dropped.
bool needs_agent(const Destination& destination);

/// Leaves that an agent performs together.
struct PlannedJob {
  LeafRef request = {};  ///< The one of Trace::requests() that its first leaf belongs to.
  std::vector<LeafRef> leaves = {};
  /// What is submitted again waits until everything else of its trace is done: when something of
  /// it is deferred, nothing is submitted, since the retry would submit it once more.
  bool submits_again = false;
};

/// How many recipients a service is given at once; 0: any number.
/// \see postconf(5), transport_destination_recipient_limit
using RecipientLimit = std::function<std::size_t(const std::string& service)>;

/// Makes jobs of the acts that need an agent (all but Bounce, Defer and Discard), for traces that
/// were resolved with Resubmissions::stop.
///
/// Leaves for one LMTP endpoint with the same sender share a job, across recipients too, up to the
/// limit of their service, unless the service has a header that names the recipient
/// (Lmtp::one_each); so do those for one pipe(8) service and nexthop, up to its own limit and
/// sorted by address, as the queue manager sorts them; a job stands where its first leaf stood.
/// What one recipient submits again with the same sender and the same Delivered-To: is one new
/// message. Pure.
std::vector<PlannedJob> plan_jobs(std::span<const Trace> traces,
                                  const RecipientLimit& recipient_limit);

/// What an agent is told of leaves that are planned together, or of some of them.
/// \param leaves  at least one
/// \param envelope  of the message; what the leaves say of the sender holds
Job job_of(std::span<const Trace> traces, std::span<const LeafRef> leaves,
           const Envelope& envelope);

}  // namespace lastmile
