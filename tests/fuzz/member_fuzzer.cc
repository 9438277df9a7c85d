// SPDX-License-Identifier: Apache-2.0
// Invariant: the external form of a list, which postalias stores, has the members of the list; and
// the members are not much longer than the text they were read from.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "aliases/member.h"
#include "aliases/result.h"
#include "aliases/tokens.h"

namespace lastmile {
namespace {

std::string internal_text(const Member& member) {
  const auto* address = std::get_if<AddressMember>(&member);
  return address != nullptr ? to_internal(address->address) : to_string(member);
}

/// Postfix loses a backslash that quotes nothing, and does not escape within `[...]`.
bool is_stored_faithfully(std::string_view text, const std::vector<Token>& tokens) {
  for (const Token& token : tokens) {
    if (token.kind == Token::Kind::domain_literal) {
      return false;
    }
  }
  return !text.ends_with('\\');
}

void check(std::string_view text) {
  const std::vector<Member> members = parse_members(text);
  std::size_t octets = 0;
  for (const Member& member : members) {
    octets += internal_text(member).size();
  }
  // A `]` may be added at the end, and a blank behind each comma that an address has without `<>`.
  LM_CHECK(octets <= 2 * text.size() + 1);
  const std::vector<Token> tokens = scan_tokens(text);
  if (!is_stored_faithfully(text, tokens)) {
    return;
  }
  const std::vector<Member> again = parse_members(external_list(text, tokens));
  LM_CHECK(again.size() == members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    LM_CHECK(again[i].index() == members[i].index());
    LM_CHECK(internal_text(again[i]) == internal_text(members[i]));
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  lastmile::check(std::string_view(text).substr(0, text.find('\0')));
  return 0;
}
