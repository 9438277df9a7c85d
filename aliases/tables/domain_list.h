// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/lookup_template.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The `domain` of a table of SQL, LDAP or memcache: names, `!name`, `/file` with names,
/// `type:table`. The first item that matches decides. \see sqlite_table(5)
class DomainList {
 public:
  enum class Match { yes, no };

  /// \param world  must outlive the list
  /// \return an Error when a file or table that the text names cannot be opened: without it, keys
  ///         would be looked up that must not be
  static Result<DomainList> parse(std::string_view text, World& world, const TablePolicy& policy);

  /// Whether a key may be looked up: any key when the list is empty, else `user@domain` with a
  /// domain of the list.
  Result<Match> accepts(const AddressParts& key);

 private:
  struct Item {
    std::string name = {};
    std::unique_ptr<Table> table = {};  ///< Null: `name` itself is compared.
    bool is_negated = false;
  };

  /// What the items of a list are added with.
  struct Reading {
    World& world;
    const TablePolicy& policy;
    int depth = 0;  ///< Of files that name files.
  };

  Result<Match> contains(std::string_view domain);
  Result<Ok> add(std::string_view text, bool is_negated, const Reading& reading);
  Result<Ok> add_file(const std::string& path, bool is_negated, const Reading& reading);
  Result<Ok> add_table(std::string_view text, bool is_negated, const Reading& reading);

  std::vector<Item> items_ = {};
};

}  // namespace lastmile
