// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/table.h"

namespace lastmile {

/// What a list of tables found, and in which of them.
struct TableHit {
  TableEntry entry = {};
  Shared<std::string> table = {};  ///< "hash:/etc/aliases".
  TableOwner owner = {};
};

/// The tables of one parameter, such as `alias_maps = hash:/etc/aliases, sqlite:/etc/a.cf`: first
/// answer wins, first error stops. Each table is opened when it is first asked, and once; one that
/// cannot be opened fails every lookup that reaches it.
class TableList {
 public:
  /// `world` must outlive the list.
  TableList(std::vector<TableSpec> specs, World& world, TablePolicy policy);
  TableList(TableList&&) noexcept;
  TableList& operator=(TableList&&) noexcept;
  TableList(const TableList&) = delete;
  TableList& operator=(const TableList&) = delete;
  ~TableList();

  bool empty() const;

  /// \return nullopt when every table answered "no such key"; the Error of the first table that
  ///         could not answer, its text as Postfix logs it: `hash:/etc/x: lookup of 'k' failed:
  ///         ...`
  Result<std::optional<TableHit>> lookup(std::string_view key, KeyUse use = KeyUse::whole);

  /// The same with a second key, for which each table is asked that does not have the first.
  Result<std::optional<TableHit>> lookup_either(std::string_view key, std::string_view other);

  /// Calls `visit` for every entry of every table that can list.
  /// \return not_supported when at least one table could not list
  Result<Listing> for_each(const std::function<bool(std::string_view, const TableEntry&)>& visit);

  /// "hash:/etc/aliases, nis:mail.aliases".
  std::string names() const;

  /// `note` is called with each key that every table was asked for in vain.
  void on_miss(std::function<void(std::string_view key)> note);
  /// Table::near_miss() of the tables that are open.
  std::vector<NearMiss> near_misses(std::string_view key);

  /// Table::release() for every table that is open.
  void release();

  /// The warnings of every table; each is opened for it. One that cannot be opened is one warning.
  std::vector<Error> warnings();

 private:
  struct Slot;
  Result<Table*> open(Slot& slot);
  /// \return nullopt when this table has no such key
  Result<std::optional<TableHit>> lookup_in(Slot& slot, std::string_view key);

  std::vector<Slot> slots_;
  World* world_ = nullptr;
  TablePolicy policy_ = {};
  std::function<void(std::string_view)> note_miss_ = {};
};

/// Reads `a:b, c:d`: commas or white space between tables, `{...}` protects both.
Result<std::vector<TableSpec>> parse_table_list(std::string_view text);

}  // namespace lastmile
