// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transports/delivery_status.h"

namespace lastmile {

/// What the processes of an LMTP server have counted since it began, in memory that they share: a
/// process that dies takes nothing of it along. All of it is numbers that cannot be out of step in
/// a way that matters.
class Counters {
 public:
  enum class Step { receive, resolve, deliver };

  Counters() = default;
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;
  ~Counters() = default;

  void count_connection() { add(served_, 1); }
  void count_turned_away() { add(turned_away_, 1); }
  void count_message() { add(messages_, 1); }
  void count_ledger_hit() { add(ledger_hits_, 1); }
  /// \param agent  as FinalStatus has it; one that is not known by name counts as "other"
  void count_recipient(std::string_view agent, DeliveryStatus::Outcome outcome);
  void count_time(Step step, std::chrono::steady_clock::duration time);

  /// The text of a file for a collector, in which `connections` are open now.
  /// \see https://openmetrics.io
  std::string to_open_metrics(std::size_t connections) const;

 private:
  using Count = std::atomic<std::uint64_t>;
  static_assert(Count::is_always_lock_free,
                "a lock in shared memory may be left by a dead process");

  static void add(Count& count, std::uint64_t value) {
    count.fetch_add(value, std::memory_order_relaxed);
  }

  static constexpr std::size_t kAgents = 9;
  static constexpr std::size_t kOutcomes = 3;
  static constexpr std::size_t kSteps = 3;

  Count served_ = 0;
  Count turned_away_ = 0;
  Count messages_ = 0;
  Count ledger_hits_ = 0;
  std::array<std::array<Count, kOutcomes>, kAgents> recipients_ = {};
  std::array<Count, kSteps> nanoseconds_ = {};
};

/// Counters in memory that children share. Never freed: they live as long as the program.
/// \return null when there is no memory for them
Counters* shared_counters();

/// Puts `text` in the place of the file `path`, at once: who reads it sees the old or the new one.
/// \return what went wrong; empty: nothing
std::string replace_metrics_file(const std::string& path, const std::string& text);

}  // namespace lastmile
