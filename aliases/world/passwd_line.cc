// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/passwd_line.h"

#include <array>
#include <cstddef>
#include <optional>

#include "aliases/whole_number.h"

namespace lastmile {
namespace {

/// The all-ones value means "none" to the kernel: nobody has it.
std::optional<unsigned> parse_id(std::string_view text) {
  const auto id = whole_number<unsigned>(text);
  return id && *id != static_cast<unsigned>(-1) ? id : std::nullopt;
}

}  // namespace

Result<Account> parse_passwd_line(std::string_view line) {
  constexpr std::size_t kFields = 7;
  std::array<std::string_view, kFields> fields = {};
  std::size_t count = 0;
  while (count < kFields) {
    const std::size_t colon = line.find(':');
    fields.at(count++) = line.substr(0, colon);
    if (colon == std::string_view::npos) {
      break;
    }
    line.remove_prefix(colon + 1);
    if (count == kFields) {
      return malformed("more than seven fields");
    }
  }
  if (count != kFields) {
    return malformed(std::to_string(count) + " of seven fields");
  }
  const auto uid = parse_id(fields[2]);
  const auto gid = parse_id(fields[3]);
  if (fields[0].empty() || !uid || !gid) {
    return malformed(fields[0].empty() ? "no name" : !uid ? "bad uid" : "bad gid");
  }
  return Account{std::string(fields[0]), *uid, *gid, std::string(fields[5]), std::string(fields[6]),
                 std::string(fields[4])};
}

std::string to_passwd_line(const Account& account) {
  return account.name + ":x:" + std::to_string(account.uid) + ":" + std::to_string(account.gid) +
         ":" + account.gecos + ":" + account.home + ":" + account.shell;
}

}  // namespace lastmile
