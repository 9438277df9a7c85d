// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/tables/sqlite_handle.h"
#include "aliases/tables/table.h"
#include "aliases/world/recorded_tree.h"

namespace lastmile {

/// One row of `lookup_table`.
struct SiteTable {
  std::int64_t id = 0;
  TableSpec spec = {};
  TableOwner owner = {};
  /// Entries for some keys only: what it has for another key is not known.
  bool complete = true;
  std::optional<Error> error = {};  ///< Why it could not be opened where the file was made.
};

/// How much there is of everything in a site file, or went into it.
struct SiteSummary {
  std::int64_t files = 0;  ///< With directories and links.
  std::int64_t accounts = 0;
  std::int64_t tables = 0;
  std::int64_t entries = 0;
  std::vector<std::string> notes = {};  ///< What could not be taken along, and why.
};

/// A site file, open for reading within one transaction: all answers belong to one state of it.
/// Every row is checked when it is read; one that makes no sense is an Error that names it.
class SiteFile {
 public:
  SiteFile(const SiteFile&) = delete;
  SiteFile& operator=(const SiteFile&) = delete;
  ~SiteFile();

  /// An older version is migrated in memory; the file stays as it is.
  /// \return misconfigured, in one line, for what is no site file, is damaged or is of a newer
  ///         version
  static Result<std::unique_ptr<SiteFile>> open(const std::string& path);

  /// \param path  absolute, normalised. A directory without a row of its own is root's, mode 0755.
  /// \return unavailable for a path whose content the export could not see
  Result<std::optional<RecordedNode>> node(const std::string& path);
  /// \return nullopt when the file has no recorded content, which means that it could not be read
  Result<std::optional<std::string>> content(const std::string& path, std::size_t max_bytes);
  /// The names directly below a directory, sorted.
  Result<std::vector<std::string>> names_in(const std::string& directory);
  Result<Listing> for_each_path(const std::function<bool(const std::string&)>& visit);

  Result<std::optional<Account>> account_by_name(std::string_view name);
  Result<std::optional<Account>> account_by_uid(uid_t uid);
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit);

  Result<std::optional<SiteTable>> find_table(const TableSpec& spec);
  Result<std::vector<SiteTable>> tables();
  Result<std::optional<TableEntry>> lookup(const SiteTable& table, std::string_view key);
  /// In the order of the keys.
  Result<Listing> for_each_entry(
      const SiteTable& table,
      const std::function<bool(std::string_view, const TableEntry&)>& visit);

  /// The same of a table that is not complete, with the keys that it was asked for and has not:
  /// those with null.
  Result<Listing> for_each_answer(
      const SiteTable& table,
      const std::function<bool(std::string_view, const TableEntry*)>& visit);

  /// Of one table, with the keys that it was asked for and has not.
  Result<std::int64_t> entry_count(const SiteTable& table);

  Result<HostFacts> host();
  Result<std::vector<std::string>> interface_addresses();
  Result<SiteSummary> summary();

  const std::string& path() const { return path_; }

 private:
  struct Statements;
  explicit SiteFile(std::string path);

  Error damaged(const Error& error) const;
  Error bad_row(const std::string& what, const std::string& why) const;
  Result<Ok> check_header();
  Result<Ok> check_schema();
  Result<Ok> migrate_copy(int version);
  Result<std::int64_t> pragma(const std::string& name);
  Result<Account> read_account(const SqliteStatement& row) const;
  Result<std::optional<Account>> one_account(SqliteStatement& statement);
  Result<SiteTable> read_table(const SqliteStatement& row) const;
  /// Every row of `entry` for one table: null where it says that there is no such key.
  Result<Listing> for_each_row(
      const SiteTable& table,
      const std::function<bool(std::string_view, const TableEntry*)>& visit);

  std::string path_;
  SqliteDatabase database_;
  std::unique_ptr<Statements> statements_;
};

}  // namespace lastmile
