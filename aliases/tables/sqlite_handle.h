// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

struct FreeSqlite {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A database connection that is closed at the end of its life.
using SqliteDatabase = std::unique_ptr<sqlite3, FreeSqlite>;

/// Opens a database file. \param flags  as for sqlite3_open_v2()
/// \return misconfigured, in the words of SQLite and the system
Result<SqliteDatabase> open_sqlite_file(const std::string& path, int flags);

/// An empty database in memory.
Result<SqliteDatabase> open_sqlite_memory();

/// Runs SQL that answers with no rows.
Result<Ok> execute(sqlite3* database, const std::string& sql);

/// The last error of `database`: misconfigured for a damaged file or wrong SQL, else unavailable.
Error sqlite_error(sqlite3* database);

/// `name` as an SQL identifier, in double quotes.
std::string quoted_name(std::string_view name);

/// A compiled statement that is used again and again: bind, step until it is done, and reset.
class SqliteStatement {
 public:
  static Result<SqliteStatement> prepare(sqlite3* database, const std::string& sql);
  static Result<std::vector<SqliteStatement>> prepare_all(sqlite3* database,
                                                          std::span<const char* const> texts);

  /// Parameters and columns count from 1 and from 0, as in SQLite. A bound text must live until
  /// the statement is reset.
  SqliteStatement& bind(int parameter, std::string_view text);
  SqliteStatement& bind(int parameter, std::int64_t number);
  SqliteStatement& bind_blob(int parameter, std::string_view bytes);
  /// A blob of zeros, to be written piece by piece. \see sqlite3_blob_write()
  SqliteStatement& bind_zeros(int parameter, std::uint64_t size);
  /// Passes a column of the current row of another statement on, with its type.
  SqliteStatement& bind_value(int parameter, const SqliteStatement& other, int column);

  enum class Step { row, done };
  Result<Step> step();
  /// step() for a statement without rows, and reset().
  Result<Ok> run();
  void reset();

  std::string text(int column) const;  ///< Also the bytes of a blob; empty for NULL.
  std::int64_t number(int column) const;
  bool is_null(int column) const;

 private:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, FreeSqlite> statement_;
};

/// Resets a statement when its scope ends, so that no early return leaves it half stepped.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(SqliteStatement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.reset(); }

 private:
  SqliteStatement& statement_;
};

}  // namespace lastmile
