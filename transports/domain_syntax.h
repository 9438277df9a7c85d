// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// Whether octets above 127 are letters of a name. \see postconf(5), smtputf8_enable
enum class NonAscii { refuse, allow };

/// Whether `name` is a host or domain name as Postfix has it: labels of letters, digits, '-' and
/// '_', none longer than 63 octets, 255 in all, no label that begins or ends with '-', and not made
/// of digits alone.
bool is_valid_host_name(std::string_view name, NonAscii non_ascii = NonAscii::refuse);

/// An IP address in the one form in which equal addresses are equal strings; nullopt when `text`
/// is none.
std::optional<std::string> canonical_ip_address(std::string_view text);

/// The address of a domain literal, `[192.0.2.1]` or `[IPv6:2001:db8::1]`, in canonical form;
/// nullopt for anything else.
/// \see RFC 5321 section 4.1.3
std::optional<std::string> literal_address(std::string_view domain);

}  // namespace lastmile
