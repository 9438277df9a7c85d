// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aliases/result.h"
#include "transports/agents/spooled_message.h"
#include "transports/envelope.h"

namespace lastmile {

/// What tells a message from all others in the ledger, also from one that gets the same queue ID
/// later: a digest of the queue ID, the sender, the size and the header section; without a queue
/// ID, of the sender and the whole message.
///
/// \return unavailable when the message cannot be read
Result<std::string> message_key(const SpooledMessage& message, const Envelope& envelope);

}  // namespace lastmile
