// SPDX-License-Identifier: Apache-2.0
// Invariant: a main.cf that parses gives every name that it sets a value without white space at its
// ends and without a line end, written again it parses to the same parameters, and expanding any of
// them ends with a value or with an error that names a line.
#include <cstddef>
#include <cstdint>
#include <string>

#include "transports/main_cf.h"

namespace lastmile {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

void check_value(const std::string& value) {
  LM_CHECK(value.find_first_of(std::string_view("\n\0", 2)) == std::string::npos);
  LM_CHECK(value.empty() || (kWhiteSpace.find(value.front()) == std::string_view::npos &&
                             kWhiteSpace.find(value.back()) == std::string_view::npos));
}

void check(std::string_view content) {
  const auto main_cf = MainCf::parse(content, "main.cf");
  if (!main_cf) {
    LM_CHECK(main_cf.error().source && main_cf.error().source->line > 0);
    return;
  }
  std::string written;
  for (const std::string& name : main_cf->set_names()) {
    const auto parameter = main_cf->find(name);
    LM_CHECK(parameter && parameter->source && parameter->source->line > 0);
    check_value(parameter->value);
    written += name + " = " + parameter->value + '\n';
    const auto expanded = main_cf->expand(name);
    LM_CHECK(expanded ? expanded->has_value() : expanded.error().source.has_value());
  }
  const auto again = MainCf::parse(written, "again");
  LM_CHECK(again.ok() && again->warnings().empty());
  LM_CHECK(again->set_names() == main_cf->set_names());
  for (const std::string& name : again->set_names()) {
    LM_CHECK(again->find(name)->value == main_cf->find(name)->value);
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
