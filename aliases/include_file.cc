#include "aliases/include_file.h"

namespace lastmile {
namespace {

constexpr mode_t kIncludeWritableByOthers = 0002;

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

}  // namespace lastmile
