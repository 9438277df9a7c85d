#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// What SQLite could not do. It does not leave the ledger.
struct Trouble {
  int code = SQLITE_OK;
  std::string text = {};
};

/// Waiting may help, and the database is sound.
bool is_locked(const Trouble& trouble);

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using DatabaseHandle = std::unique_ptr<sqlite3, CloseDatabase>;

/// Opens the file of a ledger, makes it when it is not there (mode 0600, in a directory of mode
/// 0700 that is made as well), and brings it to the current schema. A file that is no regular file
/// or the database of something else is refused and left alone, and so is a file or directory that
/// belongs to somebody else or that others can write to: who can write to the ledger can make mail
/// disappear.
///
/// \param patience  how long other processes are waited for, here and in each later call
/// \param opened  set on success only
std::optional<Trouble> open_ledger_database(const std::string& path,
                                            std::chrono::milliseconds patience,
                                            DatabaseHandle& opened);

/// One prepared statement. After the first failure it does nothing more and remembers the failure.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql) : database_(database) {
    check(sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement_,
                             nullptr));
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  /// Binds the parameters in their order.
  Statement& text(std::string_view value) {
    check(sqlite3_bind_text64(statement_, ++bound_, value.empty() ? "" : value.data(), value.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
    return *this;
  }
  Statement& number(std::int64_t value) {
    check(sqlite3_bind_int64(statement_, ++bound_, value));
    return *this;
  }

  /// Whether there is a row.
  bool step() {
    if (code_ != SQLITE_OK) {
      return false;
    }
    const int result = sqlite3_step(statement_);
    check(result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result);
    return result == SQLITE_ROW;
  }

  std::int64_t number_at(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text_at(int column) const {
    const unsigned char* const text = sqlite3_column_text(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), size);
  }

  std::optional<Trouble> trouble() const {
    return code_ == SQLITE_OK ? std::nullopt : std::optional(Trouble{code_, text_});
  }

 private:
  void check(int code) {
    if (code_ == SQLITE_OK && code != SQLITE_OK) {
      code_ = code;
      text_ = sqlite3_errmsg(database_);
    }
  }

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int code_ = SQLITE_OK;
  std::string text_;
};

/// Runs one or more statements that have no result.
std::optional<Trouble> run(sqlite3* database, const char* sql);

/// A transaction that is undone unless it is committed.
class Transaction {
 public:
  /// Takes the write lock at once: what is read inside stays true until the commit.
  explicit Transaction(sqlite3* database)
      : database_(database), trouble_(run(database, "BEGIN IMMEDIATE")), open_(!trouble_) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (open_) {
      static_cast<void>(run(database_, "ROLLBACK"));
    }
  }

  const std::optional<Trouble>& trouble() const { return trouble_; }
  std::optional<Trouble> commit() {
    auto trouble = run(database_, "COMMIT");
    open_ = trouble.has_value();
    return trouble;
  }

 private:
  sqlite3* database_;
  std::optional<Trouble> trouble_;
  bool open_;
};

}  // namespace lastmile
