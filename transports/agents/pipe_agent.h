// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// Runs the command of a pipe(8) service for all recipients of the job, which share its status. It
/// has the rights of the job, never those of root, and what export_environment names.
/// \see pipe(8); pipe_rules.h for what its words and flags mean
AgentReport deliver_to_pipe(const Pipe& pipe, const Job& job, const SpooledMessage& message,
                            const AgentContext& context);

}  // namespace lastmile
