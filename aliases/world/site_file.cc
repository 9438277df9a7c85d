// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "aliases/text.h"
#include "aliases/world/site_columns.h"
#include "aliases/world/site_schema.h"

namespace lastmile {
namespace {

constexpr int kBusyMilliseconds = 2000;  // Another may be editing the file.

/// The range of paths below a directory: '0' is the octet behind '/'.
struct PathRange {
  std::string first;
  std::string end;
};

PathRange below(const std::string& directory) {
  const std::string base = directory == "/" ? "" : directory;
  return {base + "/", base + "0"};
}

}  // namespace

/// What is asked often, compiled once.
struct SiteFile::Statements {
  SqliteStatement node;
  SqliteStatement anything_below;
  SqliteStatement content;
  SqliteStatement account_by_name;
  SqliteStatement account_by_uid;
  SqliteStatement find_table;
  SqliteStatement lookup;

  /// Fails when the schema is not the one of kSiteVersion.
  static Result<Statements> prepare(sqlite3* database) {
    static constexpr std::array kTexts = {
        "SELECT type, owner, group_id, mode, target FROM file WHERE path = ?1",
        "SELECT 1 FROM file WHERE path > ?1 AND path < ?2 LIMIT 1",
        "SELECT content FROM file WHERE path = ?1",
        "SELECT name, uid, gid, home, shell, gecos FROM account WHERE name = ?1",
        "SELECT name, uid, gid, home, shell, gecos FROM account WHERE uid = ?1 "
        "ORDER BY position LIMIT 1",
        "SELECT id, type, name, owner, complete, error, error_kind FROM lookup_table "
        "WHERE type = ?1 AND name = ?2",
        "SELECT value, file, line, stale, value IS NULL FROM entry "
        "WHERE table_id = ?1 AND key = ?2"};
    auto prepared = SqliteStatement::prepare_all(database, kTexts);
    if (!prepared) {
      return std::move(prepared).error();
    }
    auto& made = *prepared;
    return Statements{std::move(made[0]), std::move(made[1]), std::move(made[2]),
                      std::move(made[3]), std::move(made[4]), std::move(made[5]),
                      std::move(made[6])};
  }
};

SiteFile::SiteFile(std::string path) : path_(std::move(path)) {}
SiteFile::~SiteFile() = default;

Error SiteFile::damaged(const Error& error) const {
  return {error.kind, path_ + ": " + error.text, std::nullopt, {}};
}

Error SiteFile::bad_row(const std::string& what, const std::string& why) const {
  return misconfigured(path_ + ": " + what + ": " + why);
}

// Opening

Result<std::unique_ptr<SiteFile>> SiteFile::open(const std::string& path) {
  struct stat attributes = {};
  const bool found = stat(path.c_str(), &attributes) == 0;
  if (!found || !S_ISREG(attributes.st_mode)) {
    const std::string why = found ? "not a regular file" : std::strerror(errno);
    return misconfigured(path + ": " + why, std::nullopt);
  }
  auto database = open_sqlite_file(path, SQLITE_OPEN_READONLY);
  if (!database) {
    return std::move(database).error();
  }
  std::unique_ptr<SiteFile> site(new SiteFile(path));
  site->database_ = std::move(*database);
  // Somebody else may have made the file: nothing in it may do more than hold values.
  sqlite3_db_config(site->database_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(site->database_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_busy_timeout(site->database_.get(), kBusyMilliseconds);
  if (auto begun = execute(site->database_.get(), "PRAGMA cell_size_check = ON; BEGIN"); !begun) {
    return site->damaged(begun.error());
  }
  if (auto checked = site->check_header(); !checked) {
    return std::move(checked).error();
  }
  auto statements = Statements::prepare(site->database_.get());
  if (!statements) {
    return site->damaged(statements.error());
  }
  site->statements_ = std::make_unique<Statements>(std::move(*statements));
  return site;
}

Result<std::int64_t> SiteFile::pragma(const std::string& name) {
  auto statement = SqliteStatement::prepare(database_.get(), "PRAGMA " + name);
  if (!statement) {
    return damaged(statement.error());
  }
  const auto stepped = statement->step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  return statement->number(0);
}

Result<Ok> SiteFile::check_header() {
  const auto application = pragma("application_id");
  if (!application) {
    return application.error();
  }
  if (*application != kSiteApplicationId) {
    return bad_row("not a site file", "an SQLite database of something else (application_id " +
                                          std::to_string(*application) + ")");
  }
  const auto version = pragma("user_version");
  if (!version) {
    return version.error();
  }
  if (*version < 0 || *version > kSiteVersion) {
    return bad_row("site file of version " + std::to_string(*version),
                   "this program knows versions up to " + std::to_string(kSiteVersion));
  }
  if (auto plain = check_schema(); !plain) {
    return plain;
  }
  return *version == kSiteVersion ? Result<Ok>(Ok{}) : migrate_copy(static_cast<int>(*version));
}

/// Whoever made the file may have put something else behind a name: a view that never ends, a
/// trigger that acts when the file is migrated, a table whose rows are made by a module.
Result<Ok> SiteFile::check_schema() {
  auto statement = SqliteStatement::prepare(
      database_.get(),
      "SELECT type, name FROM sqlite_schema WHERE type NOT IN ('table', 'index') "
      "OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1");
  if (!statement) {
    return damaged(statement.error());
  }
  const auto stepped = statement->step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  if (*stepped == SqliteStatement::Step::row) {
    return bad_row(printable(statement->text(0) + " " + statement->text(1)),
                   "a site file has tables and indexes alone");
  }
  return Ok{};
}

Result<Ok> SiteFile::migrate_copy(int version) {
  auto copy = open_sqlite_memory();
  if (!copy) {
    return std::move(copy).error();
  }
  sqlite3_backup* backup = sqlite3_backup_init(copy->get(), "main", database_.get(), "main");
  if (backup != nullptr) {
    sqlite3_backup_step(backup, -1);
  }
  if (backup == nullptr || sqlite3_backup_finish(backup) != SQLITE_OK) {
    return damaged(sqlite_error(copy->get()));
  }
  if (auto migrated = migrate_site(copy->get(), version); !migrated) {
    return damaged(migrated.error());
  }
  database_ = std::move(*copy);
  return execute(database_.get(), "BEGIN");
}

// Files

Result<std::optional<RecordedNode>> SiteFile::node(const std::string& path) {
  SqliteStatement& row = statements_->node;
  const ResetAtEnd at_end(row);
  const auto stepped = row.bind(1, path).step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  if (*stepped == SqliteStatement::Step::row) {
    if (row.text(0) == "unknown") {
      return unavailable(path_ + ": " + path + " could not be seen when the site file was made",
                         std::nullopt);
    }
    const auto type = parse_type(row.text(0));
    const auto owner = parse_id(row.number(1));
    const auto group = parse_id(row.number(2));
    const auto mode = parse_mode(row.text(3));
    if (!type || !owner || !group || !mode) {
      return bad_row("file " + path, !type   ? "bad type"
                                     : !mode ? "bad mode"
                                             : "bad owner or group");
    }
    return std::optional(RecordedNode{*type, *owner, *group, *mode, row.text(4)});
  }
  SqliteStatement& anything = statements_->anything_below;
  const ResetAtEnd anything_at_end(anything);
  const PathRange range = below(path);
  const auto found = anything.bind(1, range.first).bind(2, range.end).step();
  if (!found) {
    return damaged(found.error());
  }
  if (*found == SqliteStatement::Step::done && path != "/") {
    return std::nullopt;
  }
  return std::optional(RecordedNode{FileType::directory, 0, 0, 0755, {}});
}

Result<std::optional<std::string>> SiteFile::content(const std::string& path,
                                                     std::size_t max_bytes) {
  SqliteStatement& row = statements_->content;
  const ResetAtEnd at_end(row);
  const auto stepped = row.bind(1, path).step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  if (*stepped == SqliteStatement::Step::done || row.is_null(0)) {
    return std::nullopt;
  }
  std::string content = row.text(0);
  if (content.size() > max_bytes) {
    return too_long_error(path, max_bytes);
  }
  return std::optional(std::move(content));
}

Result<std::vector<std::string>> SiteFile::names_in(const std::string& directory) {
  const PathRange range = below(directory);
  auto row = SqliteStatement::prepare(database_.get(),
                                      "SELECT path FROM file WHERE path > ?1 AND path < ?2");
  if (!row) {
    return damaged(row.error());
  }
  row->bind(1, range.first).bind(2, range.end);
  std::vector<std::string> names;
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return damaged(stepped.error());
    }
    if (*stepped == SqliteStatement::Step::done) {
      break;
    }
    // Also of what lies deeper: its directory may have no row of its own.
    std::string name = row->text(0).substr(range.first.size());
    name.resize(std::min(name.find('/'), name.size()));
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<Listing> SiteFile::for_each_path(const std::function<bool(const std::string&)>& visit) {
  auto row = SqliteStatement::prepare(database_.get(), "SELECT path FROM file ORDER BY path");
  if (!row) {
    return damaged(row.error());
  }
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return damaged(stepped.error());
    }
    if (*stepped == SqliteStatement::Step::done) {
      return Listing::complete;
    }
    if (!visit(row->text(0))) {
      return Listing::stopped;
    }
  }
}

// Accounts

Result<Account> SiteFile::read_account(const SqliteStatement& row) const {
  const auto uid = parse_id(row.number(1));
  const auto gid = parse_id(row.number(2));
  if (!uid || !gid) {
    return bad_row("account " + row.text(0), "bad uid or gid");
  }
  return Account{row.text(0), *uid, *gid, row.text(3), row.text(4), row.text(5)};
}

Result<std::optional<Account>> SiteFile::one_account(SqliteStatement& statement) {
  const auto stepped = statement.step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  if (*stepped == SqliteStatement::Step::done) {
    return std::nullopt;
  }
  auto account = read_account(statement);
  if (!account) {
    return std::move(account).error();
  }
  return std::optional(std::move(*account));
}

Result<std::optional<Account>> SiteFile::account_by_name(std::string_view name) {
  const ResetAtEnd at_end(statements_->account_by_name);
  return one_account(statements_->account_by_name.bind(1, name));
}

Result<std::optional<Account>> SiteFile::account_by_uid(uid_t uid) {
  const ResetAtEnd at_end(statements_->account_by_uid);
  return one_account(statements_->account_by_uid.bind(1, std::int64_t{uid}));
}

Result<Listing> SiteFile::for_each_account(const std::function<bool(const Account&)>& visit) {
  auto row = SqliteStatement::prepare(
      database_.get(), "SELECT name, uid, gid, home, shell, gecos FROM account ORDER BY position");
  if (!row) {
    return damaged(row.error());
  }
  for (;;) {
    const auto account = one_account(*row);
    if (!account) {
      return account.error();
    }
    if (!*account) {
      return Listing::complete;
    }
    if (!visit(**account)) {
      return Listing::stopped;
    }
  }
}

// Tables

Result<SiteTable> SiteFile::read_table(const SqliteStatement& row) const {
  SiteTable table{row.number(0), {row.text(1), row.text(2)}, {}, row.number(4) != 0, std::nullopt};
  if (!row.is_null(3)) {
    const auto owner = parse_id(row.number(3));
    if (!owner) {
      return bad_row("table " + to_string(table.spec), "bad owner");
    }
    table.owner = *owner == 0 ? TableOwner{TableOwner::Trust::root, 0}
                              : TableOwner{TableOwner::Trust::account, *owner};
  }
  if (!row.is_null(5)) {
    table.error = Error{parse_kind(row.text(6)), row.text(5), std::nullopt, {}};
  }
  return table;
}

Result<std::optional<SiteTable>> SiteFile::find_table(const TableSpec& spec) {
  SqliteStatement& row = statements_->find_table;
  const ResetAtEnd at_end(row);
  const auto stepped = row.bind(1, spec.type).bind(2, spec.name).step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  if (*stepped == SqliteStatement::Step::done) {
    return std::nullopt;
  }
  auto table = read_table(row);
  if (!table) {
    return std::move(table).error();
  }
  return std::optional(std::move(*table));
}

Result<std::vector<SiteTable>> SiteFile::tables() {
  auto row = SqliteStatement::prepare(
      database_.get(),
      "SELECT id, type, name, owner, complete, error, error_kind FROM lookup_table "
      "ORDER BY type, name");
  if (!row) {
    return damaged(row.error());
  }
  std::vector<SiteTable> tables;
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return damaged(stepped.error());
    }
    if (*stepped == SqliteStatement::Step::done) {
      return tables;
    }
    auto table = read_table(*row);
    if (!table) {
      return std::move(table).error();
    }
    tables.push_back(std::move(*table));
  }
}

Result<std::optional<TableEntry>> SiteFile::lookup(const SiteTable& table, std::string_view key) {
  SqliteStatement& row = statements_->lookup;
  const ResetAtEnd at_end(row);
  const auto stepped = row.bind(1, table.id).bind(2, key).step();
  if (!stepped) {
    return damaged(stepped.error());
  }
  if (*stepped == SqliteStatement::Step::row) {
    return row.number(4) != 0 ? std::nullopt : std::optional(read_entry(row, 0));
  }
  if (!table.complete) {
    return unavailable(path_ + ": " + to_string(table.spec) + " was not asked for \"" +
                           std::string(key) + "\" when the site file was made",
                       std::nullopt);
  }
  return std::nullopt;
}

Result<Listing> SiteFile::for_each_entry(
    const SiteTable& table, const std::function<bool(std::string_view, const TableEntry&)>& visit) {
  if (!table.complete) {
    return Listing::not_supported;
  }
  return for_each_row(table, [&visit](std::string_view key, const TableEntry* entry) {
    return entry == nullptr || visit(key, *entry);
  });
}

Result<Listing> SiteFile::for_each_answer(
    const SiteTable& table, const std::function<bool(std::string_view, const TableEntry*)>& visit) {
  return table.complete ? Result<Listing>(Listing::not_supported) : for_each_row(table, visit);
}

Result<Listing> SiteFile::for_each_row(
    const SiteTable& table, const std::function<bool(std::string_view, const TableEntry*)>& visit) {
  auto row = SqliteStatement::prepare(
      database_.get(),
      "SELECT key, value, file, line, stale, value IS NULL FROM entry WHERE table_id = ?1 "
      "ORDER BY key");
  if (!row) {
    return damaged(row.error());
  }
  row->bind(1, table.id);
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return damaged(stepped.error());
    }
    if (*stepped == SqliteStatement::Step::done) {
      return Listing::complete;
    }
    const TableEntry entry = read_entry(*row, 1);
    if (!visit(row->text(0), row->number(5) != 0 ? nullptr : &entry)) {
      return Listing::stopped;
    }
  }
}

Result<std::int64_t> SiteFile::entry_count(const SiteTable& table) {
  auto row =
      SqliteStatement::prepare(database_.get(), "SELECT count(*) FROM entry WHERE table_id = ?1");
  if (!row) {
    return damaged(row.error());
  }
  if (const auto stepped = row->bind(1, table.id).step(); !stepped) {
    return damaged(stepped.error());
  }
  return row->number(0);
}

// Facts

Result<HostFacts> SiteFile::host() {
  auto row = SqliteStatement::prepare(
      database_.get(),
      "SELECT name, value FROM host WHERE name IN ('hostname', 'config_directory') OR name LIKE "
      "'postfix %'");
  if (!row) {
    return damaged(row.error());
  }
  HostFacts facts{.hostname = "localhost"};
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return damaged(stepped.error());
    }
    if (*stepped != SqliteStatement::Step::row) {
      return facts;
    }
    const std::string name(row->text(0));
    if (name.starts_with(kPostfixRow)) {
      facts.postfix_defaults[name.substr(kPostfixRow.size())] = row->text(1);
    } else {
      (name == "hostname" ? facts.hostname : facts.config_directory) = row->text(1);
    }
  }
}

Result<std::vector<std::string>> SiteFile::interface_addresses() {
  auto row = SqliteStatement::prepare(database_.get(),
                                      "SELECT address FROM interface_address ORDER BY position");
  if (!row) {
    return damaged(row.error());
  }
  std::vector<std::string> addresses;
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return damaged(stepped.error());
    }
    if (*stepped == SqliteStatement::Step::done) {
      return addresses;
    }
    addresses.push_back(row->text(0));
  }
}

Result<SiteSummary> SiteFile::summary() {
  auto row = SqliteStatement::prepare(
      database_.get(),
      "SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM account), "
      "(SELECT count(*) FROM lookup_table), (SELECT count(*) FROM entry)");
  if (!row) {
    return damaged(row.error());
  }
  if (const auto stepped = row->step(); !stepped) {
    return damaged(stepped.error());
  }
  return SiteSummary{row->number(0), row->number(1), row->number(2), row->number(3), {}};
}

}  // namespace lastmile
