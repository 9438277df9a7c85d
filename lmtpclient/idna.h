// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lastmile::lmtp {

/// A domain name as the DNS and certificates have it: each label beyond ASCII becomes "xn--..." by
/// Punycode. Labels are taken as they are written, in lower case and composed, as a domain should
/// be. A name that is not UTF-8, or too long for it, comes back as it was.
/// \see RFC 5890 section 2.3.2; RFC 3492
std::string to_ascii_domain(std::string_view domain);

}  // namespace lastmile::lmtp
