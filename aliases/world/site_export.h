// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

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

/// A table, and for which parameter it is asked: an index into the catalogue of parameters.
struct TableToExport {
  TableSpec spec = {};
  std::optional<std::size_t> parameter = {};
};

/// What goes into a site file, besides the accounts, their `.forward*` files, and the include files
/// that aliases and `.forward` files lead to: those are found by themselves.
struct SiteContents {
  std::string config_directory = {};          ///< Where main.cf is.
  std::string postconf = {};                  ///< Where postconf(1) is.
  std::vector<std::string> files = {};        ///< Read by root: the configuration, alias sources.
  std::vector<ReaderFile> reader_files = {};  ///< Read by an account: `forward_path` elsewhere.
  /// Recorded without content: mail spools and mailboxes.
  std::vector<std::string> attributes_only = {};
  std::vector<TableToExport> tables = {};
  TablePolicy policy = {};  ///< For opening the tables.
  /// Asks a world all that shall be answered from the site file. Its answers are recorded where a
  /// table cannot be recorded as a whole; it is called if there is such a table.
  /// \param notes  receives what could not be asked
  std::function<Result<Ok>(World& world, std::vector<std::string>& notes)> ask = {};
  /// Called for each entry of a table that is recorded.
  std::function<void()> step = [] {};
};

/// Writes all of `from` that delivery looks at into a new site file, and then moves that to `path`.
///
/// Each file is read with the rights of the one who would read it in a delivery, so that a user
/// cannot make root copy what the user may not read. No password is taken along: accounts have
/// none, values of parameters whose name ends in "password" and the like are left out, and of an
/// SQLite database only the columns that the query reads are copied. Equal worlds give equal
/// files. However many entries the tables have, they are not held in memory; the text beside an
/// index is, one at a time, to tell the line of each entry.
///
/// \return what went in, and notes about what could not; an Error when nothing was written
Result<SiteSummary> export_site(World& from, const SiteContents& contents, const std::string& path);

}  // namespace lastmile
