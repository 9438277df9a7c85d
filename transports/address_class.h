// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "transports/configuration.h"

namespace lastmile {

/// Which kind of domain an address has; the first that fits. \see ADDRESS_CLASS_README
enum class AddressClass { local, virtual_alias, virtual_mailbox, relay, other };

/// "local", "virtual alias", "virtual mailbox", "relay", "default".
std::string_view name_of(AddressClass address_class);

/// \return an Error when a table or file of a domain list could not answer
Result<AddressClass> classify_domain(Configuration& configuration, std::string_view domain);

/// The warnings that a domain of one class is listed for others, too: "do not list domain x in BOTH
/// mydestination and virtual_alias_domains". A list that cannot answer says nothing here.
/// \see trivial-rewrite(8), helpful_warnings
std::vector<std::string> double_listings(Configuration& configuration, std::string_view domain,
                                         AddressClass address_class);

/// Whether mail for `domain` is delivered on this host: mydestination, or an address literal of one
/// of its interfaces or proxy_interfaces. One trailing dot of the domain does not count.
Result<Match> is_local_domain(Configuration& configuration, std::string_view domain);

/// Whether an address in canonical form is one on which this host receives mail.
/// \return an Error when the interfaces cannot be seen
/// \see postconf(5), inet_interfaces, proxy_interfaces
Result<Match> is_own_address(const std::string& address, const Settings& settings, World& world);

/// How the parent domains in a list or table are written.
/// \see postconf(5), parent_domain_matches_subdomains
MatchStyle parent_style(const Settings& settings, std::string_view parameter);

}  // namespace lastmile
