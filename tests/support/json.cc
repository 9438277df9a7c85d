// SPDX-License-Identifier: Apache-2.0
#include "tests/support/json.h"

#include <cstdlib>
#include <utility>

#include "aliases/text.h"
#include "tests/support/catch.h"

namespace lastmile::test {

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

const Json& Json::at(std::string_view name) const {
  INFO("member " << name);
  const Json* const found = find(name);
  REQUIRE(found != nullptr);
  return *found;
}

namespace {

/// Each function takes its part from the front, or returns false.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool document(Json& value) { return element(value) && rest_.empty(); }

 private:
  bool element(Json& value) {
    skip_blanks();
    const bool good = any_value(value);
    skip_blanks();
    return good;
  }

  bool any_value(Json& value) {
    if (rest_.empty()) {
      return false;
    }
    switch (rest_.front()) {
      case '{':
        return object(value);
      case '[':
        return array(value);
      case '"':
        value.kind = Json::Kind::string;
        return string(value.string);
      case 't':
      case 'f':
        value.kind = Json::Kind::boolean;
        value.boolean = rest_.front() == 't';
        return take(value.boolean ? "true" : "false");
      case 'n':
        return take("null");
      default:
        return number(value);
    }
  }

  bool object(Json& value) {
    value.kind = Json::Kind::object;
    take("{");
    skip_blanks();
    if (take("}")) {
      return true;
    }
    do {
      skip_blanks();
      std::string name;
      Json member;
      if (!string(name) || value.find(name) != nullptr) {
        return false;
      }
      skip_blanks();
      if (!take(":") || !element(member)) {
        return false;
      }
      value.members.push_back({std::move(name), std::move(member)});
    } while (take(","));
    return take("}");
  }

  bool array(Json& value) {
    value.kind = Json::Kind::array;
    take("[");
    skip_blanks();
    if (take("]")) {
      return true;
    }
    do {
      Json item;
      if (!element(item)) {
        return false;
      }
      value.items.push_back(std::move(item));
    } while (take(","));
    return take("]");
  }

  bool string(std::string& text) {
    if (!take("\"")) {
      return false;
    }
    while (!rest_.empty() && rest_.front() != '"') {
      if (static_cast<unsigned char>(rest_.front()) < 0x20) {
        return false;
      }
      if (rest_.front() == '\\') {
        if (!escape(text)) {
          return false;
        }
        continue;
      }
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    return take("\"") && is_valid_utf8(text);
  }

  /// Of the \u escapes, those that the program writes: the controls.
  bool escape(std::string& text) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    rest_.remove_prefix(1);
    if (rest_.empty()) {
      return false;
    }
    const auto index = kLetters.find(rest_.front());
    if (index != std::string_view::npos) {
      text += kMeanings[index];
      rest_.remove_prefix(1);
      return true;
    }
    if (!take("u00") || rest_.size() < 2) {
      return false;
    }
    const std::string digits(rest_.substr(0, 2));
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return false;
    }
    rest_.remove_prefix(2);
    const auto code = static_cast<unsigned>(std::strtoul(digits.c_str(), nullptr, 16));
    if (code >= 0x80) {
      text += static_cast<char>(0xC0U | (code >> 6U));
      text += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
      text += static_cast<char>(code);
    }
    return true;
  }

  bool digits() {
    const auto count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }

  bool number(Json& value) {
    const std::string_view begin = rest_;
    take("-");
    if (!take("0") && !digits()) {
      return false;
    }
    if (take(".") && !digits()) {
      return false;
    }
    if (take("e") || take("E")) {
      static_cast<void>(take("+") || take("-"));
      if (!digits()) {
        return false;
      }
    }
    value.kind = Json::Kind::number;
    value.number =
        std::strtod(std::string(begin.substr(0, begin.size() - rest_.size())).c_str(), nullptr);
    return true;
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) {
      return false;
    }
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  std::string_view rest_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  Json value;
  if (!Parser(text).document(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace lastmile::test
