// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// What a note of the log begins with that tells of a keyword of LHLO, where a server is only
/// asked; the first has none, and says that there was a reply to LHLO. \see
/// AgentContext::asks_within
inline constexpr std::string_view kOffer = "offers ";

/// Hands a message to an LMTP server (or to an SMTP server, by the dialect of `server`), for all
/// recipients of the job in one transaction.
///
/// As root it connects as mail_owner, in a child that has given up root; else as the caller.
///
/// \return one status per recipient, in the same order, in the words of lmtp(8); a recipient is
///         delivered only by a reply of its own
std::vector<DeliveryStatus> deliver_to_lmtp(const Lmtp& server, const Job& job,
                                            const SpooledMessage& message,
                                            const AgentContext& context);

/// Statuses as bytes, for the pipe of run_as(), and back.
///
/// \param count  how many there must be; when anything is amiss, all of them are deferred
std::string encode_statuses(const std::vector<DeliveryStatus>& statuses);
std::vector<DeliveryStatus> decode_statuses(std::string_view bytes, std::size_t count);

}  // namespace lastmile
