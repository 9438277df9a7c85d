// SPDX-License-Identifier: Apache-2.0
// Invariant: what is read as an address reads as the same address from its external form, as long
// as its domain needs no quoting; and an address extension is split off without losing an octet.
#include <cstddef>
#include <cstdint>

#include "aliases/address.h"

namespace lastmile {
namespace {

/// Nothing is quoted in a domain or a source route: Postfix takes them for clean, too.
bool is_clean(const Address& address) {
  constexpr std::string_view kSpecial = "()<>@,;:\\\"[] \t\r\n|%!";
  return address.domain.find_first_of(kSpecial) == std::string::npos &&
         !address.local_part.starts_with('@');
}

void check_round_trip(const Address& address) {
  const auto again = parse_address(to_external(address));
  LM_CHECK(again.ok());
  LM_CHECK(*again == address);
}

void check_extension(const Address& address) {
  ExtensionRules rules;
  rules.recipient_delimiter = "+-";
  const SplitLocalPart split = split_extension(address.local_part, rules);
  std::string joined(split.user);
  if (split.extension) {
    LM_CHECK(!split.user.empty());
    joined += split.delimiter;
    joined += *split.extension;
  }
  LM_CHECK(joined == address.local_part);
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto address = lastmile::parse_address(text);
  if (address && lastmile::is_clean(*address)) {
    lastmile::check_round_trip(*address);
  }
  if (address) {
    lastmile::check_extension(*address);
  }
  LM_CHECK(lastmile::to_internal(lastmile::split_address(text)) == text);
  return 0;
}
