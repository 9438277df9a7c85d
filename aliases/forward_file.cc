// SPDX-License-Identifier: Apache-2.0
#include "aliases/forward_file.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr mode_t kWritableByOthers = 0002;

}  // namespace

std::vector<ForwardCandidate> forward_candidates(std::string_view forward_path,
                                                 const MacroLookup& lookup) {
  std::vector<ForwardCandidate> candidates;
  for (const std::string_view pattern : split_list(forward_path)) {
    auto expansion = expand_macros(pattern, lookup);
    if (!expansion || expansion->undefined_name) {
      continue;
    }
    const auto& used = expansion->used;
    const bool used_extension = std::find(used.begin(), used.end(), "extension") != used.end();
    candidates.push_back(ForwardCandidate{std::move(expansion->text), used_extension});
  }
  return candidates;
}

std::optional<std::string> judge_forward(const std::string& path, const FileView& file,
                                         const Account& account) {
  if (file.type != FileType::regular) {
    return "file " + path + " is not a regular file";
  }
  if (file.owner != 0 && file.owner != account.uid) {
    return "file " + path + " has bad owner uid " + std::to_string(file.owner);
  }
  if ((file.mode & kWritableByOthers) != 0) {
    return "file " + path + " is world writable";
  }
  if (!file.unreadable.empty()) {
    return "cannot open file " + path + ": " + file.unreadable;
  }
  return std::nullopt;
}

}  // namespace lastmile
