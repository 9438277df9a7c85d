#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/address.h"
#include "transports/address_class.h"
#include "transports/configuration.h"
#include "transports/destination.h"

namespace lastmile {

/// "lmtp:unix:/run/lmtp" taken apart at its first colon.
struct TransportNexthop {
  std::string transport = {};
  std::string nexthop = {};
};
TransportNexthop split_transport(std::string_view text);

/// What the address resolver answers for one recipient.
struct Route {
  std::string transport = {};
  std::string nexthop = {};
  Address recipient = {};  ///< After the routing operators of a local domain were undone.
  AddressClass address_class = AddressClass::other;
  bool valid = true;  ///< False: `bad address syntax`; nothing else is meaningful then.
  std::string parameter = {};             ///< What decided: "local_transport", "transport_maps".
  std::optional<SourcePos> source = {};   ///< The line of it.
};

/// Resolves an address to a transport and a nexthop, as trivial-rewrite(8) does for the queue
/// manager and for local(8): stripping of local domains, address class, the transport of that
/// class, transport_maps, relocated_maps.
///
/// \return an Error when a table could not answer (Postfix: `address resolver failure`)
/// \see trivial-rewrite(8); transport(5)
Result<Route> route_address(Configuration& configuration, const Address& address);

/// The destination behind a transport and a nexthop: `error`, `retry` and `discard` are decided
/// here, a service whose program is lmtp becomes Lmtp, one whose program is smtp Remote, any other
/// Transport.
///
/// \param recipient_domain  the nexthop where none is given
Destination destination_of(const Settings& settings, const TransportNexthop& target,
                           std::string_view recipient_domain);

}  // namespace lastmile
