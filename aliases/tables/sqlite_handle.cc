// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/sqlite_handle.h"

#include <cstring>

#include "aliases/text.h"

namespace lastmile {
namespace {

bool is_lasting(int status) {
  const int primary = status & 0xFF;
  return primary == SQLITE_ERROR || primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT ||
         primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH;
}

}  // namespace

Result<SqliteDatabase> open_sqlite_file(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(opened);
  if (status == SQLITE_OK) {
    return database;
  }
  const int error_number = opened == nullptr ? 0 : sqlite3_system_errno(opened);
  return misconfigured(
      path + ": " + (error_number != 0 ? std::strerror(error_number) : sqlite3_errstr(status)),
      std::nullopt);
}

Result<SqliteDatabase> open_sqlite_memory() {
  return open_sqlite_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Ok> execute(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(database);
  }
  return Ok{};
}

Error sqlite_error(sqlite3* database) {
  const bool lasting = is_lasting(sqlite3_extended_errcode(database));
  return {lasting ? Error::Kind::misconfigured : Error::Kind::unavailable,
          printable(sqlite3_errmsg(database)),  // A name of the file may have any octets.
          std::nullopt,
          {}};
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char octet : name) {
    quoted += octet;
    if (octet == '"') {
      quoted += octet;
    }
  }
  return quoted + "\"";
}

Result<SqliteStatement> SqliteStatement::prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql.c_str(), static_cast<int>(sql.size()) + 1,
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return sqlite_error(database);
  }
  return SqliteStatement(statement);
}

Result<std::vector<SqliteStatement>> SqliteStatement::prepare_all(
    sqlite3* database, std::span<const char* const> texts) {
  std::vector<SqliteStatement> statements;
  statements.reserve(texts.size());
  for (const char* const text : texts) {
    auto statement = prepare(database, text);
    if (!statement) {
      return std::move(statement).error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data() == nullptr ? "" : text.data(),
                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
  return *this;
}

SqliteStatement& SqliteStatement::bind_blob(int parameter, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() == nullptr ? "" : bytes.data(),
                      bytes.size(), SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::bind_zeros(int parameter, std::uint64_t size) {
  sqlite3_bind_zeroblob64(statement_.get(), parameter, size);
  return *this;
}

SqliteStatement& SqliteStatement::bind_value(int parameter, const SqliteStatement& other,
                                             int column) {
  sqlite3_bind_value(statement_.get(), parameter,
                     sqlite3_column_value(other.statement_.get(), column));
  return *this;
}

Result<SqliteStatement::Step> SqliteStatement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_DONE:
      return Step::done;
    default:
      return sqlite_error(sqlite3_db_handle(statement_.get()));
  }
}

Result<Ok> SqliteStatement::run() {
  const ResetAtEnd at_end(*this);
  if (const auto stepped = step(); !stepped) {
    return stepped.error();
  }
  return Ok{};
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string SqliteStatement::text(int column) const {
  // Blob: bytes as they are, also for texts; the size must be asked for afterwards.
  const void* bytes = sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB
                          ? sqlite3_column_blob(statement_.get(), column)
                          : sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace lastmile
