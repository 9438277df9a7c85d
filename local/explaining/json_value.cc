// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/json_value.h"

#include <algorithm>
#include <cstdint>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr int kDeepest = 32;

/// The UTF-8 of a code point; a surrogate without its other half becomes U+FFFD.
void append_utf8(std::uint32_t point, std::string& text) {
  const bool is_surrogate = point >= 0xD800 && point < 0xE000;
  const std::uint32_t value = is_surrogate || point > 0x10FFFF ? 0xFFFD : point;
  const auto octet = [&text](std::uint32_t bits) { text += static_cast<char>(bits); };
  if (value < 0x80) {
    octet(value);
  } else if (value < 0x800) {
    octet(0xC0 | (value >> 6));
    octet(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    octet(0xE0 | (value >> 12));
    octet(0x80 | ((value >> 6) & 0x3F));
    octet(0x80 | (value & 0x3F));
  } else {
    octet(0xF0 | (value >> 18));
    octet(0x80 | ((value >> 12) & 0x3F));
    octet(0x80 | ((value >> 6) & 0x3F));
    octet(0x80 | (value & 0x3F));
  }
}

/// Reads from the beginning of a text. Each function leaves `false` behind when it cannot.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}
  std::string_view rest() const { return rest_; }

  // NOLINTNEXTLINE(misc-no-recursion): no deeper than kDeepest
  bool read_value(JsonValue& value, int depth) {
    skip_blanks();
    if (rest_.empty() || depth > kDeepest) {
      return false;
    }
    switch (rest_.front()) {
      case '"':
        value.kind = JsonValue::Kind::text;
        return read_string(value.text);
      case '{':
        value.kind = JsonValue::Kind::object;
        return read_object(value, depth);
      case '[':
        value.kind = JsonValue::Kind::array;
        return read_array(value, depth);
      default:
        return read_word(value.text);
    }
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_space(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }

  bool take(char octet) {
    skip_blanks();
    if (!rest_.starts_with(octet)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool read_word(std::string& text) {
    while (!rest_.empty() && (is_name_char(rest_.front()) || rest_.front() == '-' ||
                              rest_.front() == '+' || rest_.front() == '.')) {
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    return !text.empty();
  }

  bool read_hex(std::uint32_t& point) {
    if (rest_.size() < 4) {
      return false;
    }
    point = 0;
    for (const char octet : rest_.substr(0, 4)) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(fold_ascii({&octet, 1}));
      if (digit == std::string_view::npos) {
        return false;
      }
      point = point * 16 + static_cast<std::uint32_t>(digit);
    }
    rest_.remove_prefix(4);
    return true;
  }

  /// What stands behind `\u`.
  bool read_code_point(std::string& text) {
    std::uint32_t point = 0;
    if (!read_hex(point)) {
      return false;
    }
    if (point >= 0xD800 && point < 0xDC00 && rest_.starts_with("\\u")) {
      rest_.remove_prefix(2);
      std::uint32_t low = 0;
      if (!read_hex(low)) {
        return false;
      }
      const bool is_pair = low >= 0xDC00 && low < 0xE000;
      point = is_pair ? 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
    }
    append_utf8(point, text);
    return true;
  }

  bool read_escape(std::string& text) {
    if (rest_.empty()) {
      return false;
    }
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kOctets = "\"\\/\b\f\n\r\t";
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == 'u') {
      return read_code_point(text);
    }
    const std::size_t at = kLetters.find(letter);
    if (at == std::string_view::npos) {
      return false;
    }
    text += kOctets[at];
    return true;
  }

  bool read_string(std::string& text) {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char octet = rest_.front();
      rest_.remove_prefix(1);
      if (octet == '"') {
        return true;
      }
      if (octet != '\\') {
        text += octet;
      } else if (!read_escape(text)) {
        return false;
      }
    }
    return false;
  }

  // NOLINTNEXTLINE(misc-no-recursion): no deeper than kDeepest
  bool read_object(JsonValue& value, int depth) {
    rest_.remove_prefix(1);
    if (take('}')) {
      return true;
    }
    do {
      skip_blanks();
      value.names.emplace_back();
      value.items.push_back(JsonValue{});
      if (!rest_.starts_with('"') || !read_string(value.names.back()) || !take(':') ||
          !read_value(value.items.back(), depth + 1)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  // NOLINTNEXTLINE(misc-no-recursion): no deeper than kDeepest
  bool read_array(JsonValue& value, int depth) {
    rest_.remove_prefix(1);
    if (take(']')) {
      return true;
    }
    do {
      value.items.push_back(JsonValue{});
      if (!read_value(value.items.back(), depth + 1)) {
        return false;
      }
    } while (take(','));
    return take(']');
  }

  std::string_view rest_;
};

}  // namespace

const JsonValue* JsonValue::member(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

std::string JsonValue::text_of(std::string_view name) const {
  const JsonValue* found = member(name);
  return found != nullptr && found->kind == Kind::text ? found->text : "";
}

std::optional<JsonValue> take_json(std::string_view& text) {
  JsonReader reader(text);
  JsonValue value;
  if (!reader.read_value(value, 0)) {
    return std::nullopt;
  }
  text = reader.rest();
  return value;
}

}  // namespace lastmile
