// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile::lmtp {

/// Whether local parts get the quotes that they need. \see postconf(5), lmtp_quote_rfc821_envelope
enum class Quoting { wanted, none };

/// Writes an address as the path of a MAIL or RCPT command, angle brackets included; the local
/// part is quoted where the syntax demands it. Octets above 127 stay as they are.
///
/// \param address  internal form; the domain begins after the rightmost '@'; empty: `<>`
/// \param quoting  local parts may be left as they are, whatever the syntax demands
/// \return nullopt when no command can carry the address: a CR, LF or NUL anywhere, or in the
///         domain a space, a control character or an angle bracket
/// \see RFC 5321 section 4.1.2
std::optional<std::string> to_path(std::string_view address, Quoting quoting = Quoting::wanted);

/// Encodes a value for a parameter of MAIL or RCPT. \see RFC 3461 section 4
std::string to_xtext(std::string_view text);

/// True when some octet is above 127.
bool has_eight_bit(std::string_view text);

}  // namespace lastmile::lmtp
