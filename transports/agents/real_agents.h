// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"

namespace lastmile {

/// Hands a message to an LMTP server: one status per recipient. A function, because what stands
/// behind it keeps a connection from one job to the next.
using LmtpAgent = std::function<std::vector<DeliveryStatus>(const Lmtp& server, const Job& job,
                                                            const SpooledMessage& message,
                                                            const AgentContext& context)>;

/// Does what a job says.
///
/// As root each file, mailbox and command is touched with the rights of its user, by a child that
/// has given up root. As an ordinary user it delivers as that user alone, and defers what would
/// have needed the rights of another.
class RealAgents : public Agents {
 public:
  /// \param settings  must outlive the agents
  /// \param lmtp      empty: jobs for an LMTP server are deferred
  /// \param warn      gets, one line each, what the administrator should know beside the statuses;
  ///                  empty: they are dropped
  RealAgents(const Settings& settings, LmtpAgent lmtp,
             std::function<void(const std::string&)> warn = {},
             const SystemCalls& system = real_system());

  std::vector<DeliveryStatus> perform(const Job& job, const SpooledMessage& message) override;

 private:
  std::vector<DeliveryStatus> deliver_to_lmtp(const Lmtp& server, const Job& job,
                                              const SpooledMessage& message,
                                              const AgentContext& context) const;

  const Settings& settings_;
  LmtpAgent lmtp_;
  std::function<void(const std::string&)> warn_;
  const SystemCalls& system_;
  std::set<std::string> said_once_;
};

}  // namespace lastmile
