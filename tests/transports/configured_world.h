// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "tests/support/memory_world.h"
#include "transports/configuration.h"

namespace lastmile::test {

/// A MemoryWorld with a main.cf and the configuration that is read from it.
class ConfiguredWorld {
 public:
  /// Sets parameters, one `name = value` in each line, behind a small base: compatibility_level
  /// 3.6, myhostname mx.example.com, mydestination example.com and localhost.
  explicit ConfiguredWorld(const std::string& main_cf = {}, const std::string& master_cf = {});

  MemoryWorld& world() { return world_; }
  /// Reads the configuration when it is first asked for: until then the world may be changed.
  Configuration& configuration();
  const Settings& settings() { return configuration().settings(); }

 private:
  MemoryWorld world_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<Configuration> configuration_;
};

}  // namespace lastmile::test
