// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/tables/sqlite_handle.h"

namespace lastmile {

/// What SQLite could not do. It does not leave the ledger.
struct Trouble {
  int code = SQLITE_OK;
  std::string text = {};
};

/// Waiting may help, and the database is sound.
bool is_locked(const Trouble& trouble);

using DatabaseHandle = SqliteDatabase;

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
    if (auto prepared = SqliteStatement::prepare(database, std::string(sql))) {
      statement_ = *std::move(prepared);
    } else {
      note_failure();
    }
  }

  /// Binds the parameters in their order. A text must live until the statement does not.
  Statement& text(std::string_view value) {
    if (statement_) {
      statement_->bind(++bound_, value);
    }
    return *this;
  }
  Statement& number(std::int64_t value) {
    if (statement_) {
      statement_->bind(++bound_, value);
    }
    return *this;
  }

  /// Whether there is a row.
  bool step() {
    if (!statement_ || trouble_) {
      return false;
    }
    const auto step = statement_->step();
    if (!step) {
      note_failure();
    }
    return step && *step == SqliteStatement::Step::row;
  }

  std::int64_t number_at(int column) const { return statement_ ? statement_->number(column) : 0; }
  std::string text_at(int column) const { return statement_ ? statement_->text(column) : ""; }

  const std::optional<Trouble>& trouble() const { return trouble_; }

 private:
  void note_failure() {
    if (!trouble_) {
      trouble_ = Trouble{sqlite3_errcode(database_), sqlite3_errmsg(database_)};
    }
  }

  sqlite3* database_;
  std::optional<SqliteStatement> statement_ = {};
  int bound_ = 0;
  std::optional<Trouble> trouble_ = {};
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
