// SPDX-License-Identifier: Apache-2.0
#include "transports/host_map_types.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::size_t kMaxDynamicMapsFile = std::size_t{1} * 1024 * 1024;
constexpr mode_t kWritableByOthers = 0022;

const Rights kReader = {0, 0, {}, "root"};

/// What Postfix has without a package of its own on Debian, or never. \see postconf -m
constexpr std::array<std::string_view, 21> kBuiltIn = {
    "btree",    "cidr",      "debug",  "environ", "fail",     "hash",     "inline",
    "internal", "memcache",  "nis",    "nisplus", "pipemap",  "proxy",    "randmap",
    "regexp",   "socketmap", "static", "tcp",     "texthash", "unionmap", "unix"};

}  // namespace

std::string HostMapTypes::directory_of(std::string_view parameter) const {
  const auto value = main_cf_.expand(parameter);
  return value ? (*value).value_or("") : std::string();
}

std::optional<Error> HostMapTypes::refusal_of(std::string_view type) {
  if (std::ranges::find(kBuiltIn, type) != kBuiltIn.end()) {
    return std::nullopt;
  }
  if (!std::exchange(is_loaded_, true)) {
    load();
  }
  const auto [first, last] = types_.equal_range(type);
  if (!is_known_ ||
      std::any_of(first, last, [this](const auto& row) { return is_there(row.second); })) {
    return std::nullopt;
  }
  std::string text = "unsupported dictionary type: " + std::string(type);
  text += skipped_ ? " (" + skipped_->message() + ")"
                   : " (dynamicmaps.cf does not list it: is the package postfix-" +
                         std::string(type) + " installed?)";
  return unavailable(std::move(text));
}

/// A configuration of its own somewhere else, such as that of a test, need not be that of the
/// Postfix that is installed: then the file beside main.cf counts.
void HostMapTypes::load() {
  libraries_ = directory_of("shlib_directory");
  const auto directory = world_.file_attributes(libraries_, kReader, Symlinks::follow);
  sees_libraries_ = directory && *directory;
  const std::string own = directory_of("config_directory");
  const auto meta = main_cf_.find("meta_directory");
  const bool is_of_host = (meta && meta->source) || own.starts_with("/etc/");
  const std::string path = (is_of_host ? directory_of("meta_directory") : own) + "/dynamicmaps.cf";
  read(path);
  const std::string folder = path + ".d";
  const auto others = world_.list_directory(folder, kReader);
  if (!others || !*others) {
    return;
  }
  for (const std::string& name : **others) {
    if (name.ends_with(".cf")) {
      read(std::string(folder).append("/").append(name));
    }
  }
}

/// What cannot be read says nothing, as in Postfix.
void HostMapTypes::read(const std::string& path) {
  const auto file = world_.read_file(path, kReader, Symlinks::follow, kMaxDynamicMapsFile);
  if (!file || !*file || (*file)->type != FileType::regular || !(*file)->unreadable.empty()) {
    return;
  }
  is_known_ = true;
  if ((*file)->owner != 0 || ((*file)->mode & kWritableByOthers) != 0) {
    skipped_ = misconfigured("file is owned or writable by non-root users -- skipping this file",
                             SourcePos{path, 0});
    return;
  }
  for (std::string_view rest = (*file)->content; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    read_line(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

/// `type library function [function]`.
void HostMapTypes::read_line(std::string_view line) {
  constexpr std::size_t kFewestWords = 3;
  const auto words = split_list(line);
  if (words.size() < kFewestWords || words.front().starts_with('#')) {
    return;
  }
  const std::string name(words[1]);
  const std::string library = name.starts_with('/') ? name : libraries_ + "/" + name;
  types_.emplace(words.front(), library);
}

/// A package may have been removed, and its line not.
bool HostMapTypes::is_there(const std::string& library) const {
  if (!sees_libraries_) {
    return true;
  }
  const auto found = world_.file_attributes(library, kReader, Symlinks::follow);
  return !found || *found;
}

}  // namespace lastmile
