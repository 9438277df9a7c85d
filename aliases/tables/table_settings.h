// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The parameters of one table of SQL, LDAP or memcache: those of a file of its own,
/// `sqlite:/etc/aliases.cf`, or, for a name that begins neither with '/' nor with '.', `NAME_query`
/// and so on in main.cf.
/// \see sqlite_table(5), ldap_table(5)
class TableSettings {
 public:
  enum class Choice { no, yes };

  /// \return unavailable, as "open FILE: REASON"; misconfigured for a line without '='
  static Result<TableSettings> load(const TableSpec& spec, World& world, const TablePolicy& policy);

  /// The value as written, or nullopt where it is not set or empty.
  std::optional<std::string> find(std::string_view parameter) const;
  /// Whether it is set at all, and be it to nothing.
  bool is_set(std::string_view parameter) const;
  /// The value, or a misconfigured Error that names the parameter.
  Result<std::string> require(std::string_view parameter) const;

  /// What may stand in the place of a query beside `table` and its kin.
  enum class LegacyQuery { table, function };

  /// `query`, or else the one that `select_function` amounts to, where the type has that, or that
  /// `select_field`, `table`, `where_field` and `additional_conditions` amount to.
  Result<std::string> query(LegacyQuery legacy = LegacyQuery::table) const;

  /// How the keys of the table are listed, as the comment `# lastmile: list ...` in its file says;
  /// nullopt without one, and for a table in main.cf. Postfix sees a comment.
  const std::optional<std::string>& declared_list() const { return declared_list_; }

  /// A whole number; `usual` where it is not set.
  /// \return misconfigured for what is no number, or less than `least`
  Result<long> number(std::string_view parameter, long usual, long least) const;
  /// `yes` or `no`; `usual` where it is not set.
  Result<Choice> choice(std::string_view parameter, Choice usual) const;

  /// Of the file; main.cf belongs to root.
  TableOwner owner() const { return owner_; }

  /// An Error that says where the wrong setting stands.
  Error bad_setting(std::string_view parameter, std::string text) const;

 private:
  struct Value {
    std::string text = {};
    int line = 0;
  };

  Result<Ok> parse(std::string_view content);

  std::string name_ = {};
  TableOwner owner_ = {};
  std::map<std::string, Value, std::less<>> values_ = {};
  std::optional<std::string> declared_list_ = {};
  std::function<std::optional<std::string>(std::string_view)> main_cf_ = {};
};

}  // namespace lastmile
