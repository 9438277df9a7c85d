#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

enum class Match { yes, no };

/// How a plain pattern of a list matches. \see postconf(5), parent_domain_matches_subdomains
enum class MatchStyle {
  exact,              ///< The string itself, ignoring case.
  parent_domains,     ///< Also every domain below it.
  dotted_subdomains,  ///< Domains below it only when it is written `.example.com`.
};

/// A list such as mydestination: plain names, `!name`, `/file`, `type:table`. The first item that
/// matches decides. Files and tables are opened when a query first reaches them.
class MatchList {
 public:
  /// `world` must outlive the list.
  MatchList(std::vector<std::string> items, World& world, TablePolicy policy, MatchStyle style);
  MatchList(MatchList&&) noexcept;
  MatchList& operator=(MatchList&&) noexcept;
  MatchList(const MatchList&) = delete;
  MatchList& operator=(const MatchList&) = delete;
  ~MatchList();

  /// \return an Error when a file or table that the query reached could not answer
  Result<Match> contains(std::string_view name);

 private:
  struct Item;
  std::vector<Item> items_;
  World* world_ = nullptr;
  TablePolicy policy_ = {};
  MatchStyle style_ = MatchStyle::exact;
};

}  // namespace lastmile
