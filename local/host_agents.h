// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "local/delivering/delivery_log.h"
#include "local/host.h"
#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"

namespace lastmile {

/// What performs the deliveries of a host, and tells its log. Both have to outlive it.
/// \param connections  to servers, that outlive the agents, and are outlived by the host; null:
/// none
///                     does
std::unique_ptr<Agents> real_agents_of(Host& host, DeliveryLog& log,
                                       std::shared_ptr<LmtpConnections> connections = nullptr);

}  // namespace lastmile
