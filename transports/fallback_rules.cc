// SPDX-License-Identifier: Apache-2.0
#include "transports/fallback_rules.h"

namespace lastmile {

Result<std::optional<RuleAnswer>> choose_fallback_transport(Configuration& configuration,
                                                            const LocalRequest& request) {
  return choose_transport(configuration, configuration.tables(&Settings::fallback_transport_maps),
                          "fallback_transport_maps", configuration.settings().fallback_transport,
                          "fallback_transport", request);
}

}  // namespace lastmile
