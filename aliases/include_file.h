// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aliases/member_lines.h"
#include "aliases/world/world.h"

namespace lastmile {

/// Why no file can be meant by `:include:path`, in Postfix's words: the path is relative. nullopt
/// when it is not.
std::optional<std::string> judge_include_path(const std::string& path);

/// Why the include file at `path` is not read, in Postfix's words; nullopt when it may be. Judges
/// type and mode alone: the content is read later, perhaps with other rights.
///
/// \param file  its attributes, links followed
/// \see aliases(5); local(8), SECURITY
std::optional<std::string> judge_include(const std::string& path, const FileView& file);

/// A symbolic link of somebody other than root, through which a path leads.
struct LinkOfUser {
  std::string path = {};
  uid_t owner = 0;
};

/// Looks for the first symbolic link on the way to `path` that is not root's: its owner decides
/// which file is meant. What the links of root point to is followed.
///
/// \return nullopt when there is none, or when the way ends before
std::optional<LinkOfUser> find_link_of_user(World& world, const std::string& path);

}  // namespace lastmile
