// SPDX-License-Identifier: Apache-2.0
#include "aliases/address.h"

#include <algorithm>
#include <array>
#include <vector>

#include "aliases/text.h"
#include "aliases/tokens.h"

namespace lastmile {
namespace {

Error malformed_at(const std::string& what, std::size_t offset) {
  return malformed(what + " at offset " + std::to_string(offset));
}

/// Whether an octet may stand in an atom. Octets above 127 count as letters.
constexpr std::array<bool, 256> kAtomOctets = [] {
  std::array<bool, 256> octets = {};
  for (std::size_t octet = ' ' + 1; octet < octets.size(); ++octet) {
    octets[octet] = octet != 0x7F;
  }
  for (const char special : std::string_view("()<>@,;:\\\".[]")) {
    octets[static_cast<unsigned char>(special)] = false;
  }
  return octets;
}();

/// Whether `local_part` is a dot-string of atoms. \see RFC 5321 section 4.1.2
bool is_dot_string(std::string_view local_part) {
  bool after_atom = false;
  for (const char octet : local_part) {
    const bool ends_atom = octet == '.' && after_atom;
    if (!ends_atom && !kAtomOctets[static_cast<unsigned char>(octet)]) {
      return false;
    }
    after_atom = !ends_atom;
  }
  return after_atom;
}

/// Appends a local part, in quotes where it needs them.
void append_local_part(std::string& out, std::string_view local_part) {
  if (is_dot_string(local_part)) {
    out += local_part;
    return;
  }
  out += '"';
  for (const char octet : local_part) {
    if (octet == '"' || octet == '\\' || octet == '\r') {
      out += '\\';
    }
    out += octet;
  }
  out += '"';
}

bool is_never_split(std::string_view local_part, const ExtensionRules& rules) {
  if (equal_ignoring_case(local_part, "postmaster") ||
      equal_ignoring_case(local_part, "mailer-daemon") ||
      equal_ignoring_case(local_part, rules.double_bounce_sender)) {
    return true;
  }
  constexpr std::string_view kOwner = "owner-";
  constexpr std::string_view kRequest = "-request";
  const bool dash_delimits = rules.recipient_delimiter.find('-') != std::string::npos;
  const bool is_request =
      local_part.size() >= kRequest.size() &&
      equal_ignoring_case(local_part.substr(local_part.size() - kRequest.size()), kRequest);
  return dash_delimits && rules.owner_request_special &&
         (starts_with_ignoring_case(local_part, kOwner) || is_request);
}

}  // namespace

bool is_plain_address(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char octet) {
    return octet == '@' || octet == '.' || kAtomOctets[static_cast<unsigned char>(octet)];
  });
}

Result<Address> parse_address(std::string_view external) {
  if (external.size() > kLongestAddress) {
    return malformed_at("address is too long", kLongestAddress);
  }
  if (const std::size_t nul = external.find('\0'); nul != std::string_view::npos) {
    return malformed_at("NUL octet in address", nul);
  }
  if (is_plain_address(external)) {
    return split_address(external);
  }
  const std::vector<Token> tokens = scan_tokens(external);
  const std::vector<AddressTokens> addresses = group_addresses(tokens);
  if (addresses.empty()) {
    return Address{};
  }
  if (addresses.size() > 1) {
    return malformed_at("second address where one was expected", tokens[addresses[1].first].begin);
  }
  const auto [first, last] = addresses.front();
  return split_address(internal_form(external, std::span(tokens).subspan(first, last - first)));
}

bool is_bare_address(std::string_view external) {
  if (is_plain_address(external)) {
    return true;
  }
  const std::vector<Token> tokens = scan_tokens(external);
  const std::vector<AddressTokens> addresses = group_addresses(tokens);
  return addresses.size() == 1 &&
         addresses.front().last - addresses.front().first == tokens.size() &&
         std::none_of(tokens.begin(), tokens.end(),
                      [](const Token& token) { return token.kind == Token::Kind::comment; });
}

std::size_t source_route_size(std::string_view internal) {
  if (!internal.starts_with('@')) {
    return 0;
  }
  bool in_literal = false;  // The colons of an IPv6 address end no route.
  for (std::size_t i = 1; i < internal.size(); ++i) {
    in_literal = internal[i] == '[' || (in_literal && internal[i] != ']');
    if (internal[i] == ':' && !in_literal) {
      return i + 1;
    }
  }
  return 0;
}

Address split_address(std::string_view internal) {
  const std::size_t at = internal.rfind('@');
  if (at == std::string_view::npos || at + 1 == internal.size()) {
    return {std::string(internal), {}};
  }
  return {std::string(internal.substr(0, at)), std::string(internal.substr(at + 1))};
}

std::string to_internal(const Address& address) {
  std::string internal;
  internal.reserve(address.local_part.size() + 1 + address.domain.size());
  internal += address.local_part;
  if (!address.domain.empty()) {
    internal += '@';
    internal += address.domain;
  }
  return internal;
}

std::string to_external(const Address& address) {
  const bool is_plain =
      is_dot_string(address.local_part) && address.domain.find('@') == std::string::npos;
  if (address.is_null() || is_plain) {
    return to_internal(address);
  }
  const std::string internal = to_internal(address);
  const std::size_t route = source_route_size(internal);
  std::string_view rest = std::string_view(internal).substr(route);
  std::string external = internal.substr(0, route);
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) {
    append_local_part(external, rest);
    return external;
  }
  append_local_part(external, rest.substr(0, at));
  return external.append(rest.substr(at));
}

SplitLocalPart split_extension(std::string_view local_part, const ExtensionRules& rules) {
  const SplitLocalPart whole = {local_part, {}, '\0'};
  if (rules.recipient_delimiter.empty() || is_never_split(local_part, rules)) {
    return whole;
  }
  const std::size_t delimiter = local_part.find_first_of(rules.recipient_delimiter);
  if (delimiter == 0 || delimiter == std::string_view::npos) {
    return whole;
  }
  return {local_part.substr(0, delimiter), local_part.substr(delimiter + 1), local_part[delimiter]};
}

SplitLocalPart split_recipient(std::string& local_part, const ExtensionRules& rules) {
  SplitLocalPart split = split_extension(local_part, rules);
  if (split.extension && split.extension->find('/') != std::string_view::npos) {
    const std::size_t size = split.user.size();
    local_part.resize(size);
    return {std::string_view(local_part).substr(0, size), std::nullopt, '\0'};
  }
  return split;
}

}  // namespace lastmile
