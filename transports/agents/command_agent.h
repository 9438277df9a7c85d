// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// Runs a command with a message on its standard input, with the rights of the job and never with
/// those of root.
/// \see local(8), EXTERNAL COMMAND DELIVERY; command_rules.h for what it sees and what it can say
AgentReport deliver_to_command(const Command& command, const Job& job,
                               const SpooledMessage& message, const AgentContext& context);

/// A variable of this process's own environment.
std::optional<std::string> own_environment(std::string_view name);

}  // namespace lastmile
