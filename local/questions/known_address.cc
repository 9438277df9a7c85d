// SPDX-License-Identifier: Apache-2.0
#include "local/questions/known_address.h"

#include <array>

#include "aliases/result.h"

namespace lastmile {

std::string_view name_of(Mark mark) {
  constexpr std::array<std::string_view, kMarks> kNames = {
      "account",   "alias",     "listed", "virtual", "canonical", "mailbox", "relay",
      "transport", "extension", "member", "role",    "given",     "log",     "sample"};
  return kNames[static_cast<std::size_t>(mark)];
}

std::optional<Mark> parse_mark(std::string_view name) {
  for (std::size_t i = 0; i < kMarks; ++i) {
    if (name_of(static_cast<Mark>(i)) == name) {
      return static_cast<Mark>(i);
    }
  }
  return std::nullopt;
}

Marks Marks::from_bits(std::uint16_t bits) {
  Marks marks;
  marks.bits_ = bits;
  return marks;
}

Mark Marks::first() const {
  for (std::size_t i = 0; i < kMarks; ++i) {
    if (has(static_cast<Mark>(i))) {
      return static_cast<Mark>(i);
    }
  }
  LM_CHECK(false);
  return Mark::given;
}

bool is_wildcard(const KnownAddress& known) {
  return known.marks.has(Mark::sample) && known.address.local_part.starts_with(kSampleName);
}

std::string shown_form(const KnownAddress& known) {
  return is_wildcard(known) ? "*@" + known.address.domain : to_external(known.address);
}

}  // namespace lastmile
