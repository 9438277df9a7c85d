// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// The first digit of an enhanced status code. \see RFC 3463 section 2
enum class StatusClass { success = 2, transient = 4, permanent = 5 };

/// The subject or the detail of an enhanced status code. RFC 3463 section 2 forbids leading zeros,
/// but servers and tables have them and Postfix hands them on as written, so they are kept.
struct StatusNumber {
  int value = 0;
  int digits = 1;

  friend auto operator<=>(const StatusNumber&, const StatusNumber&) = default;
};

/// An enhanced status code, such as 5.1.1. Written "5.1.1"_dsn, so that a search for the code
/// finds every place that gives it. \see RFC 3463
struct EnhancedStatus {
  StatusClass status_class = StatusClass::transient;
  StatusNumber subject = {};
  StatusNumber detail = {};

  friend auto operator<=>(const EnhancedStatus&, const EnhancedStatus&) = default;
};

namespace internal {

constexpr std::optional<StatusNumber> read_status_number(std::string_view& text) {
  StatusNumber number = {0, 0};
  while (!text.empty() && number.digits < 3 && text[0] >= '0' && text[0] <= '9') {
    number.value = number.value * 10 + (text[0] - '0');
    ++number.digits;
    text.remove_prefix(1);
  }
  return number.digits == 0 ? std::nullopt : std::optional(number);
}

constexpr std::optional<EnhancedStatus> read_status(std::string_view& text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.') {
    return std::nullopt;
  }
  const auto status_class = static_cast<StatusClass>(text[0] - '0');
  text.remove_prefix(2);
  const auto subject = read_status_number(text);
  if (!subject || text.empty() || text[0] != '.') {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto detail = read_status_number(text);
  if (!detail || (!text.empty() && text[0] >= '0' && text[0] <= '9')) {
    return std::nullopt;
  }
  return EnhancedStatus{status_class, *subject, *detail};
}

}  // namespace internal

/// Reads exactly "c.s.d" with c one of 2, 4, 5 and s, d of one to three digits.
constexpr std::optional<EnhancedStatus> parse_enhanced_status(std::string_view text) {
  const auto status = internal::read_status(text);
  return text.empty() ? status : std::nullopt;
}

/// Reads a code from the beginning of `text`, followed by white space or nothing, and removes both
/// from `text`; leaves `text` alone when there is none.
constexpr std::optional<EnhancedStatus> take_enhanced_status(std::string_view& text) {
  std::string_view rest = text;
  const auto status = internal::read_status(rest);
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  if (!status || (!rest.empty() && !is_space(rest[0]))) {
    return std::nullopt;
  }
  while (!rest.empty() && is_space(rest[0])) {
    rest.remove_prefix(1);
  }
  text = rest;
  return status;
}

/// "5.1.1", with the zeros that it was read with.
inline std::string to_string(EnhancedStatus status) {
  std::string text = std::to_string(static_cast<int>(status.status_class));
  for (const StatusNumber number : {status.subject, status.detail}) {
    const std::string digits = std::to_string(number.value);
    text +=
        '.' + std::string(static_cast<std::size_t>(number.digits) - digits.size(), '0') + digits;
  }
  return text;
}

/// A code that is not well formed does not compile.
consteval EnhancedStatus operator""_dsn(const char* text, std::size_t size) {
  return parse_enhanced_status(std::string_view(text, size)).value();
}

}  // namespace lastmile
