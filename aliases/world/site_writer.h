#pragma once

#include <memory>
#include <optional>
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
  /// \return the id under which its entries are added
  Result<std::int64_t> add_table(const SiteTable& table);
  /// \param entry  null: the table was asked for `key` and has none
  Result<Ok> add_entry(std::int64_t table, std::string_view key, const TableEntry* entry);

  /// Nothing can be added afterwards.
  Result<Ok> commit();

 private:
  struct Statements;
  SiteWriter(std::string path, std::string temporary, SqliteDatabase database,
             std::unique_ptr<Statements> statements);

  std::string path_;
  std::string temporary_;  ///< Empty when it has been moved.
  SqliteDatabase database_;
  std::unique_ptr<Statements> statements_;
};

}  // namespace lastmile
