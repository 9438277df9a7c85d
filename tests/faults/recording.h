// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/faults/tracer.h"

namespace lastmile::test {

/// One change to a file system, or one order to keep what was changed.
struct FileOperation {
  enum class Kind {
    make,       ///< An inode, with mode and owner; it has no name yet.
    name,       ///< `node` gets a name in a directory.
    unname,     ///< The name goes.
    write,      ///< `bytes` at `offset`.
    truncate,   ///< To `offset` octets.
    own,        ///< Mode and owner.
    attribute,  ///< An extended attribute gets a value.
    no_attribute,
    sync,  ///< fsync(2) or fdatasync(2).
  };
  Kind kind = Kind::sync;
  ino_t node = 0;
  ino_t directory = 0;  ///< Where the name is; 0 for what is no name.
  std::string name = {};
  std::string bytes = {};
  off_t offset = 0;
  mode_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// What a delivery changes below a directory, in order.
class Recorder {
 public:
  /// \param directory  what lies there now is known already
  explicit Recorder(std::string directory);

  /// \see Observer
  void observe(const SystemCall& call);

  const std::vector<FileOperation>& operations() const { return operations_; }

 private:
  void opened(const SystemCall& call);
  void written(const SystemCall& call);
  void named(const SystemCall& call);
  void other_of_descriptor(const SystemCall& call);

  bool is_below(std::string_view path) const;
  void make(ino_t node, const struct stat& attributes);
  void add_name(const std::string& path);
  void remove_name(const std::string& path);
  void forget(ino_t directory, const std::string& name);

  using Name = std::pair<ino_t, std::string>;  ///< In a directory.

  std::string directory_;
  std::set<ino_t> known_;  ///< A number may come again when the last name of its file is gone.
  std::map<Name, ino_t> names_;
  std::vector<FileOperation> operations_;
};

/// What a file system holds below a directory.
class FileTree {
 public:
  /// As it lies on disk.
  static FileTree read(const std::string& directory);

  void apply(const FileOperation& operation);
  /// Puts it in the place of what lies on disk.
  void write(const std::string& directory) const;
  /// The same for equal trees.
  std::string fingerprint() const;

 private:
  struct Node {
    mode_t mode = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    std::string content = {};
    std::map<std::string, std::string> attributes = {};
    std::map<std::string, ino_t> entries = {};  ///< Of a directory.
  };

  void read_into(ino_t node, const std::string& path);
  void write_node(const Node& node, const std::string& path) const;

  ino_t root_ = 0;
  std::map<ino_t, Node> nodes_;
};

}  // namespace lastmile::test
