// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "aliases/address.h"
#include "aliases/world/world.h"
#include "lmtpclient/client.h"
#include "transports/agents/tls_engine.h"
#include "transports/destination.h"
#include "transports/settings.h"

namespace lastmile {

/// Null: nobody logs in.
using LoginPlans = std::function<std::shared_ptr<lmtp::Login>(const lmtp::ServerAddress& server)>;

/// Who logs in to the servers of an endpoint for a message of `sender`. Tables are asked here and
/// now: whoever connects later may lack the rights. No password is in any text that comes of it.
///
/// \param world  for the tables; null: none can be asked
/// \return misconfigured, naming the parameter and its line, for a value that makes no sense
/// \see lmtp(8), SASL AUTHENTICATION CONTROLS
Result<LoginPlans> login_plans(const Settings& settings, const Lmtp& server, const Address& sender,
                               World* world, const std::shared_ptr<LogLines>& log);

}  // namespace lastmile
