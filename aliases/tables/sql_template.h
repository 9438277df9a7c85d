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
  std::vector<std::string_view> labels = {};    ///< Of the domain, from left to right, none empty.

  explicit AddressParts(std::string_view text);
};

/// A text with `%` escapes, as `query` and `result_format` have it.
/// \see sqlite_table(5)
class SqlTemplate {
 public:
  enum class Role { query, result };

  /// \return malformed for an unknown escape
  static Result<SqlTemplate> parse(std::string_view text, Role role);

  bool is_constant() const;

  /// Whether the key has all the parts that the template names: a lookup without one of them is
  /// not made.
  bool accepts_key(const AddressParts& key) const;
  /// Whether a value has them. For Role::result.
  bool accepts_value(const AddressParts& value) const;

  /// Appends the text with every escape replaced.
  /// \param value  what `%s %u %d` stand for: the key itself for Role::query
  /// \param quote  applied to what is put in
  void expand(const AddressParts& key, const AddressParts& value,
              const std::function<std::string(std::string_view)>& quote, std::string& out) const;

 private:
  struct Piece {
    std::string literal = {};
    char escape = '\0';  ///< Follows the literal; '\0': nothing does.
  };

  bool names(std::string_view escapes) const;

  std::vector<Piece> pieces_ = {};
  Role role_ = Role::query;
};

}  // namespace lastmile
