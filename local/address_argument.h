// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "aliases/address.h"
#include "aliases/result.h"

namespace lastmile {

/// Reads one address as a person or an MTA writes it into the arguments of a command.
///
/// It is in external form, `"john doe"@example.com`, or, where it is none of that form, in internal
/// form: pipe(8) hands over `john doe@example.com` unless it has the flag q. Several addresses in
/// one text are no address: to take one of them, or all for a strange local part, would be a guess.
///
/// \return `malformed` for several addresses, a NUL octet, or more than 64 KiB
Result<Address> parse_address_argument(std::string_view text);

}  // namespace lastmile
