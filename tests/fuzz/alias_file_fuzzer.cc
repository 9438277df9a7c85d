// SPDX-License-Identifier: Apache-2.0
// Invariant: of any file, entries and warnings stand for ascending lines of it, no key comes twice,
// and a value that is read and stored again stays as it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "aliases/alias_file.h"

namespace lastmile {
namespace {

/// Postfix loses a backslash that quotes nothing, and does not escape within `[...]`.
bool is_stored_faithfully(std::string_view value) {
  const bool lost_word = value.empty() || (value.ends_with(' ') && !value.ends_with(", "));
  return !lost_word && value.find('[') == std::string_view::npos;
}

void check_value(const std::string& value) {
  if (!is_stored_faithfully(value)) {
    return;
  }
  const auto again = parse_alias_line("x: " + value);
  LM_CHECK(again.ok());
  LM_CHECK(again->value == value);
}

void check(const std::string& content) {
  const auto lines = 1 + std::count(content.begin(), content.end(), '\n');
  const AliasFile file = parse_alias_file(content, "aliases", {});
  std::set<std::string> keys;
  int line = 0;
  for (const AliasEntry& entry : file.entries) {
    LM_CHECK(entry.source.line > line && entry.source.line <= lines);
    LM_CHECK(keys.insert(entry.key).second);
    check_value(entry.value);
    line = entry.source.line;
  }
  line = 0;
  for (const Error& warning : file.warnings) {
    LM_CHECK(warning.source && warning.source->line > line && warning.source->line <= lines);
    line = warning.source->line;
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
