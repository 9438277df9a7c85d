#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The parameters of one SQL table: those of a file of its own, `sqlite:/etc/aliases.cf`, or, for
/// a name that begins neither with '/' nor with '.', `NAME_query` and so on in main.cf.
/// \see sqlite_table(5)
class SqlSettings {
 public:
  /// \return unavailable, as "open FILE: REASON"; misconfigured for a line without '='
  static Result<SqlSettings> load(const TableSpec& spec, World& world, const TablePolicy& policy);

  /// The value as written, or nullopt where it is not set or empty.
  std::optional<std::string> find(std::string_view parameter) const;
  /// The value, or a misconfigured Error that names the parameter.
  Result<std::string> require(std::string_view parameter) const;

  /// `query`, or the one that `select_field`, `table`, `where_field` and `additional_conditions`
  /// amount to.
  Result<std::string> query() const;
  /// \return 0 when it is not set: no limit
  Result<long> expansion_limit() const;

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
  std::function<std::optional<std::string>(std::string_view)> main_cf_ = {};
};

}  // namespace lastmile
