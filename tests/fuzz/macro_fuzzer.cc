// SPDX-License-Identifier: Apache-2.0
// Invariant: a text whose every '$' is doubled expands to itself; and of any text, the names that
// were used have a value, and no more comes out than each octet replaced by the longest value.
#include <cstddef>
#include <cstdint>
#include <string>

#include "aliases/macro.h"

namespace lastmile {
namespace {

constexpr std::string_view kValue = "va$lue";

std::optional<std::string> value_of(std::string_view name) {
  if (name == "a") {
    return std::string(kValue);
  }
  return name == "e" ? std::optional<std::string>("") : std::nullopt;
}

void check(const std::string& text) {
  std::string doubled;
  for (const char octet : text) {
    doubled += octet == '$' ? std::string("$$") : std::string(1, octet);
  }
  const auto literal = expand_macros(doubled, value_of);
  LM_CHECK(literal.ok());
  LM_CHECK(literal->text == text);

  const auto expansion = expand_macros(text, value_of);
  if (!expansion) {
    LM_CHECK(expansion.error().kind == Error::Kind::malformed);
    return;
  }
  LM_CHECK(expansion->text.size() <= text.size() * kValue.size());
  for (const std::string& name : expansion->used) {
    LM_CHECK(value_of(name).has_value());
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
