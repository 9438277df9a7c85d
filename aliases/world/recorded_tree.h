// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/world/world.h"

namespace lastmile {

/// One entry of a file tree whose owners and modes are written down, not enforced by a kernel.
struct RecordedNode {
  FileType type = FileType::other;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;          ///< Permission bits only.
  std::string target = {};  ///< Of a symbolic link; empty otherwise.
  FileVersion version = {};
  bool owner_is_known = true;  ///< \see FileView
};

/// Where a walk ended: an absolute path without links, "." or "..", and what is there.
struct RecordedPlace {
  std::string path = {};
  RecordedNode node = {};
};

/// Gives the entry at an absolute path that has no "." or ".." and does not end in '/' (the root
/// itself is "/"); links in it have been followed already.
using NodeLookup = std::function<Result<std::optional<RecordedNode>>(const std::string& path)>;

/// What a permission bit allows: reading a file, passing through a directory.
enum class Permission { read, search };

/// Whether the permission bits of `node` give `permission` to `as`. Uid 0 may do everything.
/// \see path_resolution(7)
bool permits(const RecordedNode& node, const Rights& as, Permission permission);

/// Follows `path` as the kernel would for a process with the rights of `as`: every directory on
/// the way must allow searching, links are followed (the last one under Symlinks::follow only),
/// ".." does not leave the root. A path that does not begin with '/' begins at the root.
///
/// \return nullopt when there is no such file; `denied` when a directory may not be searched;
///         `unavailable` after 40 links, and whatever `lookup` returns
/// \see path_resolution(7)
Result<std::optional<RecordedPlace>> walk(std::string_view path, const Rights& as,
                                          Symlinks symlinks, const NodeLookup& lookup);

/// World::read_file for a recorded tree.
/// \param content  gives the content of the regular file at a place; it must not be longer than
///                 `max_bytes`
Result<std::optional<FileView>> read_recorded(
    std::string_view path, const Rights& as, Symlinks symlinks, const NodeLookup& lookup,
    const std::function<Result<std::string>(const std::string& place)>& content);

/// World::file_attributes for a recorded tree.
Result<std::optional<FileView>> recorded_attributes(std::string_view path, const Rights& as,
                                                    Symlinks symlinks, const NodeLookup& lookup);

/// World::may_enter for a recorded tree.
Result<Access> may_enter_recorded(std::string_view path, const Rights& as,
                                  const NodeLookup& lookup);

/// What World::list_directory needs before it lists: the directory at the end of `path`.
/// \return nullopt when there is no such directory; `denied` when `as` may not read it
Result<std::optional<std::string>> find_readable_directory(std::string_view path, const Rights& as,
                                                           const NodeLookup& lookup);

/// "/home/alice/.forward: Permission denied (as alice)", and the kind that goes with
/// `error_number`.
Error file_error(std::string_view path, int error_number, const Rights& as);

/// "/etc/aliases: longer than 1000 bytes", Error::Kind::malformed.
Error too_long_error(std::string_view path, std::size_t max_bytes);

/// Whose rights these are, for messages: the name, or "uid 2001" when there is none.
std::string whose(const Rights& rights);

}  // namespace lastmile
