// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/recorded_world.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "aliases/tables/map_types.h"

namespace lastmile {

NodeLookup RecordedWorld::nodes() const {
  return [this](const std::string& place) { return node_at(place); };
}

Result<std::optional<FileView>> RecordedWorld::read_file(const std::string& path, const Rights& as,
                                                         Symlinks symlinks, std::size_t max_bytes) {
  bool is_recorded = true;
  const auto content = [&](const std::string& place) -> Result<std::string> {
    auto text = content_at(place, path, as, max_bytes);
    if (!text) {
      return std::move(text).error();
    }
    is_recorded = text->has_value();
    return (*std::move(text)).value_or("");
  };
  auto view = read_recorded(path, as, symlinks, nodes(), content);
  if (view && *view && !is_recorded) {
    (*view)->unreadable = std::strerror(EACCES);
  }
  return view;
}

Result<std::optional<FileView>> RecordedWorld::file_attributes(const std::string& path,
                                                               const Rights& as,
                                                               Symlinks symlinks) {
  return recorded_attributes(path, as, symlinks, nodes());
}

Result<std::optional<std::vector<std::string>>> RecordedWorld::list_directory(
    const std::string& path, const Rights& as) {
  const auto place = find_readable_directory(path, as, nodes());
  if (!place) {
    return place.error();
  }
  if (!*place) {
    return std::nullopt;
  }
  auto names = names_in(**place, path, as);
  if (!names) {
    return std::move(names).error();
  }
  return std::optional(*std::move(names));
}

Result<Access> RecordedWorld::may_enter(const std::string& path, const Rights& as) {
  return may_enter_recorded(path, as, nodes());
}

Result<std::unique_ptr<Table>> RecordedWorld::open_table(const TableSpec& spec,
                                                         const TablePolicy& policy) {
  return open_map(spec, *this, policy);
}

std::optional<std::string> RecordedWorld::host_path(const std::string& /*path*/) const {
  return std::nullopt;
}

}  // namespace lastmile
