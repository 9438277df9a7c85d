// SPDX-License-Identifier: Apache-2.0
// Invariant: whatever is pasted is read to its end; the counts of incidents and lines are bounded
// by its octets, and no text of an incident is longer than all of it (JSON can make three octets of
// six, never more).
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "local/explaining/log_event.h"
#include "local/explaining/paste.h"

namespace lastmile {
namespace {

void require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

void check(std::string_view text) {
  const Paste paste = read_paste(text, {.address = "", .with_successes = true});
  require(paste.incidents.size() <= text.size());
  require(paste.lines <= text.size() && paste.other_lines <= paste.lines);
  for (const Incident& incident : paste.incidents) {
    require(incident.count >= 1);
    require(incident.to.size() <= text.size() && incident.orig_to.size() <= text.size());
    require(incident.text.size() <= text.size() && incident.sender.size() <= text.size());
  }
  // One address alone, and each line by itself.
  const Paste some = read_paste(text, {.address = "alice@example.com", .with_successes = true});
  require(some.incidents.size() <= paste.incidents.size());
  for (const std::string& line : plain_lines(text)) {
    const LogEvent event = parse_log_event(parse_log_line(line));
    require(event.incident.to.size() <= line.size());
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
