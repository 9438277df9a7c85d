// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/real_agents.h"

#include <ctime>
#include <utility>

#include "aliases/overloaded.h"
#include "aliases/world/termination.h"
#include "transports/agents/command_agent.h"
#include "transports/agents/file_output.h"
#include "transports/agents/mailbox_agent.h"
#include "transports/agents/maildir_agent.h"
#include "transports/agents/message_writer.h"
#include "transports/agents/pipe_agent.h"
#include "transports/agents/sendmail_agent.h"
#include "transports/errno_status.h"
#include "transports/mail_date.h"

namespace lastmile {
namespace {

AgentContext context_for(const Settings& settings, const SystemCalls& system) {
  const timespec now = system.now();
  std::tm local = {};
  if (::localtime_r(&now.tv_sec, &local) == nullptr) {
    return {.settings = settings, .system = system};
  }
  return {.settings = settings,
          .system = system,
          .date = envelope_date(local),
          .header_date = header_date(local)};
}

DeliveryStatus transport_unavailable(const std::string& service) {
  return status_with("4.3.0"_dsn, "mail transport unavailable: " + service);
}

}  // namespace

RealAgents::RealAgents(const Settings& settings, LmtpAgent lmtp,
                       std::function<void(const std::string&)> warn, const SystemCalls& system)
    : settings_(settings), lmtp_(std::move(lmtp)), warn_(std::move(warn)), system_(system) {
  ignore_write_signals();
}

std::vector<DeliveryStatus> RealAgents::deliver_to_lmtp(const Lmtp& server, const Job& job,
                                                        const SpooledMessage& message,
                                                        const AgentContext& context) const {
  if (!lmtp_) {
    return {job.recipients.size(), transport_unavailable(server.service)};
  }
  auto statuses = lmtp_(server, job, message, context);
  LM_CHECK(statuses.size() == job.recipients.size());
  return statuses;
}

std::vector<DeliveryStatus> RealAgents::perform(const Job& job, const SpooledMessage& message) {
  AgentContext context = context_for(settings_.of_service(job.service), system_);
  context.warn_once = [this](const std::string& warning) {
    if (warn_ && said_once_.insert(warning).second) {
      warn_(warning);
    }
  };
  const auto alone = [&](const AgentReport& report) {
    for (const std::string& warning : report.warnings) {
      if (warn_) {
        warn_(warning);
      }
    }
    return std::vector<DeliveryStatus>(job.recipients.size(), report.status);
  };
  LM_CHECK(!job.recipients.empty());
  if (is_asked_to_end()) {
    return alone({status_with("4.3.0"_dsn, "the delivery was ended by a signal"), {}});
  }
  return std::visit(
      Overloaded{
          [&](const Mailbox& it) { return alone(deliver_to_mailbox(it, job, message, context)); },
          [&](const Maildir& it) { return alone(deliver_to_maildir(it, job, message, context)); },
          [&](const File& it) { return alone(deliver_to_file(it, job, message, context)); },
          [&](const Command& it) { return alone(deliver_to_command(it, job, message, context)); },
          [&](const Lmtp& it) { return deliver_to_lmtp(it, job, message, context); },
          [&](const Pipe& it) { return alone(deliver_to_pipe(it, job, message, context)); },
          [&](const Transport& it) {
            return alone({transport_unavailable(it.service), {}});
          },
          [&](const Remote&) { return forward_message(job, message, context); },
          [](const Bounce&) -> std::vector<DeliveryStatus> { no_agent(); },
          [](const Defer&) -> std::vector<DeliveryStatus> { no_agent(); },
          [](const Discard&) -> std::vector<DeliveryStatus> { no_agent(); },
      },
      job.destination);
}

}  // namespace lastmile
