// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/table_list.h"
#include "transports/match_list.h"

namespace lastmile {

/// A list of clients such as mynetworks: networks, addresses, names, `!item`, `/file`,
/// `type:table`. The first item that matches decides.
class NetworkList {
 public:
  /// \param items  as split_list() gives them
  /// \param world  must outlive the list
  NetworkList(const std::vector<std::string>& items, World& world, const TablePolicy& policy,
              MatchStyle style);

  /// \param name     of the client; "unknown"
  /// \param address  in canonical form
  /// \return an Error when an item makes no sense, or a file or table that was reached could not
  ///         answer
  Result<Match> contains(std::string_view name, std::string_view address);

 private:
  struct Item {
    bool negated = false;
    std::string text = {};
    bool is_table = false;
    std::shared_ptr<TableList> table = {};  ///< Networks are the table cidr:{...}.
  };

  void add(std::string_view text, bool negated, int depth);
  Result<Match> matches(Item& item, const std::string& name, const std::string& address);
  Result<Match> matches_table(Item& item, const std::string& name, const std::string& address);
  bool matches_name(std::string_view pattern, std::string_view name) const;

  World* world_ = nullptr;
  TablePolicy policy_ = {};
  MatchStyle style_ = MatchStyle::exact;
  std::vector<Item> items_ = {};
  std::optional<Error> failure_ = {};  ///< Of a file.
};

}  // namespace lastmile
