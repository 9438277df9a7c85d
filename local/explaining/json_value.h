// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// A JSON value that somebody pasted. Numbers and words (`true`, `null`) have their text.
struct JsonValue {
  enum class Kind { text, word, array, object };
  Kind kind = Kind::word;
  std::string text = {};
  std::vector<JsonValue> items = {};    ///< Of an array, and the values of an object, in order.
  std::vector<std::string> names = {};  ///< Of an object, one for each of `items`; doubles stay.

  /// The first member of that name; null where there is none.
  const JsonValue* member(std::string_view name) const;
  /// The text of the first member of that name; empty where there is none, or it is no text.
  std::string text_of(std::string_view name) const;
};

/// Reads one value at the beginning of `text`, and takes it off there.
/// \return nullopt for what is no JSON, or is deeper than 32 levels; `text` is then as it was
/// \see RFC 8259
std::optional<JsonValue> take_json(std::string_view& text);

}  // namespace lastmile
