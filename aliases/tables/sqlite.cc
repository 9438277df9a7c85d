#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/lookup_format.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/sql_query.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/table_settings.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr int kBusyMilliseconds = 2000;  // How long another's write transaction is waited for.

struct FreeWithSqlite {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, FreeWithSqlite>;
using Statement = std::unique_ptr<sqlite3_stmt, FreeWithSqlite>;

/// What an administrator must mend; everything else may go away.
bool is_mistake(int status) {
  return (status & 0xFF) == SQLITE_ERROR || (status & 0xFF) == SQLITE_NOTADB;
}

/// Under TablePolicy::keep_snapshot all lookups up to release() share a read transaction, which
/// saves the locking of each; otherwise each is a transaction of its own.
class SqliteTable final : public Table {
 public:
  SqliteTable(TableSpec spec, const TableSettings& settings, bool keep_snapshot, SqlQuery query,
              LookupFormat format, Database database)
      : Table(std::move(spec), settings.owner()),
        keep_snapshot_(keep_snapshot),
        query_(std::move(query)),
        format_(std::move(format)),
        database_(std::move(database)) {}

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
    if (auto begun = begin(); !begun) {
      return std::move(begun).error();
    }
    return query(parts);
  }

  void release() override {
    if (std::exchange(in_transaction_, false)) {
      sqlite3_exec(database_.get(), "COMMIT", nullptr, nullptr, nullptr);
    }
  }

 private:
  Result<Ok> begin() {
    if (in_transaction_ || !keep_snapshot_) {
      return Ok{};
    }
    if (const int status = sqlite3_exec(database_.get(), "BEGIN", nullptr, nullptr, nullptr);
        status != SQLITE_OK) {
      return failed("SQL BEGIN failed", status);
    }
    in_transaction_ = true;
    return Ok{};
  }

  Result<std::optional<TableEntry>> query(const AddressParts& key) {
    if (query_.has_parameters() && !parameters_refused_) {
      if (prepared_ || prepare(query_.parameterised(), prepared_) == SQLITE_OK) {
        return query_prepared(key);
      }
      // SQLite takes a string where a name is wanted, but no parameter. Try the text instead.
      parameters_refused_ = true;
    }
    Statement statement;
    const std::string text = query_.text_for(key);
    if (const int status = prepare(text, statement); status != SQLITE_OK) {
      return failed("SQL prepare failed", status);
    }
    return join_rows(key, statement.get());
  }

  int prepare(const std::string& text, Statement& statement) {
    sqlite3_stmt* compiled = nullptr;
    const int status = sqlite3_prepare_v2(database_.get(), text.c_str(),
                                          static_cast<int>(text.size()) + 1, &compiled, nullptr);
    statement.reset(compiled);
    return status;
  }

  Result<std::optional<TableEntry>> query_prepared(const AddressParts& key) {
    query_.values_for(key, values_);
    int index = 0;
    for (const std::string& value : values_) {
      const int status = sqlite3_bind_text(prepared_.get(), ++index, value.data(),
                                           static_cast<int>(value.size()), SQLITE_STATIC);
      if (status != SQLITE_OK) {
        return failed("SQL bind failed", status);
      }
    }
    auto entry = join_rows(key, prepared_.get());
    sqlite3_reset(prepared_.get());
    sqlite3_clear_bindings(prepared_.get());
    return entry;
  }

  Result<std::optional<TableEntry>> join_rows(const AddressParts& key, sqlite3_stmt* statement) {
    LookupFormat::Values values(format_, key);
    int status = SQLITE_OK;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      if (text == nullptr) {
        continue;
      }
      if (auto added = values.add(text); !added) {
        Error error = std::move(added).error();
        error.source = file();
        return error;
      }
    }
    if (status != SQLITE_DONE) {
      return failed("SQL step failed", status);
    }
    return values.take();
  }

  std::optional<SourcePos> file() const {
    return spec().name.starts_with('/') || spec().name.starts_with('.')
               ? std::optional(SourcePos{spec().name, 0})
               : std::nullopt;
  }

  Error failed(std::string_view what, int status) const {
    return {is_mistake(status) ? Error::Kind::misconfigured : Error::Kind::unavailable,
            std::string(what) + ": " + sqlite3_errmsg(database_.get()),
            file(),
            {}};
  }

  bool keep_snapshot_;
  SqlQuery query_;
  LookupFormat format_;
  Database database_;
  std::vector<std::string> values_ = {};  ///< What is bound, kept for its storage.
  Statement prepared_ = {};               ///< Goes before the database, which it uses.
  bool parameters_refused_ = false;
  bool in_transaction_ = false;
};

/// Opens a copy in memory of a database that the world does not keep in a file.
Result<Database> open_copy(World& world, const std::string& path) {
  const auto image = read_table_text(world, path, OpenWords::open_database);
  if (!image) {
    return image.error();
  }
  sqlite3* opened = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (const int status = sqlite3_open_v2(":memory:", &opened, kFlags, nullptr);
      status != SQLITE_OK) {
    sqlite3_close_v2(opened);
    return cannot_open(OpenWords::open_database, path, sqlite3_errstr(status));
  }
  Database database(opened);
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

Result<Database> open_file(const TableSpec& spec, const World& world, const std::string& path) {
  const auto host_path = host_path_of(world, path);
  if (!host_path) {
    return host_path.error();
  }
  sqlite3* opened = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(host_path->c_str(), &opened, kFlags, nullptr);
  Database database(opened);
  if (status != SQLITE_OK) {
    return unavailable(to_string(spec) + ": open database " + path + ": " + sqlite3_errmsg(opened));
  }
  return database;
}

Result<Database> open_database(const TableSpec& spec, World& world, const std::string& path) {
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
  if (!query) {
    return std::move(query).error();
  }
  auto format = LookupFormat::read(*settings, world, policy);
  if (!format) {
    return std::move(format).error();
  }
  auto database = open_database(spec, world, *path);
  if (!database) {
    return std::move(database).error();
  }
  return std::unique_ptr<Table>(std::make_unique<SqliteTable>(spec, *settings, policy.keep_snapshot,
                                                              *std::move(query), *std::move(format),
                                                              *std::move(database)));
}

}  // namespace

const MapType kSqliteMap = {"sqlite", false, open_sqlite, nullptr};

}  // namespace lastmile
