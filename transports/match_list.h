// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

enum class Match { yes, no };

/// How a plain pattern of a list matches, and which keys its tables are asked for.
/// \see postconf(5), parent_domain_matches_subdomains
enum class MatchStyle {
  exact,              ///< The string itself, ignoring case.
  parent_domains,     ///< Also every domain below it.
  dotted_subdomains,  ///< Domains below it only when it is written `.example.com`.
};

/// The item of a list that decided.
struct ListEntry {
  Match match = Match::yes;
  /// The line of the file that the item stands in, or of the table that answered; nullopt for an
  /// item of the list itself.
  std::optional<SourcePos> source = {};
  std::string table = {};  ///< The table that answered, as it is written; empty for a name.
  std::string key = {};    ///< What it was asked for.
};

/// A list such as mydestination: plain names, `!name`, `/file`, `type:table`. The first item that
/// matches decides. Files and tables are opened when a query first reaches them.
class MatchList {
 public:
  /// \param items  as split_list() gives them; the list ends before an item that begins with '#'
  /// \param world  must outlive the list
  MatchList(const std::vector<std::string>& items, World& world, TablePolicy policy,
            MatchStyle style);
  MatchList(MatchList&&) noexcept;
  MatchList& operator=(MatchList&&) noexcept;
  MatchList(const MatchList&) = delete;
  MatchList& operator=(const MatchList&) = delete;
  ~MatchList();

  /// \return an Error when a file or table that the query reached could not answer; later items
  ///         are not looked at then
  Result<Match> contains(std::string_view name);

  /// The same, and what decided; nobody is told of a miss. \return nullopt when no item matches
  Result<std::optional<ListEntry>> find(std::string_view name);

  bool empty() const;
  /// "2 names, hash:/etc/postfix/domains".
  std::string contents() const;
  /// `note` is called with each name that contains() does not find.
  void on_miss(std::function<void(std::string_view name)> note);
  /// Calls it for a name that find() did not find.
  void note_miss(std::string_view name) const;
  /// Table::near_miss() of the tables that are open.
  std::vector<NearMiss> near_misses(std::string_view name);

  /// Table::release() for every table that is open.
  void release();

 private:
  struct Item;
  static void release(std::vector<Item>& items);
  /// The first item that matches; nullopt when none does.
  Result<std::optional<ListEntry>> first_match(std::vector<Item>& items, const std::string& name);
  Result<std::optional<ListEntry>> match_file(Item& item, const std::string& name);
  Result<std::optional<ListEntry>> match_table(Item& item, const std::string& name);
  bool matches_name(const std::string& pattern, std::string_view name) const;
  std::string fold(std::string_view text) const;
  /// Where the next parent of a domain begins; npos when it has none.
  std::size_t next_parent(std::string_view name) const;

  std::vector<Item> items_;
  World* world_ = nullptr;
  TablePolicy policy_ = {};
  MatchStyle style_ = MatchStyle::exact;
  std::function<void(std::string_view)> note_miss_ = {};
};

}  // namespace lastmile
