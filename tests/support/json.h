// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile::test {

/// A JSON value, for tests that look at what the program printed.
struct Json {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;
  std::string string = {};
  std::vector<Json> items;  ///< Of an array.
  struct Member;
  std::vector<Member> members;  ///< Of an object, in their order.

  /// The member of that name; null when there is none.
  const Json* find(std::string_view name) const;
  /// The member of that name; the test fails when there is none.
  const Json& at(std::string_view name) const;
};

struct Json::Member {
  std::string name = {};
  Json value = {};
};

/// Reads one JSON text, strictly: nothing behind it, valid UTF-8, no name twice in an object.
/// \return nullopt when it is not JSON \see RFC 8259
std::optional<Json> parse_json(std::string_view text);

}  // namespace lastmile::test
