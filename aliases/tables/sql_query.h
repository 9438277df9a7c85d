// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/lookup_template.h"
#include "aliases/tables/table_settings.h"

namespace lastmile {

/// Appends text with every ' doubled: what standard SQL wants within '...'.
void append_with_doubled_quotes(std::string_view text, std::string& out);

/// The `query` of an SQL table: how to ask the database for one key.
///
/// Postfix puts the quoted key into the text and has every text compiled anew. Where the escapes
/// stand inside of '...' alone, the same can be asked with one compiled statement to which those
/// texts are bound. It is not tried for SQL with comments, quoted names or parameters of its own,
/// whose quotes may mean something else.
class SqlQuery {
 public:
  /// \param placeholder  what stands before the number of a parameter: "?" in SQLite
  /// \return malformed for an unknown escape
  static Result<SqlQuery> parse(std::string_view text, std::string_view placeholder = "?");

  /// SQL that depends on no key; `%` stands for itself.
  static Result<SqlQuery> constant(std::string_view text);

  bool accepts_key(const AddressParts& key) const { return whole_.accepts_key(key); }

  /// The SQL with the quoted parts of the key in it.
  std::string text_for(const AddressParts& key,
                       const AppendPart& append_quoted = append_with_doubled_quotes) const;

  bool has_parameters() const { return !parameters_.empty(); }
  /// The SQL with parameters, such as `?1`, `?2`, in the place of string literals. Only with
  /// has_parameters().
  const std::string& parameterised() const { return parameterised_; }
  /// What is bound to them for this key, in their order. \param values  is replaced
  void values_for(const AddressParts& key, std::vector<std::string>& values) const;

 private:
  Result<Ok> find_parameters(std::string_view text, std::string_view placeholder);

  LookupTemplate whole_ = {};
  std::string parameterised_ = {};
  std::vector<LookupTemplate> parameters_ = {};
};

/// Reads the query that the settings of an SQL table name, or amount to.
/// \return misconfigured, with the place of the setting
Result<SqlQuery> read_query(const TableSettings& settings, std::string_view placeholder,
                            TableSettings::LegacyQuery legacy = TableSettings::LegacyQuery::table);

}  // namespace lastmile
