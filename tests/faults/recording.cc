// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/recording.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lastmile::test {
namespace {

using Kind = FileOperation::Kind;

std::string octets_of(pid_t pid, std::uint64_t address, std::size_t size) {
  std::string bytes(size, '\0');
  const iovec local = {bytes.data(), bytes.size()};
  const iovec remote = {address_there(address), size};
  const ssize_t count = size == 0 ? 0 : process_vm_readv(pid, &local, 1, &remote, 1, 0);
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

/// Reads page by page: what lies behind a text may not be mapped.
std::string text_of(pid_t pid, std::uint64_t address) {
  constexpr std::uint64_t kPage = 4096;
  std::string text;
  while (text.size() < PATH_MAX) {
    const std::string piece = octets_of(pid, address, kPage - address % kPage);
    const auto end = piece.find('\0');
    text += piece.substr(0, end);
    if (piece.empty() || end != std::string::npos) {
      break;
    }
    address += piece.size();
  }
  return text;
}

std::string proc_path(pid_t pid, std::string_view rest) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(rest);
}

std::string descriptor(pid_t pid, std::uint64_t number) {
  return proc_path(pid, "fd/" + std::to_string(static_cast<int>(number)));
}

std::string target_of(const std::string& link) {
  std::array<char, PATH_MAX> text = {};
  const ssize_t size = readlink(link.c_str(), text.data(), text.size());
  return {text.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

/// A path as this process sees it.
std::string absolute(pid_t pid, int directory, const std::string& path) {
  if (path.starts_with('/')) {
    return path;
  }
  const std::string base =
      target_of(directory == AT_FDCWD ? proc_path(pid, "cwd")
                                      : descriptor(pid, static_cast<std::uint64_t>(directory)));
  return base + "/" + path;
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::optional<struct stat> attributes_of(const std::string& path, bool follows = false) {
  struct stat attributes = {};
  const int result = follows ? stat(path.c_str(), &attributes) : lstat(path.c_str(), &attributes);
  return result == 0 ? std::optional(attributes) : std::nullopt;
}

off_t position_of(pid_t pid, std::uint64_t number) {
  std::ifstream file(proc_path(pid, "fdinfo/" + std::to_string(static_cast<int>(number))));
  std::string word;
  long long position = 0;
  file >> word >> position;
  return static_cast<off_t>(position);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string pieces_of(const SystemCall& call) {
  const std::string list =
      octets_of(call.pid, call.arguments[1], call.arguments[2] * sizeof(iovec));
  std::string bytes;
  for (std::size_t at = 0; at + sizeof(iovec) <= list.size(); at += sizeof(iovec)) {
    iovec piece = {};
    list.copy(reinterpret_cast<char*>(&piece), sizeof piece, at);
    bytes += octets_of(call.pid, reinterpret_cast<std::uint64_t>(piece.iov_base), piece.iov_len);
  }
  return bytes;
}

}  // namespace

Recorder::Recorder(std::string directory) : directory_(std::move(directory)) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
    const std::string path = entry.path();
    const auto attributes = attributes_of(path);
    const auto parent = attributes_of(parent_of(path), true);
    if (attributes && parent) {
      known_.insert(attributes->st_ino);
      names_[{parent->st_ino, name_of(path)}] = attributes->st_ino;
    }
  }
}

bool Recorder::is_below(std::string_view path) const {
  return path.starts_with(directory_ + "/");
}

void Recorder::make(ino_t node, const struct stat& attributes) {
  known_.insert(node);
  operations_.push_back({.kind = Kind::make,
                         .node = node,
                         .mode = attributes.st_mode,
                         .uid = attributes.st_uid,
                         .gid = attributes.st_gid});
}

void Recorder::add_name(const std::string& path) {
  const auto attributes = attributes_of(path);
  const auto directory = attributes_of(parent_of(path), true);
  if (!attributes || !directory || !is_below(path)) {
    return;
  }
  forget(directory->st_ino, name_of(path));
  if (!known_.contains(attributes->st_ino)) {
    make(attributes->st_ino, *attributes);
  }
  names_[{directory->st_ino, name_of(path)}] = attributes->st_ino;
  operations_.push_back({.kind = Kind::name,
                         .node = attributes->st_ino,
                         .directory = directory->st_ino,
                         .name = name_of(path)});
}

void Recorder::remove_name(const std::string& path) {
  const auto directory = attributes_of(parent_of(path), true);
  if (directory && is_below(path)) {
    forget(directory->st_ino, name_of(path));
    operations_.push_back(
        {.kind = Kind::unname, .directory = directory->st_ino, .name = name_of(path)});
  }
}

void Recorder::forget(ino_t directory, const std::string& name) {
  const auto found = names_.find({directory, name});
  if (found == names_.end()) {
    return;
  }
  const ino_t node = found->second;
  names_.erase(found);
  const bool has_another = std::any_of(names_.begin(), names_.end(),
                                       [node](const auto& each) { return each.second == node; });
  if (!has_another) {
    known_.erase(node);
  }
}

void Recorder::observe(const SystemCall& call) {
  if (call.result < 0) {
    return;
  }
  switch (call.number) {
    case SYS_open:
    case SYS_openat:
    case SYS_openat2:
    case SYS_creat:
      opened(call);
      break;
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
      written(call);
      break;
    case SYS_mkdir:
    case SYS_mkdirat:
    case SYS_link:
    case SYS_linkat:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
      named(call);
      break;
    default:
      other_of_descriptor(call);
  }
}

void Recorder::opened(const SystemCall& call) {
  const std::string link = descriptor(call.pid, static_cast<std::uint64_t>(call.result));
  const std::string path = target_of(link);
  const auto attributes = attributes_of(link, true);
  const auto flags = call.number == SYS_openat ? call.arguments[2] : call.arguments[1];
  const bool is_nameless = call.number != SYS_openat2 && (flags & O_TMPFILE) == O_TMPFILE;
  if (!attributes || !is_below(path) || (known_.contains(attributes->st_ino) && !is_nameless)) {
    return;
  }
  make(attributes->st_ino, *attributes);
  if (attributes->st_nlink > 0) {
    add_name(path);
  }
}

void Recorder::written(const SystemCall& call) {
  const std::string link = descriptor(call.pid, call.arguments[0]);
  const auto attributes = attributes_of(link, true);
  if (!attributes || !S_ISREG(attributes->st_mode) || !known_.contains(attributes->st_ino)) {
    return;
  }
  const auto count = static_cast<std::size_t>(call.result);
  const bool has_pieces = call.number == SYS_writev || call.number == SYS_pwritev;
  const bool says_where = call.number == SYS_pwrite64 || call.number == SYS_pwritev;
  std::string bytes = has_pieces ? pieces_of(call) : octets_of(call.pid, call.arguments[1], count);
  bytes.resize(count);
  const off_t offset = says_where ? static_cast<off_t>(call.arguments[3])
                                  : position_of(call.pid, call.arguments[0]) - call.result;
  operations_.push_back({.kind = Kind::write,
                         .node = attributes->st_ino,
                         .bytes = std::move(bytes),
                         .offset = offset});
}

void Recorder::named(const SystemCall& call) {
  const auto& given = call.arguments;
  const auto path = [&](std::size_t directory, std::size_t name) {
    return absolute(call.pid, static_cast<int>(given[directory]), text_of(call.pid, given[name]));
  };
  const auto plain = [&](std::size_t name) {
    return absolute(call.pid, AT_FDCWD, text_of(call.pid, given[name]));
  };
  switch (call.number) {
    case SYS_mkdir:
      add_name(plain(0));
      break;
    case SYS_mkdirat:
      add_name(path(0, 1));
      break;
    case SYS_link:
      add_name(plain(1));
      break;
    case SYS_linkat:
      add_name(path(2, 3));
      break;
    case SYS_unlink:
      remove_name(plain(0));
      break;
    case SYS_unlinkat:
      remove_name(path(0, 1));
      break;
    case SYS_rename:
      add_name(plain(1));
      remove_name(plain(0));
      break;
    default:
      add_name(path(2, 3));
      remove_name(path(0, 1));
  }
}

void Recorder::other_of_descriptor(const SystemCall& call) {
  constexpr std::array kThose = {SYS_fsync,  SYS_fdatasync, SYS_ftruncate,   SYS_fchown,
                                 SYS_fchmod, SYS_fsetxattr, SYS_fremovexattr};
  if (std::find(kThose.begin(), kThose.end(), call.number) == kThose.end()) {
    return;
  }
  const auto attributes = attributes_of(descriptor(call.pid, call.arguments[0]), true);
  if (!attributes || !known_.contains(attributes->st_ino)) {
    return;
  }
  FileOperation operation = {.kind = Kind::sync, .node = attributes->st_ino};
  switch (call.number) {
    case SYS_ftruncate:
      operation.kind = Kind::truncate;
      operation.offset = static_cast<off_t>(call.arguments[1]);
      break;
    case SYS_fchown:
    case SYS_fchmod:
      operation.kind = Kind::own;
      operation.mode = attributes->st_mode;
      operation.uid = attributes->st_uid;
      operation.gid = attributes->st_gid;
      break;
    case SYS_fsetxattr:
      operation.kind = Kind::attribute;
      operation.name = text_of(call.pid, call.arguments[1]);
      operation.bytes = octets_of(call.pid, call.arguments[2], call.arguments[3]);
      break;
    case SYS_fremovexattr:
      operation.kind = Kind::no_attribute;
      operation.name = text_of(call.pid, call.arguments[1]);
      break;
    default:
      break;
  }
  operations_.push_back(std::move(operation));
}

FileTree FileTree::read(const std::string& directory) {
  FileTree tree;
  tree.root_ = attributes_of(directory).value().st_ino;
  tree.read_into(tree.root_, directory);
  return tree;
}

void FileTree::read_into(ino_t node, const std::string& path) {
  const auto attributes = attributes_of(path).value();
  Node& made = nodes_[node];
  made.mode = attributes.st_mode;
  made.uid = attributes.st_uid;
  made.gid = attributes.st_gid;
  if (S_ISREG(attributes.st_mode)) {
    made.content = content_of(path);
  } else if (S_ISDIR(attributes.st_mode)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      const std::string below = entry.path();
      const ino_t child = attributes_of(below).value().st_ino;
      nodes_[node].entries[name_of(below)] = child;
      read_into(child, below);
    }
  } else if (S_ISLNK(attributes.st_mode)) {
    made.content = target_of(path);
  }
}

void FileTree::apply(const FileOperation& operation) {
  if (operation.kind == Kind::unname) {
    nodes_[operation.directory].entries.erase(operation.name);
    return;
  }
  Node& node = nodes_[operation.node];
  switch (operation.kind) {
    case Kind::make:
      node = {};
      [[fallthrough]];
    case Kind::own:
      node.mode = operation.mode;
      node.uid = operation.uid;
      node.gid = operation.gid;
      break;
    case Kind::name:
      nodes_[operation.directory].entries[operation.name] = operation.node;
      break;
    case Kind::write: {
      const auto begin = static_cast<std::size_t>(operation.offset);
      node.content.resize(std::max(node.content.size(), begin + operation.bytes.size()));
      node.content.replace(begin, operation.bytes.size(), operation.bytes);
      break;
    }
    case Kind::truncate:
      node.content.resize(static_cast<std::size_t>(operation.offset));
      break;
    case Kind::attribute:
      node.attributes[operation.name] = operation.bytes;
      break;
    case Kind::no_attribute:
      node.attributes.erase(operation.name);
      break;
    case Kind::unname:
    case Kind::sync:
      break;
  }
}

void FileTree::write(const std::string& directory) const {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::filesystem::remove_all(entry.path());
  }
  for (const auto& [name, node] : nodes_.at(root_).entries) {
    write_node(nodes_.at(node), directory + "/" + name);
  }
}

void FileTree::write_node(const Node& node, const std::string& path) const {
  bool is_done = true;
  if (S_ISDIR(node.mode)) {
    is_done = mkdir(path.c_str(), 0700) == 0;
    for (const auto& [name, child] : node.entries) {
      write_node(nodes_.at(child), path + "/" + name);
    }
  } else if (S_ISLNK(node.mode)) {
    if (symlink(node.content.c_str(), path.c_str()) != 0) {
      throw std::runtime_error("cannot make " + path);
    }
    return;
  } else if (S_ISSOCK(node.mode)) {
    return;
  } else {
    std::ofstream(path, std::ios::binary) << node.content;
  }
  for (const auto& [name, value] : node.attributes) {
    is_done = is_done && setxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0;
  }
  is_done = is_done && chown(path.c_str(), node.uid, node.gid) == 0 &&
            chmod(path.c_str(), node.mode & 07777U) == 0;
  if (!is_done) {
    throw std::runtime_error("cannot make " + path);
  }
}

std::string FileTree::fingerprint() const {
  std::ostringstream text;
  const auto add = [&](const auto& self, ino_t number, const std::string& path) -> void {
    const Node& node = nodes_.at(number);
    text << path << ' ' << node.mode << ' ' << node.uid << ' ' << node.gid << ' '
         << node.content.size() << ' ' << std::hash<std::string>{}(node.content) << '\n';
    for (const auto& [name, value] : node.attributes) {
      text << ' ' << name << '=' << value << '\n';
    }
    for (const auto& [name, child] : node.entries) {
      self(self, child, path + "/" + name);
    }
  };
  add(add, root_, "");
  return text.str();
}

}  // namespace lastmile::test
