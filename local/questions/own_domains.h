// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "local/questions/coverage.h"
#include "transports/address_class.h"
#include "transports/configuration.h"

namespace lastmile {

/// The domains whose mail is this host's business, by name, folded: what mydestination,
/// virtual_alias_domains, virtual_mailbox_domains and relay_domains name, with the class that each
/// has.
using OwnDomains = std::map<std::string, AddressClass, std::less<>>;

/// Lists them out of names, files and tables.
/// \param coverage  gets the tables that cannot be listed
OwnDomains find_own_domains(Configuration& configuration, Coverage& coverage);

/// The policy with which a table of a parameter is opened for being listed.
TablePolicy listing_policy(Configuration& configuration, const Parameter& parameter);

}  // namespace lastmile
