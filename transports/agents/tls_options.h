// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "aliases/world/world.h"
#include "lmtpclient/client.h"
#include "transports/agents/tls_engine.h"
#include "transports/destination.h"
#include "transports/settings.h"

namespace lastmile {

/// Whether TLS that fails may be left away at once where the level is `may`. A server may be mended
/// before the message is asked for again, so one that has only just come waits for that.
enum class PlaintextFallback { not_yet, allowed };

/// How the sessions with the servers of an endpoint are protected. Tables are asked, and files
/// read, here and now: whoever connects later may lack the rights.
///
/// \param world  for the tables; null: a table cannot be asked
/// \param log    gets what is to be logged, now and during the sessions
/// \param store  where sessions are kept and found; null: nowhere
/// \return misconfigured, naming the parameter and its line, for a value that makes no sense
/// \see lmtp(8), TLS CONTROLS
Result<std::function<lmtp::ServerPlan(const lmtp::ServerAddress&)>> tls_plans(
    const Settings& settings, const Lmtp& server, PlaintextFallback fallback, World* world,
    const std::shared_ptr<LogLines>& log, const std::shared_ptr<TlsSessionStore>& store);

}  // namespace lastmile
