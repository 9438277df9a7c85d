// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/list_query.h"
#include "aliases/tables/lookup_format.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/server_address.h"
#include "aliases/tables/sql_query.h"
#include "aliases/tables/sqlite_handle.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/table_settings.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::chrono::seconds kUsualSqliteLimit{100};  // As with socketmap: and tcp:.
constexpr int kBusyMilliseconds = 2000;  // How long another's write transaction is waited for.

/// What an administrator must mend; everything else may go away.
bool is_mistake(int status) {
  return (status & 0xFF) == SQLITE_ERROR || (status & 0xFF) == SQLITE_NOTADB;
}

/// Under TablePolicy::keep_snapshot all lookups up to release() share a read transaction, which
/// saves the locking of each; otherwise each is a transaction of its own.
class SqliteTable final : public Table {
 public:
  SqliteTable(TableSpec spec, const TableSettings& settings, bool keep_snapshot,
              std::chrono::seconds limit, SqlQuery query, LookupFormat format,
              std::optional<std::string> list_query, SqliteDatabase database)
      : Table(std::move(spec), settings.owner()),
        keep_snapshot_(keep_snapshot),
        limit_(limit),
        query_(std::move(query)),
        format_(std::move(format)),
        list_query_(std::move(list_query)),
        database_(std::move(database)) {
    // Of the steps of its machine, which take some nanoseconds each.
    constexpr int kStepsBetweenLooks = 100'000;
    sqlite3_progress_handler(database_.get(), kStepsBetweenLooks, is_overdue, this);
  }

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const AddressParts parts(key);
    if (!is_valid_utf8(key) || !query_.accepts_key(parts)) {
      return std::nullopt;
    }
    const auto wanted = format_.accepts(parts);
    if (!wanted) {
      return wanted.error();
    }
    if (*wanted == LookupFormat::Match::no) {
      return std::nullopt;
    }
    deadline_ = Clock::now() + limit_;
    if (auto begun = begin(); !begun) {
      return std::move(begun).error();
    }
    return query(parts);
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    if (!list_query_) {
      return Listing::not_supported;
    }
    auto keys = SqliteStatement::prepare(database_.get(), *list_query_);
    if (!keys) {
      return Listing::not_supported;  // As it was derived, it is no SQL.
    }
    for (;;) {
      deadline_ = Clock::now() + limit_;
      const auto step = keys->step();
      if (!step) {
        return step.error();
      }
      if (*step == SqliteStatement::Step::done) {
        return Listing::complete;
      }
      const std::string key = keys->text(0);
      const auto entry = lookup(key);
      if (!entry) {
        return entry.error();
      }
      if (*entry && !visit(key, **entry)) {
        return Listing::stopped;
      }
    }
  }

  bool keeps_spelling() const override { return true; }

  void release() override {
    if (std::exchange(in_transaction_, false)) {
      sqlite3_exec(database_.get(), "COMMIT", nullptr, nullptr, nullptr);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Ends a query that would take too long, or has no end: a view that calls itself.
  static int is_overdue(void* table) {
    return Clock::now() > static_cast<const SqliteTable*>(table)->deadline_ ? 1 : 0;
  }

  Result<Ok> begin() {
    if (in_transaction_ || !keep_snapshot_) {
      return Ok{};
    }
    if (!execute(database_.get(), "BEGIN")) {
      return failed("SQL BEGIN failed");
    }
    in_transaction_ = true;
    return Ok{};
  }

  Result<std::optional<TableEntry>> query(const AddressParts& key) {
    if (query_.has_parameters() && !parameters_refused_) {
      if (!prepared_) {
        if (auto compiled = prepare(query_.parameterised())) {
          prepared_ = *std::move(compiled);
        }
      }
      if (prepared_) {
        return query_prepared(key);
      }
      // SQLite takes a string where a name is wanted, but no parameter. Try the text instead.
      parameters_refused_ = true;
    }
    auto statement = prepare(query_.text_for(key));
    if (!statement) {
      return failed("SQL prepare failed");
    }
    return join_rows(key, *statement);
  }

  Result<SqliteStatement> prepare(const std::string& text) const {
    return SqliteStatement::prepare(database_.get(), text);
  }

  Result<std::optional<TableEntry>> query_prepared(const AddressParts& key) {
    query_.values_for(key, values_);
    int index = 0;
    for (const std::string& value : values_) {
      prepared_->bind(++index, value);
    }
    const ResetAtEnd reset(*prepared_);
    return join_rows(key, *prepared_);
  }

  Result<std::optional<TableEntry>> join_rows(const AddressParts& key, SqliteStatement& statement) {
    LookupFormat::Values values(format_, key);
    for (;;) {
      const auto step = statement.step();
      if (!step) {
        return failed("SQL step failed");
      }
      if (*step == SqliteStatement::Step::done) {
        return values.take();
      }
      // As Postfix sees it: up to the first NUL.
      const std::string text = statement.text(0);
      if (statement.is_null(0)) {
        continue;
      }
      if (auto added = values.add(text.c_str()); !added) {
        Error error = std::move(added).error();
        error.source = file();
        return error;
      }
    }
  }

  std::optional<SourcePos> file() const {
    return spec().name.starts_with('/') || spec().name.starts_with('.')
               ? std::optional(SourcePos{spec().name, 0})
               : std::nullopt;
  }

  Error failed(std::string_view what) const {
    return {is_mistake(sqlite3_errcode(database_.get())) ? Error::Kind::misconfigured
                                                         : Error::Kind::unavailable,
            std::string(what) + ": " + sqlite3_errmsg(database_.get()),
            file(),
            {}};
  }

  bool keep_snapshot_;
  std::chrono::seconds limit_;
  Clock::time_point deadline_ = Clock::time_point::max();
  SqlQuery query_;
  LookupFormat format_;
  std::optional<std::string> list_query_;
  SqliteDatabase database_;
  std::vector<std::string> values_ = {};          ///< What is bound, kept for its storage.
  std::optional<SqliteStatement> prepared_ = {};  ///< Goes before the database, which it uses.
  bool parameters_refused_ = false;
  bool in_transaction_ = false;
};

/// Opens a copy in memory of a database that the world does not keep in a file.
Result<SqliteDatabase> open_copy(World& world, const std::string& path) {
  const auto image = read_table_text(world, path, OpenWords::open_database);
  if (!image) {
    return image.error();
  }
  auto database = open_sqlite_memory();
  if (!database) {
    return cannot_open(OpenWords::open_database, path, database.error().text);
  }
  sqlite3* const opened = database->get();
  auto* bytes = static_cast<unsigned char*>(sqlite3_malloc64(image->content.size() + 1));
  if (bytes == nullptr) {
    return cannot_open(OpenWords::open_database, path, sqlite3_errstr(SQLITE_NOMEM));
  }
  std::copy(image->content.begin(), image->content.end(), bytes);
  const auto size = static_cast<sqlite3_int64>(image->content.size());
  constexpr int kOwned = SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY;
  // It owns the bytes from here on, also when it fails.
  if (const int status = sqlite3_deserialize(opened, "main", bytes, size, size, kOwned);
      status != SQLITE_OK) {
    return cannot_open(OpenWords::open_database, path, sqlite3_errstr(status));
  }
  return database;
}

Result<SqliteDatabase> open_file(const TableSpec& spec, const World& world,
                                 const std::string& path) {
  const auto host_path = host_path_of(world, path);
  if (!host_path) {
    return host_path.error();
  }
  sqlite3* opened = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(host_path->c_str(), &opened, kFlags, nullptr);
  SqliteDatabase database(opened);
  if (status != SQLITE_OK) {
    return unavailable(to_string(spec) + ": open database " + path + ": " + sqlite3_errmsg(opened));
  }
  return database;
}

Result<SqliteDatabase> open_database(const TableSpec& spec, World& world, const std::string& path) {
  auto database = world.host_path(path) ? open_file(spec, world, path) : open_copy(world, path);
  if (database) {
    // The file may belong to a user: nothing in its schema may do more than compute values.
    sqlite3_db_config(database->get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database->get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_busy_timeout(database->get(), kBusyMilliseconds);
  }
  return database;
}

Result<std::unique_ptr<Table>> open_sqlite(const TableSpec& spec, World& world,
                                           const TablePolicy& policy) {
  const auto settings = TableSettings::load(spec, world, policy);
  if (!settings) {
    return settings.error();
  }
  const auto path = settings->require("dbpath");
  if (!path) {
    return path.error();
  }
  auto query = read_query(*settings, "?");
  const auto text = settings->query();
  if (!query) {
    return std::move(query).error();
  }
  auto format = LookupFormat::read(*settings, world, policy);
  if (!format) {
    return std::move(format).error();
  }
  const auto limit = table_timeout(policy, kUsualSqliteLimit);
  if (!limit) {
    return limit.error();
  }
  auto database = open_database(spec, world, *path);
  if (!database) {
    return std::move(database).error();
  }
  return std::unique_ptr<Table>(std::make_unique<SqliteTable>(
      spec, *settings, policy.keep_snapshot, *limit, *std::move(query), *std::move(format),
      text ? list_query_of(*settings, *text) : std::nullopt, *std::move(database)));
}

}  // namespace

const MapType kSqliteMap = {
    .name = "sqlite", .open = open_sqlite, .recorded = TableRecord::database};

}  // namespace lastmile
