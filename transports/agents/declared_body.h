// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transports/agents/spooled_message.h"

namespace lastmile {

/// Whether the header of the message, or of a part of it, has a Content-Transfer-Encoding: of 8bit
/// or binary and nothing else in it. Such a message is BODY=8BITMIME to a server.
/// \see postconf(5), detect_8bit_encoding_header; RFC 6152
bool declares_eight_bit(const SpooledMessage& message);

}  // namespace lastmile
