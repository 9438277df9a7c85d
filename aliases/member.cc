// SPDX-License-Identifier: Apache-2.0
#include "aliases/member.h"

#include <cstddef>
#include <span>
#include <utility>

#include "aliases/overloaded.h"
#include "aliases/text.h"
#include "aliases/tokens.h"

namespace lastmile {
namespace {

constexpr std::string_view kInclude = ":include:";

/// What one destination is can be seen from how its internal form begins.
Member classify(std::string internal) {
  if (internal.starts_with('/') || internal.starts_with('~')) {
    return FileMember{std::move(internal)};
  }
  if (internal.starts_with('|')) {
    return CommandMember{internal.substr(1)};
  }
  if (starts_with_ignoring_case(internal, kInclude)) {
    return IncludeMember{internal.substr(kInclude.size())};
  }
  return AddressMember{split_address(internal)};
}

}  // namespace

std::string to_string(const Member& member) {
  return std::visit(Overloaded{
                        [](const AddressMember& m) { return to_external(m.address); },
                        [](const FileMember& m) { return m.path; },
                        [](const CommandMember& m) { return '|' + m.line; },
                        [](const IncludeMember& m) { return std::string(kInclude) + m.path; },
                    },
                    member);
}

std::vector<Member> parse_members(std::string_view text) {
  const std::vector<Token> tokens = scan_tokens(text);
  const std::vector<AddressTokens> addresses = group_addresses(tokens);
  std::vector<Member> members;
  members.reserve(addresses.size());
  for (const auto& [first, last] : addresses) {
    members.push_back(
        classify(internal_form(text, std::span(tokens).subspan(first, last - first))));
  }
  return members;
}

}  // namespace lastmile
