// SPDX-License-Identifier: Apache-2.0
#include "local/commands/sight.h"

namespace lastmile {

Sight sight_of(const GlobalOptions& options, World& world) {
  Sight sight;
  sight.is_live = options.root.empty() && options.site.empty();
  const auto main_cf =
      world.file_attributes(options.config_directory + "/main.cf", Rights{}, Symlinks::follow);
  sight.knows_owners = main_cf && *main_cf && (**main_cf).owner_is_known;
  return sight;
}

}  // namespace lastmile
