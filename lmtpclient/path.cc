// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/path.h"

#include <algorithm>

namespace lastmile::lmtp {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == 127;
}

/// Dot-string of RFC 5321, with octets above 127 as RFC 6531 allows them.
bool is_dot_string(std::string_view text) {
  constexpr std::string_view kSpecials = " <>()[]\\,;:@\"";
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [&](char c) {
           return is_control(c) || kSpecials.find(c) != std::string_view::npos;
         });
}

std::string quoted_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + '"';
}

bool can_be_sent(std::string_view address, std::string_view domain) {
  constexpr std::string_view kLineEnds("\r\n\0", 3);
  return address.find_first_of(kLineEnds) == std::string_view::npos &&
         std::none_of(domain.begin(), domain.end(),
                      [](char c) { return is_control(c) || c == ' ' || c == '<' || c == '>'; });
}

}  // namespace

std::optional<std::string> to_path(std::string_view address, Quoting quoting) {
  if (address.empty()) {
    return "<>";
  }
  const std::size_t at = address.rfind('@');
  const std::string_view local_part = address.substr(0, at);
  const std::string_view domain =
      at == std::string_view::npos ? std::string_view() : address.substr(at);
  if (!can_be_sent(address, domain)) {
    return std::nullopt;
  }
  const std::string written = quoting == Quoting::none || is_dot_string(local_part)
                                  ? std::string(local_part)
                                  : quoted_string(local_part);
  return '<' + written + std::string(domain) + '>';
}

std::string to_xtext(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '+' && c != '=') {
      result += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      result += {'+', kDigits[octet / 16], kDigits[octet % 16]};
    }
  }
  return result;
}

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 127; });
}

}  // namespace lastmile::lmtp
