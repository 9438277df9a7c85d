// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transports/configuration.h"
#include "transports/mailbox_rules.h"

namespace lastmile {

/// What takes mail for an unknown user before luser_relay is tried: fallback_transport_maps, then
/// fallback_transport.
///
/// \return nullopt when neither applies; an Error when a table could not answer
/// \see local(8), UNKNOWN USERS
Result<std::optional<RuleAnswer>> choose_fallback_transport(Configuration& configuration,
                                                            const LocalRequest& request);

}  // namespace lastmile
