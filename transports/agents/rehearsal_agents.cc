// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/rehearsal_agents.h"

#include <algorithm>

#include "aliases/overloaded.h"
#include "aliases/result.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

std::string would_do(const Destination& destination, const Recipient& recipient) {
  return std::visit(
      Overloaded{
          [](const Mailbox& mailbox) -> std::string {
            return "delivers to mailbox: " + mailbox.path;
          },
          [](const Maildir& maildir) -> std::string {
            return "delivers to maildir: " + maildir.path;
          },
          [](const File& file) -> std::string { return "delivers to file: " + file.path; },
          [](const Command& command) -> std::string {
            return "delivers to command: " + command.line;
          },
          [](const Lmtp& server) -> std::string {
            return "delivers to " + lmtp::to_string(server.endpoint);
          },
          [](const Pipe& pipe) -> std::string { return "delivers to command: " + pipe.command; },
          [](const Transport& transport) -> std::string {
            return "delivers to transport " + transport.service;
          },
          [&](const Remote&) -> std::string {
            return "forwards to " + to_external(recipient.address);
          },
          [](const Bounce&) -> std::string { no_agent(); },
          [](const Defer&) -> std::string { no_agent(); },
          [](const Discard&) -> std::string { no_agent(); },
      },
      destination);
}

}  // namespace

std::vector<DeliveryStatus> RehearsalAgents::perform(const Job& job,
                                                     const SpooledMessage& /*message*/) {
  std::vector<DeliveryStatus> statuses;
  statuses.reserve(job.recipients.size());
  std::transform(job.recipients.begin(), job.recipients.end(), std::back_inserter(statuses),
                 [&](const Recipient& recipient) {
                   return status_with("2.0.0"_dsn, would_do(job.destination, recipient));
                 });
  return statuses;
}

}  // namespace lastmile
