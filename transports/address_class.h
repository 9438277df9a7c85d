#pragma once

#include <string_view>

#include "aliases/result.h"
#include "transports/configuration.h"

namespace lastmile {

/// Which kind of domain an address has; the first that fits. \see ADDRESS_CLASS_README
enum class AddressClass { local, virtual_alias, virtual_mailbox, relay, other };

/// "local", "virtual alias", "virtual mailbox", "relay", "default".
std::string_view name_of(AddressClass address_class);

/// \return an Error when a table or file of a domain list could not answer
Result<AddressClass> classify_domain(Configuration& configuration, std::string_view domain);

/// Whether mail for `domain` is delivered on this host: mydestination, or an address literal of one
/// of its interfaces or proxy_interfaces. One trailing dot of the domain does not count.
Result<Match> is_local_domain(Configuration& configuration, std::string_view domain);

/// How the parent domains in a list or table are written.
/// \see postconf(5), parent_domain_matches_subdomains
MatchStyle parent_style(const Settings& settings, std::string_view parameter);

}  // namespace lastmile
