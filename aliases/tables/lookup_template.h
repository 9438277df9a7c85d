// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// An address, or any other text, in the parts that `%u`, `%d` and `%1` to `%9` stand for. Views
/// into the text.
struct AddressParts {
  std::string_view whole = {};
  std::string_view user = {};                   ///< `whole` when there is no '@'.
  std::optional<std::string_view> domain = {};  ///< Behind the last '@'.

  explicit AddressParts(std::string_view text);

  /// The labels of the domain from left to right, without empty ones.
  std::vector<std::string_view> labels() const;
};

/// Puts a part of an address into an expansion, quoted where that is needed.
using AppendPart = std::function<void(std::string_view part, std::string& out)>;
void append_as_is(std::string_view part, std::string& out);

/// A text with `%` escapes, as `query` and `result_format` have it.
/// \see sqlite_table(5), ldap_table(5), memcache_table(5)
class LookupTemplate {
 public:
  enum class Role { query, result };

  /// \return malformed for an unknown escape
  static Result<LookupTemplate> parse(std::string_view text, Role role);

  bool is_constant() const { return pieces_.size() == 1; }

  /// Whether the key has all the parts that the template names: a lookup without one of them is
  /// not made.
  bool accepts_key(const AddressParts& key) const { return of_key_.are_met_by(key); }
  /// Whether a value has them. For Role::result.
  bool accepts_value(const AddressParts& value) const { return of_value_.are_met_by(value); }

  /// Appends the text with every escape replaced.
  /// \param value  what `%s %u %d` stand for: the key itself for Role::query
  /// \param append  quotes what is put in, where that is needed
  void expand(const AddressParts& key, const AddressParts& value, const AppendPart& append,
              std::string& out) const;

 private:
  struct Piece {
    std::string literal = {};
    char escape = '\0';  ///< Follows the literal; '\0': nothing does.
  };

  /// What a key or a value must have.
  struct Needs {
    bool user = false;
    bool domain = false;
    std::size_t labels = 0;

    bool are_met_by(const AddressParts& parts) const;
  };

  void need(char escape);

  std::vector<Piece> pieces_ = {};
  Role role_ = Role::query;
  Needs of_key_ = {};
  Needs of_value_ = {};
};

}  // namespace lastmile
