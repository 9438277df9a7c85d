// SPDX-License-Identifier: Apache-2.0
#include "transports/domain_syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::size_t kMaxLabel = 63;      // RFC 1035 section 2.3.4
constexpr std::size_t kMaxHostName = 255;  // RFC 1035 section 2.3.4

bool is_name_octet(char octet, NonAscii non_ascii) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || is_digit(octet) ||
         octet == '-' || octet == '_' ||
         (non_ascii == NonAscii::allow && static_cast<unsigned char>(octet) > 127);
}

bool is_valid_label(std::string_view label, NonAscii non_ascii) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [non_ascii](char octet) {
           return is_name_octet(octet, non_ascii);
         });
}

/// Whether an address is written as Postfix takes it: four numbers up to 255, which may have zeros
/// in front, of which the first is zero only in 0.0.0.0.
bool is_dotted_quad(std::string_view text) {
  constexpr int kOctets = 4;
  constexpr int kMaxOctet = 255;
  const bool is_zero = text.find_first_not_of("0.") == std::string_view::npos;
  for (int octet = 1;; ++octet) {
    const std::size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    int value = 0;
    for (const char digit : digits) {
      value = value * 10 + (digit - '0');
      if (!is_digit(digit) || value > kMaxOctet) {
        return false;
      }
    }
    if (digits.empty() || (octet == 1 && value == 0 && !is_zero)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return octet == kOctets;
    }
    text.remove_prefix(dot + 1);
  }
}

/// The C library reads a number with a zero in front as octal. What it cannot read so is like no
/// other address.
std::string canonical_ipv4(const std::string& text) {
  in_addr address = {};
  std::array<char, INET_ADDRSTRLEN> written = {};
  if (inet_aton(text.c_str(), &address) == 0 ||
      inet_ntop(AF_INET, &address, written.data(), INET_ADDRSTRLEN) == nullptr) {
    return text;
  }
  return written.data();
}

std::optional<std::string> canonical_ipv6(const std::string& text) {
  in6_addr address = {};
  std::array<char, INET6_ADDRSTRLEN> written = {};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, written.data(), INET6_ADDRSTRLEN) == nullptr) {
    return std::nullopt;
  }
  return std::string(written.data());
}

}  // namespace

bool is_valid_host_name(std::string_view name, NonAscii non_ascii) {
  if (name.empty() || name.size() > kMaxHostName ||
      std::ranges::all_of(name, [](char octet) { return is_digit(octet) || octet == '.'; })) {
    return false;
  }
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    if (!is_valid_label(rest.substr(0, dot), non_ascii)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    rest.remove_prefix(dot + 1);
  }
}

std::optional<std::string> canonical_ip_address(std::string_view text) {
  const std::string address(text);
  if (address.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return is_dotted_quad(address) ? std::optional(canonical_ipv4(address)) : canonical_ipv6(address);
}

std::optional<std::string> literal_address(std::string_view domain) {
  if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') {
    return std::nullopt;
  }
  constexpr std::string_view kIpv6Tag = "ipv6:";
  const std::string_view inside = domain.substr(1, domain.size() - 2);
  if (starts_with_ignoring_case(inside, kIpv6Tag)) {
    const std::string_view address = inside.substr(kIpv6Tag.size());
    return address.find(':') == std::string_view::npos ? std::nullopt
                                                       : canonical_ip_address(address);
  }
  return inside.find(':') == std::string_view::npos ? canonical_ip_address(inside) : std::nullopt;
}

}  // namespace lastmile
