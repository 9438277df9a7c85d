// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/world/kept_child.h"
#include "transports/agents/lmtp_courier.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// The connections to servers that wait for another transaction: as root each in a child process
/// that has given up root, else in this one. What they refer to has to outlive them.
class LmtpConnections {
 public:
  /// What a connection has to be like.
  struct Wanted {
    std::string server = {};  ///< Of two to the same one, which may take one alone, the first ends.
    std::string manner = {};  ///< All else on which it depends how the server is spoken to.
    bool is_kept = false;     ///< It may be used again.
    std::chrono::milliseconds idle_limit = {};  ///< How long it is kept.
    std::optional<Rights> rights = {};          ///< Who connects; nullopt: this process.
  };
  using Maker = std::function<std::shared_ptr<LmtpCourier>()>;

  /// Has a transaction done, on a connection that is there or on a new one.
  ///
  /// \param make   makes who speaks with the server, before root is given up
  /// \param begun  is told on failure whether the server may have been spoken to
  /// \return what take_courier_answer() takes; unavailable where a child did not answer
  Result<std::string> perform(const Wanted& wanted, const CourierRequest& request,
                              const SpooledMessage& message, const Maker& make, Begun& begun);

 private:
  struct Kept {
    std::string server = {};
    std::string manner = {};
    std::uint64_t message = 0;  ///< The one that is at hand where a request does not bring its own.
    /// Where there is a child, it works with its copy. This one outlives it: to close what they
    /// share, such as a connection to a database, would be noticed there.
    std::shared_ptr<LmtpCourier> courier = {};
    std::unique_ptr<KeptChild> child = {};
  };

  static Result<Kept> open(const Wanted& wanted, const SpooledMessage& message, const Maker& make);
  static Result<std::string> ask(Kept& kept, const CourierRequest& request,
                                 const SpooledMessage& message, Begun& begun);

  std::vector<Kept> kept_;  ///< The one that was made last is the last.
};

}  // namespace lastmile
