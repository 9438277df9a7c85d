// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "local/delivering/delivery_log.h"
#include "transports/agents/agents.h"

namespace lastmile::test {

/// Performs nothing, remembers every job, and answers as it was told: delivered by default.
class RecordingAgents final : public Agents {
 public:
  /// What becomes of jobs for a destination such as "command:cat".
  void answer(const std::string& destination, DeliveryStatus::Outcome outcome);

  /// What becomes of one recipient, whatever the destination.
  void answer_recipient(const std::string& address, DeliveryStatus::Outcome outcome);

  /// When it is deferred, nobody knows whether the message got through.
  void leave_open(const std::string& destination);

  std::vector<DeliveryStatus> perform(const Job& job, const SpooledMessage& message) override;

  /// One line for each job: `command:cat list@example.com from sender@remote.test`.
  const std::vector<std::string>& lines() const { return lines_; }
  const std::vector<Job>& jobs() const { return jobs_; }
  /// The messages of the jobs, in the same order.
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  std::map<std::string, DeliveryStatus::Outcome> answers_;
  std::map<std::string, DeliveryStatus::Outcome> recipients_;
  std::set<std::string> open_;
  std::vector<std::string> lines_;
  std::vector<Job> jobs_;
  std::vector<std::string> messages_;
};

/// Remembers what is reported.
class RecordingLog final : public DeliveryLog {
 public:
  void record(const FinalStatus& status, const DeliveryDelays& delays) override;
  void warn(std::string_view text) override;

  /// `alice@example.com sent 2.0.0`.
  std::vector<std::string> statuses = {};
  std::vector<std::string> warnings = {};
};

}  // namespace lastmile::test
