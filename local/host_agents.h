#pragma once

#include <memory>

#include "local/delivering/delivery_log.h"
#include "local/host.h"
#include "transports/agents/agents.h"

namespace lastmile {

/// What performs the deliveries of a host, and tells its log. Both have to outlive it.
std::unique_ptr<Agents> real_agents_of(Host& host, DeliveryLog& log);

}  // namespace lastmile
