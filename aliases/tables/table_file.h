// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The text of a table, and who can change it.
struct TableText {
  std::string content = {};
  TableOwner owner = {};
};

/// What Postfix says when it cannot open the file behind a table.
enum class OpenWords {
  open_database,  ///< "open database /etc/aliases.db: No such file or directory"
  open,           ///< "open /etc/aliases.regexp: No such file or directory"
};

/// An Error::Kind::unavailable in those words.
Error cannot_open(OpenWords words, std::string_view path, std::string_view reason);

/// Reads the file of a text table with root's rights.
///
/// \return unavailable when it is missing or cannot be read, malformed above 1 GiB
Result<TableText> read_table_text(World& world, const std::string& path, OpenWords words);

/// Reads the rules of a pattern table: a file, or `{{rule}, {rule}}` in the name itself, which
/// belongs to root as main.cf does.
/// \return as read_table_text(); misconfigured when the braces do not match
/// \see regexp_table(5), INLINE SPECIFICATION
Result<TableText> read_rule_text(World& world, const TableSpec& spec);

/// Whether the text of a pattern table stands in its name.
bool is_inline_text(const TableSpec& spec);

/// Trust::root for uid 0, else Trust::account.
TableOwner table_owner(uid_t uid);

/// Where a library can open the file `path`.
/// \return unavailable when this world does not keep it in a file
Result<std::string> host_path_of(const World& world, const std::string& path);

/// An open, read-only descriptor of an index file, which is closed at the end of its life.
class IndexFile {
 public:
  /// \param path  as in messages; opened where `world` has it
  /// \return unavailable, as "open database PATH: REASON"
  static Result<IndexFile> open(World& world, const std::string& path);

  IndexFile(IndexFile&& other) noexcept;
  IndexFile& operator=(IndexFile&& other) noexcept;
  IndexFile(const IndexFile&) = delete;
  IndexFile& operator=(const IndexFile&) = delete;
  ~IndexFile();

  int descriptor() const { return descriptor_; }
  /// Absolute, where the file was opened: for libraries that open files by themselves.
  const std::string& host_path() const { return host_path_; }
  TableOwner owner() const { return owner_; }
  /// Whether another descriptor, which a library opened by name, is of this very file. If it is
  /// not, owner() says nothing of what the library reads.
  bool is_same_file(int other) const;

 private:
  IndexFile() = default;

  int descriptor_ = -1;
  std::string host_path_ = {};
  TableOwner owner_ = {};
};

}  // namespace lastmile
