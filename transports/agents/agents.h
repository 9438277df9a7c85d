// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "transports/delivery_status.h"
#include "transports/destination.h"
#include "transports/envelope.h"

namespace lastmile {

class SpooledMessage;

/// One act: a destination, the rights to do it with, and the recipients that share it (more
/// than one only for LMTP and for what is submitted through sendmail).
struct Job {
  Destination destination = {};
  std::string service = {};  ///< The master.cf service whose parameters hold.
  Rights rights = {};
  Envelope envelope = {};         ///< Its sender is the current one, after owner- aliases.
  std::string delivered_to = {};  ///< For the Delivered-To: header; empty: none is added.
  std::vector<Recipient> recipients = {};
};

/// For a destination that the trace has decided, which never becomes a job.
[[noreturn]] inline void no_agent() {
  check_failed("a job has a destination for an agent", __FILE__, __LINE__);
}

/// The only door through which a delivery changes anything outside this process.
class Agents {
 public:
  Agents() = default;
  Agents(const Agents&) = delete;
  Agents& operator=(const Agents&) = delete;
  virtual ~Agents() = default;

  /// Performs one job.
  /// \return one status per entry of job.recipients, in the same order. Never fails otherwise:
  ///         what cannot be done is a deferred or bounced status. When it is not certain that
  ///         the message is safely stored, the status is deferred.
  virtual std::vector<DeliveryStatus> perform(const Job& job, const SpooledMessage& message) = 0;
};

}  // namespace lastmile
