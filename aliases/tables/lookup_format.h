// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/domain_list.h"
#include "aliases/tables/lookup_template.h"
#include "aliases/tables/table.h"
#include "aliases/tables/table_settings.h"
#include "aliases/world/world.h"

namespace lastmile {

/// What tables of SQL and LDAP have in common: `result_format`, `domain` and `expansion_limit` say
/// which keys are looked up at all, and how the values that were found become one.
/// \see sqlite_table(5), pgsql_table(5), mysql_table(5), ldap_table(5)
class LookupFormat {
 public:
  using Match = DomainList::Match;

  /// \param result_parameter  "result_format", or the older name of it
  static Result<LookupFormat> read(const TableSettings& settings, World& world,
                                   const TablePolicy& policy,
                                   std::string_view result_parameter = "result_format");

  /// Whether a key is looked up: it is not empty, its domain is listed, and it has the parts that
  /// the result is made with. What the query needs is asked of the query.
  Result<Match> accepts(const AddressParts& key);

  /// The values of one key, joined with commas.
  class Values;

 private:
  LookupTemplate result_ = {};
  DomainList domains_ = {};
  long expansion_limit_ = 0;  ///< 0: none.
};

class LookupFormat::Values {
 public:
  /// \param format, key  are kept by reference
  Values(const LookupFormat& format, const AddressParts& key) : format_(format), key_(key) {}

  /// Adds a value. Empty ones, and ones without a part that the format names, do not count.
  /// \return unavailable when there are more than `expansion_limit`
  Result<Ok> add(std::string_view value);

  /// \return nullopt when nothing was added
  std::optional<TableEntry> take();

 private:
  const LookupFormat& format_;
  const AddressParts& key_;
  std::string joined_ = {};
  long count_ = 0;
};

}  // namespace lastmile
