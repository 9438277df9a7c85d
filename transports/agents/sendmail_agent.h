// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// Submits a message through sendmail_path, as the invoking user: the mail system of this host
/// takes it on from there. Many recipients go in several submissions.
///
/// \return one status per recipient: delivered `forwarded as ID` or `forwarded` when sendmail has
///         taken it, else deferred `unable to forward message` with the reason
/// \see local(8), `forwarded as`; sendmail(1)
std::vector<DeliveryStatus> forward_message(const Job& job, const SpooledMessage& message,
                                            const AgentContext& context);

/// The arguments for sendmail(1). Recipients stand behind `--`, so that none is an option.
std::vector<std::string> sendmail_arguments(const std::string& sendmail_path,
                                            const Envelope& envelope,
                                            std::span<const Recipient> recipients);

}  // namespace lastmile
