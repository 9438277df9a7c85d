#include "local/host.h"

#include <utility>

#include "aliases/world/account_maps.h"
#include "aliases/world/live_world.h"
#include "aliases/world/site_world.h"
#include "aliases/world/tree_world.h"

namespace lastmile {

Result<std::unique_ptr<World>> open_world(const GlobalOptions& options) {
  if (!options.root.empty() && !options.site.empty()) {
    return misconfigured("--root and --site exclude each other");
  }
  if (!options.root.empty()) {
    return open_tree_world(options.root);
  }
  if (!options.site.empty()) {
    return open_site_world(options.site);
  }
  return std::unique_ptr<World>(std::make_unique<LiveWorld>());
}

Host::Host(std::unique_ptr<World> world, Settings settings)
    : world_(std::move(world)), settings_(std::move(settings)) {
  const auto& maps = settings_.lastmile_account_maps;
  if (maps.source) {
    accounts_ = std::make_unique<AccountMapsWorld>(*world_, maps.value, TablePolicy{});
  }
}

Result<std::unique_ptr<Host>> Host::open(const GlobalOptions& options) {
  auto world = open_world(options);
  if (!world) {
    return std::move(world).error();
  }
  auto settings = load_settings(**world, options.config_directory, options.overrides);
  if (!settings) {
    return std::move(settings).error();
  }
  return std::unique_ptr<Host>(new Host(std::move(*world), std::move(*settings)));
}

}  // namespace lastmile
