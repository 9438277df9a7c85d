#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/address.h"
#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/site_file.h"
#include "aliases/world/world.h"

namespace lastmile {

/// A file that an account reads, such as a `.forward` file.
struct ReaderFile {
  std::string path = {};
  Account reader = {};
};

/// How the tables of one parameter are asked.
struct TableKeys {
  /// The addresses that are asked for with a key of its tables.
  std::function<std::vector<Address>(std::string_view key)> addresses_asked_with = {};
  /// The keys by which its tables are asked for an address.
  std::function<std::vector<std::string>(const Address& address)> keys_for = {};
};

/// A table, and for which parameter it is asked: an index into SiteContents::table_keys.
struct TableToExport {
  TableSpec spec = {};
  std::optional<std::size_t> parameter = {};
};

/// What goes into a site file, besides the accounts, their `.forward*` files, and the include files
/// that aliases and `.forward` files lead to: those are found by themselves.
struct SiteContents {
  std::string config_directory = {};          ///< Where main.cf is.
  std::vector<std::string> files = {};        ///< Read by root: the configuration, alias sources.
  std::vector<ReaderFile> reader_files = {};  ///< Read by an account: `forward_path` elsewhere.
  /// Recorded without content: mail spools and mailboxes.
  std::vector<std::string> attributes_only = {};
  std::vector<TableToExport> tables = {};
  std::vector<TableKeys> table_keys = {};
  TablePolicy policy = {};  ///< For opening the tables.
  /// What tables are asked that cannot be listed, besides the names of all accounts, the keys of
  /// all tables that can be listed, and the keys of all addresses that are known from these.
  std::vector<std::string> keys = {};
  /// Addresses that are known from elsewhere.
  std::vector<Address> addresses = {};
};

/// Writes all of `from` that delivery looks at into a new site file, and then moves that to `path`.
///
/// Each file is read with the rights of the one who would read it in a delivery, so that a user
/// cannot make root copy what the user may not read. No password is taken along: accounts have
/// none, values of parameters whose name ends in "password" and the like are left out, and of an
/// SQLite database only the columns that the query reads are copied. Equal worlds give equal
/// files.
///
/// \return what went in, and notes about what could not; an Error when nothing was written
Result<SiteSummary> export_site(World& from, const SiteContents& contents, const std::string& path);

}  // namespace lastmile
