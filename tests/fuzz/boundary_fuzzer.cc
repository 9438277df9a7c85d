// SPDX-License-Identifier: Apache-2.0
// Invariant: any octets across the boundary of rights are refused, or are a message that is written
// again as the same octets; no text of an envelope has a line end in it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "local/serving/boundary.h"

namespace lastmile {
namespace {

void require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

void check(std::string bytes) {
  for (;;) {
    auto message = take_boundary_message(bytes);
    if (!message || !*message) {
      return;
    }
    if (const auto event = decode_event(**message)) {
      std::string again = encode(*event);
      const auto taken = take_boundary_message(again);
      require(taken.ok() && *taken == *message);
      if (const auto* const ask = std::get_if<AskRecipient>(&*event)) {
        require(ask->recipient.address.local_part.find('\n') == std::string::npos);
      }
    }
    (void)decode_answer(**message).ok();
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
