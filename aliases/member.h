// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aliases/address.h"

namespace lastmile {

/// An ordinary address. A backslash outside of quotes is gone by now: `\alice` is `alice`. The
/// text `"\\alice"` keeps one, and that one makes local delivery skip aliases and .forward.
struct AddressMember {
  Address address = {};
};
/// `/file`, or `~/file` below the home directory of the user context. The text is as written, so
/// that `~name/file`, which local(8) refuses, is seen as one, too.
struct FileMember {
  std::string path = {};
};
/// `|command`, without the bar.
struct CommandMember {
  std::string line = {};
};
/// `:include:/file`, without the keyword.
struct IncludeMember {
  std::string path = {};
};

/// One entry of the right-hand side of an alias, of an include file or of a .forward file.
using Member = std::variant<AddressMember, FileMember, CommandMember, IncludeMember>;

/// One line for messages and tests: `alice@example.com`, `/file`, `|command`, `:include:/file`.
std::string to_string(const Member& member);

/// Reads a list of members: commas or white space between addresses, RFC 822 comments, phrases,
/// groups and quotes, "|command" and ":include:/file". A total function, like the tokenizer of
/// Postfix: every text has a reading.
///
/// \return members in the order of the text; an empty list for an empty text
/// \see aliases(5); local(8), ALIAS DATABASE
std::vector<Member> parse_members(std::string_view text);

}  // namespace lastmile
