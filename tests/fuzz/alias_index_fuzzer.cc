// SPDX-License-Identifier: Apache-2.0
// Invariant: what is compiled out of an aliases(5) source is read back from the index, each alias
// with its value, and nothing else.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "aliases/alias_file.h"
#include "aliases/tables/compile_table.h"
#include "aliases/world/live_world.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

void check(const std::string& source) {
  static const test::TemporaryDirectory kDirectory;
  const std::string path = kDirectory.write("aliases", source);
  static_cast<void>(std::remove((path + ".cdb").c_str()));
  const auto compiled = compile_table({"cdb", path}, SourceSyntax::aliases, {});
  if (!compiled) {
    LM_CHECK(!compiled.error().message().empty());
    return;
  }
  std::map<std::string, std::string> expected;
  for (const AliasEntry& entry : parse_alias_file(source, path, {}).entries) {
    expected.emplace(entry.key, entry.value);
  }
  LM_CHECK(compiled->entries == expected.size());
  LiveWorld world;
  const auto table = world.open_table({"cdb", path}, {});
  LM_CHECK(table.ok());
  for (const auto& [key, value] : expected) {
    // A NUL ends a key and a value for whoever reads them.
    if (key.find('\0') != std::string::npos || value.find('\0') != std::string::npos) {
      return;
    }
    const auto entry = (*table)->lookup(key);
    LM_CHECK(entry.ok() && entry->has_value() && (*entry)->value == value);
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
