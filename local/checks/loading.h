// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aliases/world/forwarding_world.h"
#include "transports/settings.h"

namespace lastmile {

/// Another world, but for lines of its files that count as comments there.
class MendedWorld final : public ForwardingWorld {
 public:
  using ForwardingWorld::ForwardingWorld;

  /// The logical line that begins at `source` is no longer there.
  /// \return false when it was not there before
  bool leave_out(const SourcePos& source);

  Result<std::optional<FileView>> read_file(const std::string& path, const Rights& as,
                                            Symlinks symlinks, std::size_t max_bytes) override;
  bool reads_texts_of_missing_indexes() const override {
    return base().reads_texts_of_missing_indexes();
  }

 private:
  std::set<std::pair<std::string, int>> left_out_ = {};
};

/// The configuration of a host as far as it makes sense, and every fault in it.
struct LoadedHost {
  std::unique_ptr<MendedWorld> world = {};
  World* as_written = nullptr;           ///< The world that was given, with its broken lines.
  Settings settings = {};                ///< Its `faults` among them.
  std::vector<Error> broken_lines = {};  ///< Each stops all that reads its file.
};

/// Reads main.cf and master.cf as load_settings() does, and goes on behind each fault: a line that
/// makes no sense is left out, a parameter has its default.
/// \param world  must outlive what is returned
/// \return an Error when there is no main.cf, or when it cannot be read
Result<LoadedHost> load_host(World& world, const std::string& config_directory,
                             const std::vector<std::string>& overrides);

}  // namespace lastmile
