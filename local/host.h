// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "aliases/result.h"
#include "aliases/world/world.h"
#include "local/invocation.h"
#include "transports/settings.h"

namespace lastmile {

/// Opens the world that the global options name: live, a tree, or a site file. Makes the directory
/// of the configuration an absolute path; where none is named, that of the site file, or
/// /etc/postfix.
Result<std::unique_ptr<World>> open_world(GlobalOptions& options);

/// The Error of a main.cf that is not there, with what --root wants where that is the reason; any
/// other as it is.
Error explain_missing_configuration(const GlobalOptions& options, Error error);

/// The world of the global options with the configuration that it holds.
class Host {
 public:
  /// Opens the world and reads the configuration.
  static Result<std::unique_ptr<Host>> open(GlobalOptions& options);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() = default;

  /// Its accounts are those of lastmile_account_maps.
  World& world() { return accounts_ ? *accounts_ : *world_; }
  const Settings& settings() const { return settings_; }
  /// The tables of lastmile_account_maps are opened anew when next asked.
  void forget_accounts();

 private:
  Host(std::unique_ptr<World> world, Settings settings);

  std::unique_ptr<World> world_;
  Settings settings_;
  std::unique_ptr<World> accounts_;  ///< Null: those of world_.
};

}  // namespace lastmile
