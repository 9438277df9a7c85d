// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/run.h"

#include <algorithm>
#include <utility>

namespace lastmile {

Result<std::optional<FileView>> Run::read_list(const std::string& path, const Rights& as,
                                               Symlinks symlinks, std::size_t max_bytes) {
  const std::size_t left = budget.left(trace.octets());
  auto file = world().read_file(path, as, symlinks, std::min(max_bytes, left));
  if (!file && file.error().kind == Error::Kind::malformed && left < max_bytes) {
    budget.spend(SourcePos{path, 0});
  } else if (file && *file) {
    budget.read((*file)->content.size());
  }
  return file;
}

Agent::Agent(Pass& of, const std::string& name, std::string next, int times)
    : pass(of),
      service(name),
      configuration(of.run.configurations.of_service(name)),
      nexthop(std::move(next)),
      hand_overs(times),
      seen(configuration.settings()) {}

bool Agent::is_too_deep(int level) const {
  return level > kMaxLevel ||
         (level > kMaxAliasLevel && local().settings().postfix->has(VersionRule::nesting_limit));
}

}  // namespace lastmile
