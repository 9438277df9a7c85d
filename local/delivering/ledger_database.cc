// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/ledger_database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace lastmile {

bool is_locked(const Trouble& trouble) {
  const int primary = trouble.code & 0xFF;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

std::optional<Trouble> run(sqlite3* database, const char* sql) {
  const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? std::nullopt : std::optional(Trouble{code, sqlite3_errmsg(database)});
}

namespace {

/// "LMlg": marks the file as ours, so that no other database is ever written to.
constexpr int kApplicationId = 0x4C4D6C67;

/// Each step leads from one version (PRAGMA user_version) to the next. Steps are never changed.
///
/// state: 1 in progress, 2 done, 3 uncertain. updated, lease_end: seconds since 1970. awaited: how
/// many processes were told to come back for it. One tree and no index: a claim changes one page.
constexpr std::array<const char*, 1> kMigrations = {R"(
CREATE TABLE delivery (
  message TEXT NOT NULL,
  original TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  recipient TEXT NOT NULL,
  sender TEXT NOT NULL,
  uid INTEGER NOT NULL,
  copy INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  owner TEXT NOT NULL,
  lease_end INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  awaited INTEGER NOT NULL,
  PRIMARY KEY (message, original, kind, target, recipient, sender, uid, copy)
) STRICT, WITHOUT ROWID;
)"};

/// New files are for this user alone.
class PrivateFiles {
 public:
  PrivateFiles() : before_(umask(077)) {}
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;
  ~PrivateFiles() { umask(before_); }

 private:
  mode_t before_;
};

/// Why a file or directory is not this user's alone to write to.
std::optional<Trouble> check_owner(const std::string& what, const struct stat& attributes) {
  if (attributes.st_uid != geteuid()) {
    return Trouble{SQLITE_PERM, what + " is owned by uid " + std::to_string(attributes.st_uid) +
                                    ", not by uid " + std::to_string(geteuid())};
  }
  if ((attributes.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Trouble{SQLITE_PERM, what + " is writable by others than its owner"};
  }
  return std::nullopt;
}

Trouble failure(const std::string& doing) {
  return {SQLITE_CANTOPEN, doing + ": " + std::generic_category().message(errno)};
}

/// A file that is not there is to be made.
std::optional<Trouble> check_file(const std::string& path) {
  struct stat attributes = {};
  if (lstat(path.c_str(), &attributes) != 0) {
    return errno == ENOENT ? std::nullopt : std::optional(failure(path));
  }
  if (!S_ISREG(attributes.st_mode)) {
    return Trouble{SQLITE_PERM, "it is not a regular file"};
  }
  return check_owner("it", attributes);
}

/// Makes the directory of the file when it alone is missing, and follows its links: the last
/// component alone must not be one. What is in a directory that nobody else can write to does not
/// change between a look at it and its use.
std::optional<Trouble> resolve(const std::string& path, std::string& resolved) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == path.size()) {
    return Trouble{SQLITE_CANTOPEN, "not the path of a file in a directory of its own"};
  }
  const std::string directory = path.substr(0, slash);
  if (mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failure("cannot make " + directory);
  }
  std::array<char, PATH_MAX> real = {};
  struct stat attributes = {};
  if (realpath(directory.c_str(), real.data()) == nullptr || stat(real.data(), &attributes) != 0) {
    return failure(directory);
  }
  if (!S_ISDIR(attributes.st_mode)) {
    return Trouble{SQLITE_PERM, directory + " is not a directory"};
  }
  resolved = real.data() + path.substr(slash);
  return check_owner(directory, attributes);
}

std::int64_t pragma(sqlite3* database, const char* sql, std::optional<Trouble>& trouble) {
  Statement statement(database, sql);
  const bool found = statement.step();
  if (!trouble) {
    trouble = statement.trouble();
  }
  return found ? statement.number_at(0) : 0;
}

/// Brings an empty or older file to this version's schema.
std::optional<Trouble> migrate(sqlite3* database) {
  Transaction transaction(database);
  std::optional<Trouble> trouble = transaction.trouble();
  const auto version = pragma(database, "PRAGMA user_version", trouble);
  const auto application = pragma(database, "PRAGMA application_id", trouble);
  const auto tables = pragma(database, "SELECT count(*) FROM sqlite_schema", trouble);
  if (trouble) {
    return trouble;
  }
  if (application != kApplicationId && (application != 0 || version != 0 || tables != 0)) {
    return Trouble{SQLITE_NOTADB, "the database of something else"};
  }
  if (version > static_cast<std::int64_t>(kMigrations.size()) || version < 0) {
    return Trouble{SQLITE_NOTADB, "version " + std::to_string(version) +
                                      " was made by a later lastmile (this one knows " +
                                      std::to_string(kMigrations.size()) + ")"};
  }
  for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
    trouble = run(database, kMigrations[step]);
    if (trouble) {
      return trouble;
    }
  }
  const std::string marks = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(kMigrations.size());
  trouble = run(database, marks.c_str());
  return trouble ? trouble : transaction.commit();
}

/// A write-ahead log with synchronous = NORMAL is whole after any crash and needs no fsync for a
/// commit. A power failure may take the last commits with it, which costs a second copy and never a
/// message. Checkpoints, which do need fsync, are left to one process in many.
std::optional<Trouble> configure(sqlite3* database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return run(database,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
             "PRAGMA wal_autocheckpoint = 64");
}

bool is_current(sqlite3* database) {
  std::optional<Trouble> trouble;
  const auto application = pragma(database, "PRAGMA application_id", trouble);
  const auto version = pragma(database, "PRAGMA user_version", trouble);
  return !trouble && application == kApplicationId &&
         version == static_cast<std::int64_t>(kMigrations.size());
}

/// Makes the database ready. While another process makes the file into what it should be, SQLite
/// does not always wait by itself.
std::optional<Trouble> prepare(sqlite3* database, std::chrono::milliseconds patience) {
  constexpr int kPause = 10;  // Milliseconds.
  for (auto waited = std::chrono::milliseconds(0);; waited += std::chrono::milliseconds(kPause)) {
    auto trouble = configure(database);
    if (!trouble && !is_current(database)) {
      trouble = migrate(database);
    }
    if (!trouble || !is_locked(*trouble) || waited >= patience) {
      return trouble;
    }
    sqlite3_sleep(kPause);
  }
}

}  // namespace

std::optional<Trouble> open_ledger_database(const std::string& path,
                                            std::chrono::milliseconds patience,
                                            DatabaseHandle& opened) {
  const PrivateFiles private_files;
  std::string resolved;
  auto trouble = resolve(path, resolved);
  if (!trouble) {
    trouble = check_file(resolved);
  }
  if (trouble) {
    return trouble;
  }
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(
      resolved.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  DatabaseHandle handle(database);
  if (code != SQLITE_OK) {
    return Trouble{code, database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database)};
  }
  trouble = prepare(database, patience);
  if (!trouble) {
    sqlite3_busy_timeout(database, static_cast<int>(patience.count()));
    opened = std::move(handle);
  }
  return trouble;
}

}  // namespace lastmile
