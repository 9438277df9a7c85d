// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/world/recorded_world.h"
#include "aliases/world/world.h"

namespace lastmile::test {

/// Who owns something in a MemoryWorld, and its permission bits.
struct Attributes {
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0644;
};

/// One question that a World was asked.
struct Question {
  enum class Kind {
    read_file,
    file_attributes,
    list_directory,
    may_enter,
    account,
    accounts,
    table,
    lookup,
    host
  };

  Kind kind = Kind::read_file;
  /// The path, account name, "uid 2001", table, or "table key".
  std::string subject = {};
  std::string asked_by = {};  ///< The name (or "uid N") in the rights of the reader; may be empty.

  friend bool operator==(const Question&, const Question&) = default;
};

/// "read_file /home/alice/.forward as alice".
std::string to_string(const Question& question);

/// A world built in a few lines. It records every question, and fails those it is told to fail.
///
///     MemoryWorld world;
///     world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
///     world.add_file("/home/alice/.forward", "\\alice, bob\n", {.owner = 2001, .group = 2001});
///     world.add_table("hash:/etc/aliases", {{"root", "alice"}});
///
/// Reading rights are judged by owner and mode. Directories that a path needs are made, owned by
/// root with mode 0755, unless they were added before.
class MemoryWorld final : public RecordedWorld {
 public:
  MemoryWorld();
  MemoryWorld(const MemoryWorld&) = delete;
  MemoryWorld& operator=(const MemoryWorld&) = delete;
  ~MemoryWorld() override;

  /// Also makes the home directory (mode 0755) unless it is there.
  void add_account(Account account);
  /// Replaces what was at `path` before; so do the next three.
  void add_file(const std::string& path, std::string content, Attributes attributes = {});
  void add_directory(const std::string& path, Attributes attributes = {.mode = 0755});
  void add_symlink(const std::string& path, std::string target, uid_t owner = 0);
  /// A FIFO, socket or device.
  void add_special_file(const std::string& path, Attributes attributes = {});

  /// Serves the table from memory, whatever its type, with the key rules of a table of fixed
  /// strings: write keys in lower case, as an index has them. Every other table is opened by
  /// open_map(), which reads text tables through this world (texthash:, regexp:, inline:, ...).
  void add_table(std::string_view spec, std::vector<std::pair<std::string, std::string>> entries,
                 TableOwner owner = {TableOwner::Trust::root, 0});

  /// Tables of a compiled type are read from their texts, as in a checkout of a configuration.
  void read_texts_of_missing_indexes(bool does) { reads_texts_ = does; }
  void set_hostname(std::string hostname);
  void set_interface_addresses(std::vector<std::string> addresses);
  void add_host(std::string name, std::vector<std::string> addresses);

  /// The questions below are answered with this error from now on.
  void fail_file(const std::string& path, Error error = io_error());
  void fail_accounts(Error error = database_down());
  /// Every lookup fails. The table need not have been added.
  void fail_table(std::string_view spec, Error error = database_down());

  /// "Input/output error", and "database down": both `unavailable`.
  static Error io_error();
  static Error database_down();

  const std::vector<Question>& questions() const;
  void forget_questions();
  /// How often the content of this very path was asked for.
  std::size_t times_read(std::string_view path) const;
  /// Who asked for its content, in order: `{"alice", "root"}`.
  std::vector<std::string> readers_of(std::string_view path) const;

  // World
  Result<std::optional<FileView>> read_file(const std::string& path, const Rights& as,
                                            Symlinks symlinks, std::size_t max_bytes) override;
  Result<std::optional<FileView>> file_attributes(const std::string& path, const Rights& as,
                                                  Symlinks symlinks) override;
  Result<std::optional<std::vector<std::string>>> list_directory(const std::string& path,
                                                                 const Rights& as) override;
  Result<Access> may_enter(const std::string& path, const Rights& as) override;
  Result<std::optional<Account>> account_by_name(std::string_view name) override;
  Result<std::optional<Account>> account_by_uid(uid_t uid) override;
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) override;
  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override;
  bool reads_texts_of_missing_indexes() const override { return reads_texts_; }
  const HostFacts& host() const override;
  Result<std::vector<std::string>> interface_addresses() override;
  Result<std::vector<std::string>> host_addresses(std::string_view name) override;

 private:
  struct File {
    RecordedNode node = {};
    std::string content = {};
  };
  class MemoryTable;
  struct TableData;

  void put(const std::string& path, File file);
  void record(Question::Kind kind, std::string subject, std::string asked_by = {}) const;
  Result<std::optional<RecordedNode>> node_at(const std::string& place) const override;
  Result<std::optional<std::string>> content_at(const std::string& place, const std::string& path,
                                                const Rights& as, std::size_t max_bytes) override;
  Result<std::vector<std::string>> names_in(const std::string& place, const std::string& path,
                                            const Rights& as) override;

  std::map<std::string, File, std::less<>> files_;
  std::uint64_t files_put_ = 0;
  bool reads_texts_ = false;
  std::vector<Account> accounts_;
  std::map<std::string, std::shared_ptr<TableData>, std::less<>> tables_;
  std::map<std::string, std::vector<std::string>, std::less<>> hosts_;
  HostFacts host_ = {"localhost"};
  std::vector<std::string> interface_addresses_ = {"127.0.0.1", "::1"};
  std::map<std::string, Error, std::less<>> failing_files_;
  std::optional<Error> failing_accounts_;
  mutable std::vector<Question> questions_;
};

}  // namespace lastmile::test
