// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// A text table is held in memory; a larger one belongs into an index.
constexpr std::size_t kMaxTextTable = std::size_t{1} << 30;

/// On this host the open descriptor tells the owner. A tree has its own idea of owners, which does
/// not follow from those of the files that hold it.
Result<TableOwner> owner_of(World& world, const std::string& path, const std::string& host_path,
                            const struct stat& attributes) {
  if (host_path == path) {
    return table_owner(attributes.st_uid);
  }
  auto view = world.file_attributes(path, Rights{}, Symlinks::follow);
  if (!view) {
    return std::move(view).error();
  }
  return *view ? table_owner((*view)->owner) : TableOwner{};
}

}  // namespace

Error cannot_open(OpenWords words, std::string_view path, std::string_view reason) {
  const std::string_view verb = words == OpenWords::open_database ? "open database " : "open ";
  return unavailable(std::string(verb) + std::string(path) + ": " + std::string(reason));
}

TableOwner table_owner(uid_t uid) {
  return uid == 0 ? TableOwner{TableOwner::Trust::root, 0}
                  : TableOwner{TableOwner::Trust::account, uid};
}

Result<TableText> read_table_text(World& world, const std::string& path, OpenWords words) {
  auto view = world.read_file(path, Rights{}, Symlinks::follow, kMaxTextTable);
  if (!view) {
    return std::move(view).error().during("opening table " + path);
  }
  if (!*view) {
    return cannot_open(words, path, std::strerror(ENOENT));
  }
  FileView& file = **view;
  if (file.type != FileType::regular) {
    const bool directory = file.type == FileType::directory;
    return cannot_open(words, path, directory ? std::strerror(EISDIR) : "not a regular file");
  }
  if (!file.unreadable.empty()) {
    return cannot_open(words, path, file.unreadable);
  }
  return TableText{std::move(file.content), table_owner(file.owner)};
}

bool is_inline_text(const TableSpec& spec) {
  return spec.name.starts_with('{');
}

Result<TableText> read_rule_text(World& world, const TableSpec& spec) {
  if (!is_inline_text(spec)) {
    return read_table_text(world, spec.name, OpenWords::open);
  }
  const auto refuse = [&spec](const Error& error) {
    return misconfigured(spec.type + " map: " + error.text);
  };
  const auto rules = inside_braces(spec.name);
  if (!rules) {
    return refuse(rules.error());
  }
  TableText text{{}, table_owner(0)};
  for (const std::string_view word : split_list(*rules, Braces::protect)) {
    const auto rule = inside_braces(word);
    if (!rule) {
      return refuse(rule.error());
    }
    text.content.append(trim(*rule)).push_back('\n');
  }
  return text;
}

Result<std::string> host_path_of(const World& world, const std::string& path) {
  auto found = world.host_path(path);
  if (!found) {
    return cannot_open(OpenWords::open_database, path, "not kept in a file here");
  }
  return *std::move(found);
}

Result<IndexFile> IndexFile::open(World& world, const std::string& path) {
  auto found = host_path_of(world, path);
  if (!found) {
    return std::move(found).error();
  }
  IndexFile file;
  file.descriptor_ = ::open(found->c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file.descriptor_ < 0) {
    if (errno == EACCES && !world.sees_as(Rights{})) {
      return unseen_by_caller(path);
    }
    return cannot_open(OpenWords::open_database, path, std::strerror(errno));
  }
  struct stat attributes = {};
  if (::fstat(file.descriptor_, &attributes) != 0) {
    return cannot_open(OpenWords::open_database, path, std::strerror(errno));
  }
  if (!S_ISREG(attributes.st_mode)) {
    return cannot_open(OpenWords::open_database, path, "not a regular file");
  }
  auto owner = owner_of(world, path, *found, attributes);
  if (!owner) {
    return std::move(owner).error();
  }
  file.owner_ = *owner;
  std::error_code ignored;  // A path that cannot be made absolute is used as it is.
  const std::filesystem::path absolute = std::filesystem::absolute(*found, ignored);
  file.host_path_ = ignored ? *std::move(found) : absolute.string();
  return file;
}

bool IndexFile::is_same_file(int other) const {
  struct stat mine = {};
  struct stat theirs = {};
  return ::fstat(descriptor_, &mine) == 0 && ::fstat(other, &theirs) == 0 &&
         mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

IndexFile::IndexFile(IndexFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      host_path_(std::move(other.host_path_)),
      owner_(other.owner_) {}

IndexFile& IndexFile::operator=(IndexFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(host_path_, other.host_path_);
  std::swap(owner_, other.owner_);
  return *this;
}

IndexFile::~IndexFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

}  // namespace lastmile
