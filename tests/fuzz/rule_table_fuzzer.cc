// SPDX-License-Identifier: Apache-2.0
// Invariant: whatever rules a regexp: table has, it opens or is refused, and answers each key with
// an entry, with nothing, or with an error; in little time, which the fuzzer's own limit sees to.
#include <cstddef>
#include <cstdint>
#include <string>

#include "aliases/tables/map_types.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

void check(const std::string& rules) {
  test::MemoryWorld world;
  world.add_file("/etc/rules", rules);
  const auto table = open_map({"regexp", "/etc/rules"}, world, {});
  if (!table) {
    LM_CHECK(!table.error().message().empty());
    return;
  }
  for (const char* const key :
       {"", "alice", "alice+x@example.com", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}) {
    const auto entry = (*table)->lookup(key);
    LM_CHECK(entry.ok() || entry.error().source.has_value());
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
