// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/tables/sqlite_handle.h"
#include "aliases/tables/table.h"
#include "aliases/world/recorded_tree.h"
#include "aliases/world/site_file.h"

namespace lastmile {

/// Makes a new site file beside the place where it shall be, and moves it there when it is whole
/// and on disk. Nothing is left behind when it never comes to that. The file is the owner's alone
/// (mode 0600): it holds what users wrote into their .forward files.
class SiteWriter {
 public:
  /// \param path  a site file or an empty file that is there is replaced by commit()
  /// \return misconfigured when something else is there
  static Result<std::unique_ptr<SiteWriter>> create(const std::string& path);
  SiteWriter(const SiteWriter&) = delete;
  SiteWriter& operator=(const SiteWriter&) = delete;
  ~SiteWriter();

  Result<Ok> add_host(const HostFacts& facts);
  Result<Ok> add_interface_address(std::string_view address);
  Result<Ok> add_account(const Account& account);
  /// Replaces what is recorded for the path. \param content  for regular files; nullopt: not known
  Result<Ok> add_file(std::string_view path, const RecordedNode& node,
                      std::optional<std::string_view> content);
  /// A place that could not be looked at: asking for it, or below it, is "cannot say".
  Result<Ok> add_unknown(std::string_view path);
  /// For a large file, which is read piece by piece.
  /// \param read  fills the buffer from an offset on, and returns how many octets there were
  /// \return unavailable as well when there were less than `size`
  using ReadPiece = std::function<std::size_t(std::uint64_t offset, std::span<char> buffer)>;
  Result<Ok> add_large_file(std::string_view path, const RecordedNode& node, std::uint64_t size,
                            const ReadPiece& read);
  /// \return the id under which its entries are added
  Result<std::int64_t> add_table(const SiteTable& table);
  /// What turned out afterwards of a table that was added.
  Result<Ok> change_table(std::int64_t table, bool is_complete, const std::optional<Error>& error);
  /// In any order: of two entries with one key the first counts.
  /// \param entry  null: the table was asked for `key` and has none
  Result<Ok> add_entry(std::int64_t table, std::string_view key, const TableEntry* entry);

  /// Nothing can be added afterwards.
  /// \return how many entries there are
  Result<std::int64_t> commit();

 private:
  struct Statements;
  SiteWriter(std::string path, std::string temporary, SqliteDatabase database,
             std::unique_ptr<Statements> statements);
  /// What is bound lives as long as the writer and its arguments.
  SqliteStatement& bind_node(std::string_view path, const RecordedNode& node);
  Result<std::int64_t> count_entries();

  std::string path_;
  std::string temporary_;  ///< Empty when it has been moved.
  SqliteDatabase database_;
  std::unique_ptr<Statements> statements_;
  std::string mode_ = {};  ///< Of the file that is being added.
};

}  // namespace lastmile
