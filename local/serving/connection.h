// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "aliases/account.h"
#include "local/serving/message_desk.h"

namespace lastmile {

/// One client of an LMTP server.
struct ServedConnection {
  int in = -1;
  int out = -1;             ///< May be the same as `in`.
  bool is_trusted = false;  ///< It may say who its client was.
};

/// Serves one client to its end. A child without rights reads what it sends; this process delivers,
/// and reads nothing but the messages of that child (\see boundary.h). It gives up what it has of
/// the connection at once.
///
/// SIGTERM and SIGHUP end it behind the running transaction.
///
/// \param open_host  asked with each message
/// \param counters  of the server; null: nobody counts
/// \param err  where lastmile_log = stderr writes
/// \return the exit status: 0, or 75 when the child has come to grief, or cannot be had
int serve_connection(const ServedConnection& connection, const MessageDesk::OpenHost& open_host,
                     std::ostream& err, Counters* counters);

}  // namespace lastmile
