// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/ledger_place.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "aliases/path.h"

namespace lastmile {

namespace {

constexpr std::string_view kName = "%u";

std::string for_keeper(std::string path, const std::string& name) {
  for (auto at = path.find(kName); at != std::string::npos;
       at = path.find(kName, at + name.size())) {
    path.replace(at, kName.size(), name);
  }
  return path;
}

enum class Whose { theirs, others, absent };

Whose whose(const std::string& directory, uid_t uid) {
  struct stat attributes = {};
  if (stat(directory.c_str(), &attributes) != 0) {
    return errno == ENOENT ? Whose::absent : Whose::others;
  }
  return S_ISDIR(attributes.st_mode) && attributes.st_uid == uid ? Whose::theirs : Whose::others;
}

/// Whether a file in this directory is one in a directory of the keeper's own.
bool can_keep_in(const std::string& directory, uid_t uid) {
  const Whose owner = whose(directory, uid);
  return owner == Whose::theirs ||
         (owner == Whose::absent &&
          faccessat(AT_FDCWD, parent_directory(directory).c_str(), W_OK | X_OK, AT_EACCESS) == 0);
}

bool is_usable_base(const std::string& directory, uid_t uid) {
  struct stat attributes = {};
  return directory.starts_with('/') && stat(directory.c_str(), &attributes) == 0 &&
         S_ISDIR(attributes.st_mode) && attributes.st_uid == uid &&
         (attributes.st_mode & S_IWOTH) == 0;
}

/// Makes each of these directories that is missing.
/// \return what stands in the way
std::optional<std::string> make_directories(std::string path,
                                            const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    path.append("/").append(name);
    if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      return path + " cannot be made: " + std::generic_category().message(errno);
    }
  }
  return std::nullopt;
}

/// The ledger in the state directory of a user.
LedgerPlace state_place(const LedgerKeeper& keeper) {
  const bool has_state = is_usable_base(keeper.state, keeper.uid);
  if (!has_state && !is_usable_base(keeper.home, keeper.uid)) {
    return {{},
            "the home of uid " + std::to_string(keeper.uid) + " (" +
                (keeper.home.empty() ? "none" : keeper.home) +
                ") is not a directory of theirs that they alone can write to"};
  }
  const std::string base = has_state ? keeper.state : keeper.home + "/.local/state";
  const auto obstacle = has_state ? make_directories(base, {"lastmile"})
                                  : make_directories(keeper.home, {".local", "state", "lastmile"});
  if (obstacle) {
    return {{}, *obstacle};
  }
  return {base + "/lastmile/ledger.sqlite", {}};
}

std::string text_of(const char* text) {
  return text == nullptr ? "" : text;
}

}  // namespace

LedgerKeeper this_keeper() {
  LedgerKeeper keeper;
  keeper.uid = geteuid();
  keeper.name = std::to_string(keeper.uid);
  keeper.state = text_of(std::getenv("XDG_STATE_HOME"));
  keeper.home = text_of(std::getenv("HOME"));
  if (const passwd* const account = getpwuid(keeper.uid); account != nullptr) {
    // A name that leads to another directory is none for a path.
    const std::string_view name = account->pw_name;
    if (!name.empty() && name.find('/') == name.npos && !name.starts_with('.')) {
      keeper.name = name;
    }
    if (!is_usable_base(keeper.home, keeper.uid)) {
      keeper.home = account->pw_dir;
    }
  }
  return keeper;
}

LedgerPlace find_ledger_place(const std::string& configured, const LedgerKeeper& keeper) {
  if (configured.empty()) {
    return {};
  }
  std::string path = for_keeper(configured, keeper.name);
  if (keeper.uid == 0 || can_keep_in(parent_directory(path), keeper.uid)) {
    return {std::move(path), {}};
  }
  LedgerPlace place = state_place(keeper);
  if (place.path.empty()) {
    place.obstacle = parent_directory(path) + " is not a directory of uid " +
                     std::to_string(keeper.uid) + ", and " + place.obstacle;
  }
  return place;
}

}  // namespace lastmile
