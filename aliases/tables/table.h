// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

class World;

/// "hash:/etc/aliases" taken apart.
struct TableSpec {
  std::string type = {};
  std::string name = {};

  friend bool operator==(const TableSpec&, const TableSpec&) = default;
};

/// "hash:/etc/aliases".
std::string to_string(const TableSpec& spec);

/// Reads one `type:name`; `{...}` in the name is kept as it is.
/// \return malformed when there is no colon, no type or no name
Result<TableSpec> parse_table_spec(std::string_view text);

/// Who can change a table, and with whose rights its commands and files are therefore delivered.
/// \see local(8), DELIVERY RIGHTS
struct TableOwner {
  enum class Trust { root, account, unknown };
  Trust trust = Trust::unknown;
  uid_t uid = 0;  ///< Meaningful for Trust::account only.
};

/// What later releases of Postfix than the oldest one do otherwise with tables. \see VersionRule
enum class TableRule {
  debug_type,
  pgsql_utf8,
  pgsql_any_uri,
  mysql_utf8mb4,
  memcache_key_digest,
  memcache_no_control,
  aliases_keep_quotes,
  files_continue_lines,
};

/// What the use of a table forbids, and what opening it may need. A type that cannot comply
/// refuses to open.
struct TablePolicy {
  bool allow_substitution = true;   ///< $1 in a result; never for command or transport lookups.
  bool fold_key = true;             ///< Lower-case the key before the lookup.
  bool security_sensitive = false;  ///< No tcp: or socketmap:; proxy: is opened directly.
  /// A main.cf parameter by name, for `sqlite:NAME` whose settings are NAME_dbpath and so on.
  /// Empty: such a table cannot be opened.
  std::function<std::optional<std::string>(std::string_view)> parameter = {};
  /// Why the host's own Postfix has no tables of a type; empty, or nullopt: it has.
  std::function<std::optional<Error>(std::string_view type)> host_refuses = {};
  /// Adds to the Error of a table, or of a file of patterns, that cannot answer what its
  /// configuration knows of the reason; `named` as a parameter names it.
  std::function<Error(std::string_view named, Error error)> explain_failure = {};
  bool utf8 = true;  ///< smtputf8_enable: fold by Unicode, refuse what is not UTF-8.
  /// Fill TableEntry::source and TableEntry::stale. For an indexed table this reads the text
  /// source beside it once, at the first hit: about one copy of the file in memory. A delivery, or
  /// a run over many addresses, says no.
  bool want_source = true;
  /// Keep the lock or the read transaction of one lookup for the next ones, and the answers of a
  /// server, until Table::release(): they become several times cheaper and see one state, but
  /// whoever wants to write the table waits. For a run over many addresses, never around a
  /// delivery.
  bool keep_snapshot = false;
  /// As postmap -q asks, not as a daemon: TableList takes an empty key to the tables and gives back
  /// an empty value, and in a texthash: the first of several lines with one key counts and the
  /// others are warnings. Else an empty key is not found, and the other two are errors. Behind
  /// proxy: stands a daemon, whoever asks.
  bool as_postmap = false;
  /// Alias tables are taken from their texts, as if they were compiled now.
  bool compiles_aliases = false;
  /// Whether a rule of later releases holds; empty: none does.
  std::function<bool(TableRule)> has_rule = {};
  /// The type that a table is opened as, where another stands for it; empty: its own.
  std::function<Result<std::string>(const TableSpec&)> redirect = {};

  bool has(TableRule rule) const { return has_rule && has_rule(rule); }
  Error explained(std::string_view named, Error error) const {
    return explain_failure ? explain_failure(named, std::move(error)) : error;
  }
};

struct TableEntry {
  std::string value = {};
  /// Known for text tables, and for indexed ones whose text source still agrees with them.
  std::optional<SourcePos> source = {};
  /// The text source beside the index has another value for the key, or none.
  bool stale = false;
  /// randmap: alone: every value that could have been drawn.
  std::vector<std::string> alternatives = {};
};

/// Why a key is not found although it seems to be meant.
struct NearMiss {
  std::string text = {};  ///< "bob stands there, but not in the index: run newaliases".
  std::optional<SourcePos> source = {};
};

/// How a key was made. Patterns see whole keys only. \see postconf(5), regexp_table(5)
enum class KeyUse {
  whole,    ///< Every table is asked.
  partial,  ///< A stripped form of an address: tables of pattern types are passed over.
};

/// Whether something could be listed from beginning to end.
enum class Listing { complete, stopped, not_supported };

/// A read-only lookup table. Not safe for use by two threads.
class Table {
 public:
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  virtual ~Table() = default;

  const TableSpec& spec() const { return spec_; }
  TableOwner owner() const { return owner_; }

  /// Looks up one key, as postmap -q does.
  ///
  /// \param key  internal form; any octets. Folded by the table when its policy says so
  /// \return the entry; nullopt when the table answers "no such key"; an Error when it cannot
  ///         answer: `unavailable` defers the recipient, `misconfigured` defers it and is
  ///         reported by `lastmile check`. "Not found" and "could not look" are never the same.
  virtual Result<std::optional<TableEntry>> lookup(std::string_view key) = 0;

  /// Calls `visit` for every entry, in the table's own order, until it returns false.
  /// \return not_supported for types that cannot list (pcre, socketmap, ...)
  virtual Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& /*visit*/) {
    return Listing::not_supported;
  }

  /// Of a table of which only some answers are known, because it was recorded: calls `visit` for
  /// each key that it was asked for, with the answer, or null where it has none.
  /// \return not_supported for every other table
  virtual Result<Listing> for_each_answer(
      const std::function<bool(std::string_view, const TableEntry*)>& /*visit*/) {
    return Listing::not_supported;
  }

  /// The lines of the table that are left out because they make no sense, in the order of the
  /// text. Postfix logs a warning for each and uses the others.
  virtual std::vector<Error> warnings() const { return {}; }

  /// For whoever explains why `key` was not found, in a table that was opened with
  /// TablePolicy::want_source. The first call may read the table, or its text, once.
  virtual std::optional<NearMiss> near_miss(std::string_view /*key*/) { return std::nullopt; }

  /// Whether for_each() is cheap and gives each key as somebody has spelled it.
  virtual bool keeps_spelling() const { return false; }

  /// Lets go of the lock or read transaction that TablePolicy::keep_snapshot has kept. The next
  /// lookup sees the newest state.
  virtual void release() {}

 protected:
  Table(TableSpec spec, TableOwner owner) : spec_(std::move(spec)), owner_(owner) {}

 private:
  TableSpec spec_;
  TableOwner owner_;
};

struct IndexFormat;

/// What a site file records of a table.
enum class TableRecord {
  entries,   ///< Its entries, or what it answers for the keys that are known.
  text,      ///< The text that its name is the path of.
  database,  ///< What its query reads of an SQLite database.
  nothing,   ///< Its name says all, or it is made of what is recorded anyway.
};

/// Whether the name of a table holds others: `proxy:a:b`, `unionmap:{a:b, c:d}`.
enum class InnerTables { none, one, group };

/// One map type. Each lives in one file of aliases/tables/ and is named once in map_types.cc.
struct MapType {
  std::string_view name = {};
  bool is_pattern = false;  ///< Keys are patterns: no partial keys, no listing.
  Result<std::unique_ptr<Table>> (*open)(const TableSpec&, World&, const TablePolicy&) = nullptr;
  const IndexFormat* index = nullptr;  ///< Null for types that are not compiled from a text.
  bool asks_server = false;            ///< Each lookup is a question to another process.
  bool is_authenticated = true;        ///< False: anybody on the way can answer for another.
  TableRecord recorded = TableRecord::entries;
  InnerTables inner = InnerTables::none;
};

}  // namespace lastmile
