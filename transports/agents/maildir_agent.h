// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// The name below tmp. \param node  the system node name, as it is
std::string temporary_name(const timespec& now, pid_t process, std::string_view node);
/// The name below new: device and inode in hexadecimal, so that no other message can have it.
std::string permanent_name(const timespec& now, const struct stat& file, std::string_view node);

/// Makes a file of a message in a maildir; tmp, cur and new are made where they are missing.
///
/// The message is synced below tmp before it gets its name below new, and new is synced before the
/// delivery counts (Postfix leaves that to the file system): whoever reads new sees whole messages
/// only, wherever this process is stopped.
/// \see local(8), MAILBOX DELIVERY; maildir(5)
AgentReport deliver_to_maildir(const Maildir& maildir, const Job& job,
                               const SpooledMessage& message, const AgentContext& context);

}  // namespace lastmile
