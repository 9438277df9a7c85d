// SPDX-License-Identifier: Apache-2.0
#include "local/host.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "aliases/world/account_maps.h"
#include "aliases/world/live_world.h"
#include "aliases/world/site_world.h"
#include "aliases/world/tree_world.h"
#include "transports/configuration_files.h"

namespace lastmile {

namespace {

constexpr const char* kConfigDirectory = "/etc/postfix";

Result<std::unique_ptr<World>> open_world_of(const GlobalOptions& options) {
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

std::string without_trailing_slash(const std::string& path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

/// As an absolute path: below a tree, from its root.
std::string config_directory_of(const GlobalOptions& options, const World& world) {
  if (options.config_directory.empty()) {
    const std::string& recorded = world.host().config_directory;
    return recorded.empty() ? kConfigDirectory : recorded;
  }
  const std::filesystem::path given = options.config_directory;
  std::filesystem::path directory;
  for (const auto& part : options.root.empty() ? std::filesystem::absolute(given) : "/" / given) {
    if (!part.empty() && part != ".") {
      directory /= part;
    }
  }
  return directory;
}

}  // namespace

Error explain_missing_configuration(const GlobalOptions& options, Error error) {
  const std::string path = options.config_directory + "/main.cf";
  const bool is_missing = error.source && error.source->line == 0 && *error.source->file == path &&
                          error.text.starts_with(kNoSuchFile);
  if (options.root.empty() || !is_missing) {
    return error;
  }
  const auto is_tree = [&path](const std::string& root) {
    std::error_code unknown;  // What cannot be looked at is not proposed.
    return !root.empty() && std::filesystem::exists(root + path, unknown);
  };
  const std::string root = without_trailing_slash(options.root);
  error.text = "no such file: looked for " + root + path +
               ", since --root wants the directory that stands for \"/\"";
  const bool is_in_place = is_tree(root + "/..") || is_tree(root + "/../..");
  if (is_in_place) {
    const std::string above = root + (is_tree(root + "/..") ? "/.." : "/../..");
    error.text += "; did you mean --root " +
                  without_trailing_slash(std::filesystem::path(above).lexically_normal()) + "?";
  } else {
    error.text += " (-c DIR: another configuration directory in it)";
  }
  return error;
}

Result<std::unique_ptr<World>> open_world(GlobalOptions& options) {
  auto world = open_world_of(options);
  if (world) {
    options.config_directory = config_directory_of(options, **world);
  }
  return world;
}

Host::Host(std::unique_ptr<World> world, Settings settings)
    : world_(std::move(world)), settings_(std::move(settings)) {
  forget_accounts();
}

void Host::forget_accounts() {
  const auto& maps = settings_.lastmile_account_maps;
  if (maps.source) {
    accounts_ = std::make_unique<AccountMapsWorld>(*world_, maps.value, TablePolicy{});
  }
}

Result<std::unique_ptr<Host>> Host::open(GlobalOptions& options) {
  auto world = open_world(options);
  if (!world) {
    return std::move(world).error();
  }
  auto settings = load_settings(**world, options.config_directory, options.overrides);
  if (!settings) {
    return explain_missing_configuration(options, std::move(settings).error());
  }
  return std::unique_ptr<Host>(new Host(std::move(*world), std::move(*settings)));
}

}  // namespace lastmile
