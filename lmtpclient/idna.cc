// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/idna.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace lastmile::lmtp {
namespace {

/// Longer labels are none. \see RFC 1035 section 2.3.4
constexpr std::size_t kMaxLabel = 63;

using CodePoints = std::u32string;

/// More than any text has.
constexpr auto kNoCharacter = static_cast<std::size_t>(-1);

/// How many octets of a character follow its first one. \see RFC 3629 section 3
std::size_t octets_behind(unsigned char first) {
  constexpr unsigned char kEnd = 0xF5;
  const std::pair<unsigned char, std::size_t> kinds[] = {
      {0x80, 0}, {0xC2, kNoCharacter}, {0xE0, 1}, {0xF0, 2}, {kEnd, 3}};
  const auto* const kind =
      std::ranges::find_if(kinds, [first](const auto& each) { return first < each.first; });
  return kind == std::end(kinds) ? kNoCharacter : kind->second;
}

/// The code points of UTF-8; nullopt when it is something else.
std::optional<CodePoints> code_points(std::string_view text) {
  CodePoints result;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const std::size_t more = octets_behind(first);
    if (more > text.size() - i) {
      return std::nullopt;
    }
    std::uint32_t point = more == 0 ? first : first & (0x3FU >> more);
    for (std::size_t k = 0; k < more; ++k) {
      const auto octet = static_cast<unsigned char>(text[i++]);
      if ((octet & 0xC0U) != 0x80) {
        return std::nullopt;
      }
      point = (point << 6U) | (octet & 0x3FU);
    }
    result += static_cast<char32_t>(point);
  }
  return result;
}

constexpr std::uint32_t kBase = 36;
constexpr std::uint32_t kTMin = 1;
constexpr std::uint32_t kTMax = 26;

/// \see RFC 3492 section 6.1
std::uint32_t adapted_bias(std::uint32_t delta, std::uint32_t points, bool is_first) {
  constexpr std::uint32_t kSkew = 38;
  constexpr std::uint32_t kDamp = 700;
  delta = is_first ? delta / kDamp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  while (delta > ((kBase - kTMin) * kTMax) / 2) {
    delta /= kBase - kTMin;
    k += kBase;
  }
  return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

/// A number of variable length. \see RFC 3492 section 3.3
void append_number(std::uint32_t number, std::uint32_t bias, std::string& result) {
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (std::uint32_t k = kBase;; k += kBase) {
    const std::uint32_t threshold = k <= bias ? kTMin : std::min(k - bias, kTMax);
    if (number < threshold) {
      result += kDigits[number];
      return;
    }
    result += kDigits[threshold + (number - threshold) % (kBase - threshold)];
    number = (number - threshold) / (kBase - threshold);
  }
}

/// \see RFC 3492 section 6.3. A label is too short for any of the numbers to overflow.
std::string punycode(const CodePoints& label) {
  std::string result;
  for (const char32_t point : label) {
    result += point < 0x80 ? std::string(1, static_cast<char>(point)) : std::string();
  }
  const auto basic = static_cast<std::uint32_t>(result.size());
  result += basic > 0 ? "-" : "";
  char32_t n = 0x80;
  std::uint32_t delta = 0;
  std::uint32_t bias = 72;
  for (std::uint32_t handled = basic; handled < label.size(); ++delta, ++n) {
    char32_t next = 0x10FFFF;
    for (const char32_t point : label) {
      next = point >= n ? std::min(next, point) : next;
    }
    delta += (next - n) * (handled + 1);
    n = next;
    for (const char32_t point : label) {
      delta += point < n ? 1U : 0U;
      if (point == n) {
        append_number(delta, bias, result);
        bias = adapted_bias(delta, handled + 1, handled == basic);
        delta = 0;
        ++handled;
      }
    }
  }
  return result;
}

/// nullopt where there is no such label in the DNS.
std::optional<std::string> ascii_label(std::string_view label) {
  if (std::ranges::all_of(label, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return std::string(label);
  }
  const auto points = code_points(label);
  if (!points || points->size() > kMaxLabel) {
    return std::nullopt;
  }
  std::string ascii = "xn--" + punycode(*points);
  return ascii.size() <= kMaxLabel ? std::optional(std::move(ascii)) : std::nullopt;
}

}  // namespace

std::string to_ascii_domain(std::string_view domain) {
  std::string result;
  for (std::string_view rest = domain;;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const auto label = ascii_label(rest.substr(0, dot));
    if (!label) {
      return std::string(domain);
    }
    result += *label;
    if (dot == rest.size()) {
      return result;
    }
    result += '.';
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace lastmile::lmtp
