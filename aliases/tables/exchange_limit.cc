// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/exchange_limit.h"

#include <poll.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace lastmile {

Result<Ok> ExchangeLimit::wait(int socket, short events) const {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) {
      return unavailable("no answer within " + std::to_string(limit_.count()) + " s");
    }
    pollfd waiting = {socket, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()) + 1);
    if (ready > 0) {
      return Ok{};
    }
    if (ready < 0 && errno != EINTR) {
      return unavailable(std::generic_category().message(errno));
    }
  }
}

}  // namespace lastmile
