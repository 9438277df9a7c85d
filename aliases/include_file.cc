// SPDX-License-Identifier: Apache-2.0
#include "aliases/include_file.h"

#include <algorithm>
#include <cstddef>

namespace lastmile {
namespace {

constexpr mode_t kIncludeWritableByOthers = 0002;
/// As Linux has it. \see path_resolution(7)
constexpr int kMostLinks = 40;

/// Takes the first component off a path.
std::string take_component(std::string& path) {
  const std::size_t begin = std::min(path.find_first_not_of('/'), path.size());
  const std::size_t end = std::min(path.find('/', begin), path.size());
  std::string component = path.substr(begin, end - begin);
  path.erase(0, end);
  return component;
}

}  // namespace

std::optional<std::string> judge_include_path(const std::string& path) {
  if (path.starts_with('/')) {
    return std::nullopt;
  }
  return ":include:" + path + " uses a relative path";
}

std::optional<std::string> judge_include(const std::string& path, const FileView& file) {
  if (file.type != FileType::regular) {
    return ":include: file " + path + " is not a regular file";
  }
  if ((file.mode & kIncludeWritableByOthers) != 0) {
    return ":include: file " + path + " is world writable";
  }
  return std::nullopt;
}

std::optional<LinkOfUser> find_link_of_user(World& world, const std::string& path) {
  std::string done;
  std::string rest = path;
  int links = 0;
  for (std::string name = take_component(rest); !name.empty(); name = take_component(rest)) {
    if (name == "." || name == "..") {
      done.erase(name == "." ? done.size() : std::min(done.rfind('/'), done.size()));
      continue;
    }
    std::string here = done;
    here.append("/").append(name);
    auto seen = world.file_attributes(here, Rights{0, 0, {}, "root"}, Symlinks::refuse);
    if (!seen || !*seen || links > kMostLinks) {
      return std::nullopt;
    }
    if ((*seen)->type != FileType::symlink) {
      done = here;
      continue;
    }
    if ((*seen)->owner != 0) {
      return LinkOfUser{here, (*seen)->owner};
    }
    ++links;
    rest.insert(0, '/' + (*seen)->target);
    // The remains of the path are seen from the place that the link names.
    done = (*seen)->target.starts_with('/') ? "" : done;
  }
  return std::nullopt;
}

}  // namespace lastmile
