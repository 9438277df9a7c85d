// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/address.h"
#include "transports/address_class.h"
#include "transports/canonical.h"
#include "transports/configuration.h"
#include "transports/transport_destination.h"

namespace lastmile {

/// What the address resolver answers for one recipient.
struct Route {
  std::string transport = {};
  std::string nexthop = {};
  /// What undid routing operators, such as resolve_dequoted_address, and what it made of the
  /// address.
  std::vector<AddressChange> changes = {};
  Address recipient = {};  ///< After the routing operators of a local domain were undone.
  AddressClass address_class = AddressClass::other;
  std::string class_reason = {};               ///< "example.com is in mydestination".
  std::optional<SourcePos> class_source = {};  ///< The line that says so.
  /// The entry of transport_maps or relocated_maps that decided: "transport_maps *" and its value;
  /// empty when none did.
  std::pair<std::string, std::string> entry = {};
  /// The classes that list the domain as well: "do not list domain ... in BOTH ...".
  std::vector<std::string> warnings = {};
  bool valid = true;           ///< False: `bad address syntax`; nothing else is meaningful then.
  std::string parameter = {};  ///< What decided: "local_transport", "transport_maps".
  std::optional<SourcePos> source = {};  ///< The line of it.
};

/// Resolves an address to a transport and a nexthop, as trivial-rewrite(8) does for the queue
/// manager and for local(8): stripping of local domains, address class, the transport of that
/// class, transport_maps, relocated_maps.
///
/// \param sender  the envelope sender, on which relayhost and default_transport may depend
/// \return an Error when a table could not answer (Postfix: `address resolver failure`)
/// \see trivial-rewrite(8); transport(5)
Result<Route> route_address(Configuration& configuration, const Address& address,
                            const Address& sender);

/// The recipient of an address that route_address() has no answer for: without the routing
/// operators of local domains, as trivial-rewrite(8) tells the queue manager also when a table
/// fails that it asks later; the address itself when even that cannot be said.
Address stripped_recipient(Configuration& configuration, const Address& address);

}  // namespace lastmile
