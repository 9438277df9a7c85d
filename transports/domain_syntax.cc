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

template <int family, std::size_t size, std::size_t text_size>
std::optional<std::string> canonical(const std::string& text) {
  std::array<unsigned char, size> address = {};
  std::array<char, text_size> written = {};
  if (inet_pton(family, text.c_str(), address.data()) != 1 ||
      inet_ntop(family, address.data(), written.data(), text_size) == nullptr) {
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
  auto ipv4 = canonical<AF_INET, sizeof(in_addr), INET_ADDRSTRLEN>(address);
  return ipv4 ? ipv4 : canonical<AF_INET6, sizeof(in6_addr), INET6_ADDRSTRLEN>(address);
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
