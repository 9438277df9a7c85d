// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "aliases/path.h"
#include "aliases/world/open_file.h"
#include "aliases/world/site_columns.h"
#include "aliases/world/site_schema.h"

namespace lastmile {
namespace {

Error cannot_write_site(const std::string& path) {
  return unavailable(path + ": " + std::strerror(errno));
}

Result<Ok> sync_file(const std::string& path, int flags) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!file.is_open() || fsync(file.get()) != 0) {
    return cannot_write_site(path);
  }
  return Ok{};
}

/// Whether a site file may take the place of what is at `path`: nothing, an empty file, or another
/// site file, known by the application_id in its header. \see the SQLite file format, section 1.3
Result<Ok> check_replaceable(const std::string& path) {
  struct stat attributes = {};
  if (lstat(path.c_str(), &attributes) != 0) {
    return errno == ENOENT ? Result<Ok>(Ok{}) : cannot_write_site(path);
  }
  constexpr std::size_t kHeader = 100;
  constexpr std::size_t kIdAt = 68;
  std::array<unsigned char, kHeader> header = {};
  const OpenFile file(open(path.c_str(), kReadFlags | O_NOFOLLOW));
  const bool regular = S_ISREG(attributes.st_mode);
  const ssize_t count = regular ? read(file.get(), header.data(), header.size()) : -1;
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < sizeof id; ++i) {
    id = id << 8U | header.at(kIdAt + i);
  }
  if (count == 0 || (count == kHeader && id == kSiteApplicationId)) {
    return Ok{};
  }
  return misconfigured(path + ": is there and is not a site file: it is left alone", std::nullopt);
}

/// Entries come in the order of their tables, and of two with one key the first is the one that a
/// lookup finds. They wait beside the file, and go into it in order: that takes no memory, and
/// equal entries make equal files. \see the SQLite manual, "temporary files"
constexpr const char* kStaging =
    "CREATE TEMP TABLE staged (position INTEGER PRIMARY KEY, table_id INTEGER, key TEXT, "
    "value TEXT, file TEXT, line INTEGER, stale INTEGER)";
// Rows of tables that were changed lie elsewhere in the file than rows that were not: they are
// written anew.
constexpr const char* kUnstage =
    "CREATE TEMP TABLE changed AS SELECT * FROM lookup_table; "
    "DELETE FROM lookup_table; "
    "INSERT INTO lookup_table SELECT * FROM changed ORDER BY id; "
    "DROP TABLE changed; "
    "INSERT OR IGNORE INTO entry (table_id, key, value, file, line, stale) "
    "SELECT table_id, key, value, file, line, stale FROM staged ORDER BY table_id, key, position; "
    "DROP TABLE staged";

}  // namespace

struct SiteWriter::Statements {
  SqliteStatement host;
  SqliteStatement interface_address;
  SqliteStatement account;
  SqliteStatement file;
  SqliteStatement table;
  SqliteStatement entry;
  SqliteStatement change;

  static Result<Statements> prepare(sqlite3* database) {
    static constexpr std::array kTexts = {
        "INSERT INTO host (name, value) VALUES (?1, ?2)",
        "INSERT INTO interface_address (address) VALUES (?1)",
        "INSERT INTO account (name, uid, gid, gecos, home, shell) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        "INSERT OR REPLACE INTO file (path, type, owner, group_id, mode, target, content) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        "INSERT INTO lookup_table (type, name, owner, complete, error, error_kind) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        "INSERT INTO staged (table_id, key, value, file, line, stale) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        // Whose one is that cannot be asked is not known.
        "UPDATE lookup_table SET complete = ?2, error = ?3, error_kind = ?4, "
        "owner = CASE WHEN ?3 IS NULL THEN owner END WHERE id = ?1"};
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

SiteWriter::SiteWriter(std::string path, std::string temporary, SqliteDatabase database,
                       std::unique_ptr<Statements> statements)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      database_(std::move(database)),
      statements_(std::move(statements)) {}

SiteWriter::~SiteWriter() {
  if (!temporary_.empty()) {
    unlink(temporary_.c_str());
  }
}

Result<std::unique_ptr<SiteWriter>> SiteWriter::create(const std::string& path) {
  if (auto checked = check_replaceable(path); !checked) {
    return std::move(checked).error();
  }
  std::string temporary = path + ".XXXXXX";
  const OpenFile file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.is_open()) {
    return cannot_write_site(path);
  }
  // From here on the destructor removes it.
  std::unique_ptr<SiteWriter> writer(new SiteWriter(path, std::move(temporary), nullptr, nullptr));
  auto database = open_sqlite_file(writer->temporary_, SQLITE_OPEN_READWRITE);
  if (!database) {
    return std::move(database).error();
  }
  writer->database_ = std::move(*database);
  sqlite3* const handle = writer->database_.get();
  // Until it is moved to its place the file may be lost: commit() syncs it as a whole.
  // Nothing is kept of what a row was before it was changed: equal worlds give equal files.
  if (auto begun = execute(handle,
                           "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                           "PRAGMA secure_delete = ON; BEGIN");
      !begun) {
    return std::move(begun).error().during("writing " + path);
  }
  if (auto migrated = migrate_site(handle, 0); !migrated) {
    return std::move(migrated).error().during("writing " + path);
  }
  if (auto staged = execute(handle, kStaging); !staged) {
    return std::move(staged).error().during("writing " + path);
  }
  auto statements = Statements::prepare(handle);
  if (!statements) {
    return std::move(statements).error().during("writing " + path);
  }
  writer->statements_ = std::make_unique<Statements>(std::move(*statements));
  return writer;
}

Result<Ok> SiteWriter::add_host(const HostFacts& facts) {
  auto added = statements_->host.bind(1, "hostname").bind(2, facts.hostname).run();
  if (added && !facts.config_directory.empty()) {
    added = statements_->host.bind(1, "config_directory").bind(2, facts.config_directory).run();
  }
  for (const auto& [name, value] : facts.postfix_defaults) {
    added = added ? statements_->host.bind(1, std::string(kPostfixRow) + name).bind(2, value).run()
                  : std::move(added);
  }
  return added;
}

Result<Ok> SiteWriter::add_interface_address(std::string_view address) {
  return statements_->interface_address.bind(1, address).run();
}

Result<Ok> SiteWriter::add_account(const Account& account) {
  return statements_->account.bind(1, account.name)
      .bind(2, std::int64_t{account.uid})
      .bind(3, std::int64_t{account.gid})
      .bind(4, account.gecos)
      .bind(5, account.home)
      .bind(6, account.shell)
      .run();
}

SqliteStatement& SiteWriter::bind_node(std::string_view path, const RecordedNode& node) {
  mode_ = mode_text(node.mode);
  SqliteStatement& row = statements_->file.bind(1, path)
                             .bind(2, type_name(node.type))
                             .bind(3, std::int64_t{node.owner})
                             .bind(4, std::int64_t{node.group})
                             .bind(5, mode_);
  if (node.type == FileType::symlink) {
    row.bind(6, node.target);
  }
  return row;
}

Result<Ok> SiteWriter::add_file(std::string_view path, const RecordedNode& node,
                                std::optional<std::string_view> content) {
  SqliteStatement& row = bind_node(path, node);
  if (content) {
    row.bind_blob(7, *content);
  }
  return row.run();
}

Result<Ok> SiteWriter::add_large_file(std::string_view path, const RecordedNode& node,
                                      std::uint64_t size, const ReadPiece& read) {
  const auto failed = [&](const std::string& why) -> Result<Ok> {
    return unavailable(std::string(path) + ": " + why);
  };
  statements_->file.bind_zeros(7, size);
  if (auto added = bind_node(path, node).run(); !added) {
    return added;
  }
  sqlite3_blob* blob = nullptr;
  if (sqlite3_blob_open(database_.get(), "main", "file", "content",
                        sqlite3_last_insert_rowid(database_.get()), 1, &blob) != SQLITE_OK) {
    sqlite3_blob_close(blob);
    return sqlite_error(database_.get());
  }
  const std::unique_ptr<sqlite3_blob, int (*)(sqlite3_blob*)> closed(blob, sqlite3_blob_close);
  constexpr std::size_t kPiece = std::size_t{1024} * 1024;
  std::vector<char> buffer(kPiece);
  for (std::uint64_t at = 0; at < size;) {
    const std::size_t wanted = std::min<std::uint64_t>(kPiece, size - at);
    const std::size_t got = read(at, std::span(buffer).first(wanted));
    if (got == 0 || got > wanted) {
      return failed("became shorter while it was read");
    }
    if (sqlite3_blob_write(blob, buffer.data(), static_cast<int>(got), static_cast<int>(at)) !=
        SQLITE_OK) {
      return sqlite_error(database_.get());
    }
    at += got;
  }
  return Ok{};
}

Result<Ok> SiteWriter::add_unknown(std::string_view path) {
  return statements_->file.bind(1, path)
      .bind(2, "unknown")
      .bind(3, std::int64_t{0})
      .bind(4, std::int64_t{0})
      .bind(5, "0000")
      .run();
}

Result<std::int64_t> SiteWriter::add_table(const SiteTable& table) {
  SqliteStatement& row = statements_->table.bind(1, table.spec.type)
                             .bind(2, table.spec.name)
                             .bind(4, std::int64_t{table.complete ? 1 : 0});
  if (table.owner.trust != TableOwner::Trust::unknown) {
    const bool root = table.owner.trust == TableOwner::Trust::root;
    row.bind(3, std::int64_t{root ? 0 : table.owner.uid});
  }
  const std::string message = table.error ? table.error->message() : std::string();
  if (table.error) {
    row.bind(5, message).bind(6, kind_name(table.error->kind));
  }
  if (auto added = row.run(); !added) {
    return std::move(added).error();
  }
  return std::int64_t{sqlite3_last_insert_rowid(database_.get())};
}

Result<Ok> SiteWriter::change_table(std::int64_t table, bool is_complete,
                                    const std::optional<Error>& error) {
  SqliteStatement& row = statements_->change;
  row.bind(1, table).bind(2, std::int64_t{is_complete ? 1 : 0});
  const std::string message = error ? error->message() : std::string();
  if (error) {
    row.bind(3, message).bind(4, kind_name(error->kind));
  }
  return row.run();
}

Result<Ok> SiteWriter::add_entry(std::int64_t table, std::string_view key,
                                 const TableEntry* entry) {
  SqliteStatement& row = statements_->entry.bind(1, table).bind(2, key);
  row.bind(6, std::int64_t{entry != nullptr && entry->stale ? 1 : 0});
  if (entry != nullptr) {
    row.bind(3, entry->value);
  }
  if (entry != nullptr && entry->source) {
    row.bind(4, *entry->source->file).bind(5, std::int64_t{entry->source->line});
  }
  return row.run();
}

Result<std::int64_t> SiteWriter::commit() {
  statements_.reset();
  if (auto moved = execute(database_.get(), kUnstage); !moved) {
    return std::move(moved).error().during("writing " + path_);
  }
  const auto entries = count_entries();
  if (!entries) {
    return entries.error();
  }
  if (auto committed = execute(database_.get(), "COMMIT"); !committed) {
    return std::move(committed).error().during("writing " + path_);
  }
  database_.reset();
  if (auto synced = sync_file(temporary_, 0); !synced) {
    return std::move(synced).error();
  }
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return cannot_write_site(path_);
  }
  temporary_.clear();
  if (auto synced = sync_file(parent_directory(path_), O_DIRECTORY); !synced) {
    return std::move(synced).error();
  }
  return *entries;
}

Result<std::int64_t> SiteWriter::count_entries() {
  auto row = SqliteStatement::prepare(database_.get(), "SELECT count(*) FROM entry");
  if (!row) {
    return std::move(row).error();
  }
  if (const auto stepped = row->step(); !stepped) {
    return stepped.error();
  }
  return row->number(0);
}

}  // namespace lastmile
