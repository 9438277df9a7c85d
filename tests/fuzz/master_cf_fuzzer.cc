// SPDX-License-Identifier: Apache-2.0
// Invariant: a master.cf either names the line that is wrong, or gives services of known types,
// each with a name, a program and a line of its own, no two of the same name and type.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "transports/master_cf.h"

namespace lastmile {
namespace {

void check(std::string_view content) {
  const auto master_cf = MasterCf::parse(content, "master.cf", false);
  if (!master_cf) {
    LM_CHECK(master_cf.error().kind == Error::Kind::misconfigured);
    LM_CHECK(master_cf.error().source && master_cf.error().source->line > 0);
    return;
  }
  const std::set<std::string> types = {"inet", "unix", "fifo", "unix-dgram", "pass"};
  std::set<std::pair<std::string, std::string>> seen;
  for (const Service& service : master_cf->services()) {
    LM_CHECK(!service.name.empty() && !service.program.empty());
    LM_CHECK(types.contains(service.type));
    LM_CHECK(service.source && service.source->line > 0);
    LM_CHECK(seen.emplace(service.name, service.type).second);
    const bool is_transport = service.type == "unix" && service.is_private;
    LM_CHECK((master_cf->find_transport(service.name) == &service) == is_transport);
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
