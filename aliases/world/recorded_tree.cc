// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/recorded_tree.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "aliases/path.h"

namespace lastmile {
namespace {

/// As many as Linux follows. \see path_resolution(7)
constexpr int kMaxLinks = 40;

/// The names of a path that are still to be walked, the next one last.
class PendingNames {
 public:
  void put_in_front(std::string_view path) {
    auto names = path_components(path);
    std::move(names.rbegin(), names.rend(), std::back_inserter(names_));
  }

  bool empty() const { return names_.empty(); }

  std::string take() {
    std::string name = std::move(names_.back());
    names_.pop_back();
    return name;
  }

 private:
  std::vector<std::string> names_;
};

/// One walk: where it stands, and what is left of the way.
class Walk {
 public:
  Walk(const Rights& as, const NodeLookup& lookup) : as_(as), lookup_(lookup) {}

  Result<std::optional<RecordedPlace>> run(std::string_view path, bool follow_last) {
    pending_.put_in_front(path);
    auto root = lookup_("/");
    if (!root) {
      return std::move(root).error();
    }
    if (!*root) {
      return std::nullopt;
    }
    place_ = {"/", std::move(**root)};
    while (!pending_.empty()) {
      const auto moved = step(follow_last);
      if (!moved) {
        return moved.error();
      }
      if (*moved == Step::absent) {
        return std::nullopt;
      }
    }
    return std::optional(std::move(place_));
  }

 private:
  enum class Step { moved, absent };

  Result<Step> step(bool follow_last) {
    if (place_.node.type != FileType::directory) {
      return Step::absent;
    }
    if (!permits(place_.node, as_, Permission::search)) {
      return denied("cannot search " + place_.path + " as " + whose(as_) + ": Permission denied",
                    std::nullopt);
    }
    const std::string name = pending_.take();
    if (name == ".") {
      return Step::moved;
    }
    return move_to(name == ".." ? parent_directory(place_.path) : child(name), follow_last);
  }

  Result<Step> move_to(std::string path, bool follow_last) {
    auto node = lookup_(path);
    if (!node) {
      return std::move(node).error();
    }
    if (!*node) {
      return Step::absent;
    }
    if ((*node)->type == FileType::symlink && (follow_last || !pending_.empty())) {
      return follow(path, (*node)->target);
    }
    place_ = {std::move(path), std::move(**node)};
    return Step::moved;
  }

  Result<Step> follow(const std::string& link, const std::string& target) {
    if (++links_ > kMaxLinks) {
      return file_error(link, ELOOP, as_);
    }
    pending_.put_in_front(target);
    if (target.starts_with('/')) {
      auto root = lookup_("/");
      if (!root) {
        return std::move(root).error();
      }
      place_ = {"/", (*root).value_or(RecordedNode{})};
    }
    return target.empty() ? Step::absent : Step::moved;
  }

  std::string child(const std::string& name) const {
    return place_.path == "/" ? "/" + name : place_.path + "/" + name;
  }

  const Rights& as_;
  const NodeLookup& lookup_;
  RecordedPlace place_;
  PendingNames pending_;
  int links_ = 0;
};

FileView view_of(const RecordedNode& node) {
  return {.type = node.type,
          .owner = node.owner,
          .group = node.group,
          .mode = node.mode,
          .target = node.target,
          .version = node.version,
          .owner_is_known = node.owner_is_known};
}

}  // namespace

bool permits(const RecordedNode& node, const Rights& as, Permission permission) {
  if (as.uid == 0) {
    return true;
  }
  const bool in_group = as.gid == node.group || std::find(as.groups.begin(), as.groups.end(),
                                                          node.group) != as.groups.end();
  const mode_t bit = permission == Permission::read ? 4 : 1;
  const unsigned shift = as.uid == node.owner ? 6 : in_group ? 3 : 0;
  return ((node.mode >> shift) & bit) != 0;
}

Result<std::optional<RecordedPlace>> walk(std::string_view path, const Rights& as,
                                          Symlinks symlinks, const NodeLookup& lookup) {
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  // "link/" means what the link points to, and only a directory will do.
  const bool directory_only = path.ends_with('/');
  auto place = Walk(as, lookup).run(path, symlinks == Symlinks::follow || directory_only);
  if (place && *place && directory_only && (*place)->node.type != FileType::directory) {
    return std::nullopt;
  }
  return place;
}

Result<std::optional<FileView>> read_recorded(
    std::string_view path, const Rights& as, Symlinks symlinks, const NodeLookup& lookup,
    const std::function<Result<std::string>(const std::string& place)>& content) {
  const auto place = walk(path, as, symlinks, lookup);
  if (!place) {
    return place.error();
  }
  if (!*place) {
    return std::nullopt;
  }
  FileView view = view_of((*place)->node);
  if (view.type != FileType::regular) {
    return std::optional(std::move(view));
  }
  if (!permits((*place)->node, as, Permission::read)) {
    view.unreadable = std::strerror(EACCES);
    return std::optional(std::move(view));
  }
  auto text = content((*place)->path);
  if (!text) {
    return std::move(text).error();
  }
  view.content = std::move(*text);
  return std::optional(std::move(view));
}

Result<std::optional<FileView>> recorded_attributes(std::string_view path, const Rights& as,
                                                    Symlinks symlinks, const NodeLookup& lookup) {
  const auto place = walk(path, as, symlinks, lookup);
  if (!place) {
    return place.error();
  }
  return *place ? std::optional(view_of((*place)->node)) : std::nullopt;
}

Result<std::optional<std::string>> find_readable_directory(std::string_view path, const Rights& as,
                                                           const NodeLookup& lookup) {
  auto place = walk(path, as, Symlinks::follow, lookup);
  if (!place) {
    return std::move(place).error();
  }
  if (!*place || (*place)->node.type != FileType::directory) {
    return std::nullopt;
  }
  if (!permits((*place)->node, as, Permission::read)) {
    return file_error(path, EACCES, as);
  }
  return std::optional(std::move((*place)->path));
}

Result<Access> may_enter_recorded(std::string_view path, const Rights& as,
                                  const NodeLookup& lookup) {
  const auto place = walk(path, as, Symlinks::follow, lookup);
  if (!place) {
    if (place.error().kind == Error::Kind::denied) {
      return Access::refused;
    }
    return place.error();
  }
  const bool allowed = *place && (*place)->node.type == FileType::directory &&
                       permits((*place)->node, as, Permission::search);
  return allowed ? Access::allowed : Access::refused;
}

Error file_error(std::string_view path, int error_number, const Rights& as) {
  const bool denied = error_number == EACCES || error_number == EPERM;
  return {denied ? Error::Kind::denied : Error::Kind::unavailable,
          std::string(path) + ": " + std::strerror(error_number) + " (as " + whose(as) + ")",
          std::nullopt,
          {}};
}

Error too_long_error(std::string_view path, std::size_t max_bytes) {
  return malformed(std::string(path) + ": longer than " + std::to_string(max_bytes) + " bytes");
}

std::string whose(const Rights& rights) {
  return rights.name.empty() ? "uid " + std::to_string(rights.uid) : rights.name;
}

}  // namespace lastmile
