// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/result.h"

namespace lastmile {

/// Reads one line of passwd(5), `name:password:uid:gid:comment:home:shell`. The password is not
/// looked at.
///
/// \return malformed, in words that say what is wrong with the line
/// \see passwd(5)
Result<Account> parse_passwd_line(std::string_view line);

/// The line for `account`, with "x" for the password.
std::string to_passwd_line(const Account& account);

}  // namespace lastmile
