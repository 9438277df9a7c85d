// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aliases/address.h"
#include "transports/settings.h"

namespace lastmile {

/// The canonical form of an address in the local rewriting context: source route removed, bang
/// path and percent hack rewritten, `@$myorigin` and `.$mydomain` appended, one trailing dot of
/// the domain removed. The null address stays null.
/// \see trivial-rewrite(8); ADDRESS_REWRITING_README
Address rewrite_address(const Address& address, const Settings& settings);

/// As rewrite_address(), for an address out of a table or a list, which is handed over in tokens:
/// of these a lone '@' is the null address.
Address rewrite_parsed(const Address& address, const Settings& settings);

/// The address without the source route before it: `user@c` of `@a,@b:user@c`.
Address without_source_route(const Address& address);

/// Removes one dot at the end of a domain, but not one of two, nor the only octet.
void strip_trailing_dot(std::string& domain);

/// Whether a local part is written as a quoted string: what looks like a routing operator in it is
/// plain text then.
bool is_quoted_local_part(const std::string& local_part);

/// Whether the address is `user@`, with nothing behind the '@'. Such an address keeps the '@' at
/// the end of its local part, which tells it from a bare `user`.
bool has_null_domain(const Address& address);

/// `local_part@domain`; with an empty domain `local_part@`.
Address with_domain(std::string local_part, std::string domain);

}  // namespace lastmile
