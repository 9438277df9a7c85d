#include "transports/fallback_rules.h"

namespace lastmile {

Result<std::optional<RuleAnswer>> choose_fallback_transport(Configuration& configuration,
                                                            std::string_view user) {
  return choose_transport(configuration, configuration.fallback_transport_maps,
                          "fallback_transport_maps", configuration.settings().fallback_transport,
                          "fallback_transport", user);
}

}  // namespace lastmile
