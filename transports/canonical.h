// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aliases/address.h"
#include "transports/configuration.h"

namespace lastmile {

/// Whether an address of an envelope is the one that sends or one that receives.
enum class EnvelopeSide { sender, recipient };

/// One thing that changed an address, for a trace.
struct AddressChange {
  std::string cause = {};   ///< "recipient_canonical_maps info@example.com": parameter and key.
  std::string value = {};   ///< What stands there, or what was made of the address.
  bool is_warning = false;  ///< Nothing was changed: `cause` is all there is to say.
  std::optional<SourcePos> source = {};
};

/// An address after the canonical maps and masquerading.
struct CanonicalAddress {
  Address address = {};
  std::vector<AddressChange> changes = {};
};

/// Sends a rewritten address through sender_canonical_maps or recipient_canonical_maps, then
/// canonical_maps, then masquerade_domains, as far as the classes of each name this side of the
/// envelope. The null address stays as it is.
///
/// \return an Error when a table could not answer or named no address
/// \see canonical(5); postconf(5), masquerade_domains; cleanup(8)
Result<CanonicalAddress> canonical_address(Configuration& configuration, Address address,
                                           EnvelopeSide side);

/// Where a message comes from: another program or host, or the mail system itself.
enum class MessageOrigin { outside, mail_system };

/// Whether canonical maps, masquerading, blind copies and virtual aliases are asked for a message.
/// \see postconf(5), receive_override_options
bool maps_addresses(const Settings& settings, MessageOrigin origin);

/// The envelope sender as cleanup(8) keeps it: rewritten, null for the mail system's own address,
/// and in canonical form, unless maps_addresses() says no.
/// \param entry  the settings of the program that brings the message in
/// \return an Error as canonical_address()
Result<Address> canonical_sender(Configuration& configuration, const Settings& entry,
                                 const Address& sender, MessageOrigin origin);

}  // namespace lastmile
