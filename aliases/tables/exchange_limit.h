// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "aliases/result.h"

namespace lastmile {

/// How long one exchange with a table server may take, and how much of that is left.
class ExchangeLimit {
 public:
  explicit ExchangeLimit(std::chrono::seconds limit) : limit_(limit) {}

  /// An exchange begins.
  void start() { deadline_ = Clock::now() + limit_; }

  /// Waits until a socket is ready for `events`, as poll(2) has them.
  /// \return unavailable when the time is over first, or poll(2) fails
  Result<Ok> wait(int socket, short events) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::seconds limit_;
  Clock::time_point deadline_ = {};
};

}  // namespace lastmile
