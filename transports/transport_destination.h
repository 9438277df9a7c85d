// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "transports/destination.h"
#include "transports/settings.h"

namespace lastmile {

/// "lmtp:unix:/run/lmtp" taken apart at its first colon.
struct TransportNexthop {
  std::string transport = {};
  std::string nexthop = {};
  // For messages about it: the parameter and the line that name it.
  std::string parameter = {};
  std::optional<SourcePos> source = {};
};
TransportNexthop split_transport(std::string_view text);

/// Who passes a recipient to a transport.
enum class PassedBy {
  queue_manager,  ///< The route of the address leads there.
  local_agent,    ///< mailbox_transport, fallback_transport and their tables.
};

/// The destination behind a transport and a nexthop. The services `error`, `retry` and `discard`
/// are decided here. A service whose program is lmtp becomes Lmtp. One whose program is smtp
/// becomes Remote, or, where local_agent passes it an explicit nexthop, Lmtp in the SMTP dialect
/// (without a look-up of MX records). Any other becomes Transport.
///
/// What cannot be used becomes Defer 4.3.0: a service that master.cf does not have, a nexthop that
/// names no server.
///
/// \param default_nexthop  where none is given: the recipient's domain; for local_agent the nexthop
///        that it was given itself
/// \see transport(5); error(8), discard(8), lmtp(8)
Destination destination_of(const Settings& settings, const TransportNexthop& target,
                           std::string_view default_nexthop,
                           PassedBy passed_by = PassedBy::queue_manager);

}  // namespace lastmile
