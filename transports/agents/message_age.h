// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "transports/agents/spooled_message.h"

namespace lastmile {

/// When the mail system took the message, in seconds since 1970: the date of its first Received:
/// header. \return nullopt where it has none at its beginning, or one without a date
std::optional<std::int64_t> received_at(const SpooledMessage& message);

}  // namespace lastmile
