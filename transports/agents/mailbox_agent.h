// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// Appends a message to the mbox file of an account, or to one of virtual_mailbox_maps, which is
/// opened as its owner.
///
/// In a mail spool directory the mode of the directory says who opens, locks and creates the file:
/// the user where others may write, the user with the group of the directory where the group may
/// write, else root; it is written to as the user in every case.
/// \see local(8), MAILBOX DELIVERY; virtual(8)
AgentReport deliver_to_mailbox(const Mailbox& mailbox, const Job& job,
                               const SpooledMessage& message, const AgentContext& context);

/// Appends a message to a file that an alias, an include file or a .forward file names; never with
/// the rights of root.
/// \see local(8), EXTERNAL FILE DELIVERY
AgentReport deliver_to_file(const File& file, const Job& job, const SpooledMessage& message,
                            const AgentContext& context);

}  // namespace lastmile
