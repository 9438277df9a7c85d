// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aliases/address.h"
#include "aliases/address_keys.h"
#include "transports/configuration.h"
#include "transports/parameter_catalogue.h"

namespace lastmile {

/// What the tables of one parameter forbid, and how they fold keys: the policy that they are opened
/// with in a Configuration.
TablePolicy policy_for(const Parameter& parameter, TablePolicy policy);

/// Whether a pattern of a list stands for what is below it, too; `exact` for what is no such list.
MatchStyle match_style(const Settings& settings, const Parameter& parameter);

/// The keys by which the tables of a parameter are asked for an address, in order. Local(8) asks
/// for folded ones; the tables of users alone are never asked for an extension.
/// \return an Error when the list of this host's own domains could not answer
Result<std::vector<AddressKey>> keys_for(Configuration& configuration, const Parameter& parameter,
                                         const Address& address);

/// The inverse: the addresses, known from a key, that would be asked for with it. A key that holds
/// a local part alone stands for that name in myorigin and in each domain that mydestination
/// names. One for whole domains (`@domain`, `domain`, `*`) stands for no address that could be
/// told, and so does what is no key of addresses at all.
std::vector<Address> addresses_asked_with(const Settings& settings, KeyOrder order,
                                          std::string_view key);

}  // namespace lastmile
