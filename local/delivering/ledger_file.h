// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "local/delivering/ledger.h"

namespace lastmile {

/// The file of a ledger, kept open between the messages of one process: opening it costs more than
/// what one message has to say.
class KeptLedgerFile {
 public:
  KeptLedgerFile();
  KeptLedgerFile(const KeptLedgerFile&) = delete;
  KeptLedgerFile& operator=(const KeptLedgerFile&) = delete;
  ~KeptLedgerFile();

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

struct LedgerOptions {
  /// The file is made with mode 0600; its directory with mode 0700, where only that is missing.
  std::string path = {};
  /// After this time an entry means nothing any more. Longer than an MTA tries.
  std::chrono::seconds lifetime = std::chrono::hours(5 * 24);
  /// Longer than any delivery takes.
  std::chrono::seconds lease = std::chrono::hours(1);
  /// How long a process waits for others, once.
  std::chrono::milliseconds patience = std::chrono::milliseconds(250);
  /// Gets each kind of trouble once.
  std::function<void(const std::string&)> warn = {};
  /// Where the file stays open; outlives the ledger. Null: it is closed with the ledger.
  KeptLedgerFile* kept = nullptr;
};

/// A ledger in an SQLite file, for any number of processes of one host. The file is opened by the
/// first call that needs it. The process may fork; the child must not use the ledger.
std::unique_ptr<Ledger> open_ledger(LedgerOptions options);

}  // namespace lastmile
