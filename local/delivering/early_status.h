// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "local/delivering/delivery_log.h"
#include "local/delivering/status_filter.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// What can be said of a recipient before there is a message: that every destination has failed for
/// good and nobody but the sender is to be told, that nothing of it can be reached now, or that its
/// only mailbox has no room.
///
/// \return nullopt when the message decides
std::optional<FinalStatus> early_status(const Trace& trace, const Address& sender,
                                        const Settings& settings, World& world,
                                        StatusFilter& filter);

}  // namespace lastmile
