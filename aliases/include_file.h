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

}  // namespace lastmile
