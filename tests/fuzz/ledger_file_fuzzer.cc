// SPDX-License-Identifier: Apache-2.0
// Invariant: whatever is in the file of a ledger, a destination that nobody has settled is to be
// performed, within a bounded time: a damaged file costs a second copy and never a message.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "aliases/result.h"
#include "local/delivering/ledger_file.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

void check(const std::string& content) {
  static const test::TemporaryDirectory kDirectory;
  const std::string path = kDirectory.write("ledger.sqlite", content, 0600);
  for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
    static_cast<void>(std::remove((path + suffix).c_str()));
  }
  LedgerOptions options;
  options.path = path;
  options.patience = std::chrono::milliseconds(1);
  const auto ledger = open_ledger(options);
  const Ledger::Time now = std::chrono::system_clock::now();
  LedgerKey key;
  key.message = "a message that no file knows";
  key.original = "alice@example.com";
  key.kind = "mailbox";
  const auto claims = ledger->claim(std::span(&key, 1), now);
  LM_CHECK(claims.size() == 1 && is_granted(claims[0]));
  ledger->settle(key, Settlement::done, now);
  ledger->flush();
  ledger->forget(key.message, std::span(&key.original, 1));
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
