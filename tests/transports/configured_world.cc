// SPDX-License-Identifier: Apache-2.0
#include "tests/transports/configured_world.h"

#include "tests/support/catch.h"

namespace lastmile::test {

ConfiguredWorld::ConfiguredWorld(const std::string& main_cf, const std::string& master_cf) {
  world_.add_file("/etc/postfix/main.cf",
                  "compatibility_level = 3.6\n"
                  "myhostname = mx.example.com\n"
                  "mydestination = example.com, localhost\n"
                  "alias_maps =\n" +
                      main_cf);
  if (!master_cf.empty()) {
    world_.add_file("/etc/postfix/master.cf", master_cf);
  }
}

Configuration& ConfiguredWorld::configuration() {
  if (!configuration_) {
    auto settings = load_settings(world_, "/etc/postfix");
    if (!settings) {
      FAIL(settings.error().message());
    }
    settings_ = std::make_unique<Settings>(*std::move(settings));
    configuration_ = std::make_unique<Configuration>(*settings_, world_);
  }
  return *configuration_;
}

}  // namespace lastmile::test
