// SPDX-License-Identifier: Apache-2.0
#include "local/host_agents.h"

#include <string>
#include <utility>

#include "transports/agents/lmtp_agent.h"
#include "transports/agents/lmtp_connections.h"
#include "transports/agents/real_agents.h"
#include "transports/agents/tls_engine.h"

namespace lastmile {

std::unique_ptr<Agents> real_agents_of(Host& host, DeliveryLog& log,
                                       std::shared_ptr<LmtpConnections> connections) {
  if (connections == nullptr) {
    connections = std::make_shared<LmtpConnections>();
  }
  LmtpAgent lmtp = [&log, &world = host.world(), sessions = std::make_shared<TlsSessionStore>(),
                    connections = std::move(connections)](const Lmtp& server, const Job& job,
                                                          const SpooledMessage& message,
                                                          AgentContext context) {
    context.world = &world;
    context.tls_sessions = sessions;
    context.connections = connections;
    context.note = [&log](const std::string& service, const std::string& line) {
      log.note(service, line);
    };
    return deliver_to_lmtp(server, job, message, context);
  };
  return std::make_unique<RealAgents>(host.settings(), std::move(lmtp),
                                      [&log](const std::string& text) { log.warn(text); });
}

}  // namespace lastmile
