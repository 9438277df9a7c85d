#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/address_keys.h"
#include "transports/configuration.h"

namespace lastmile {

/// What a table has for an address, and by which of its keys.
struct AddressHit {
  TableHit hit = {};
  std::string key = {};
  AddressKey::Form form = AddressKey::Form::address;
  /// The extension that the key does not account for; none when the address has none, or when the
  /// key holds it or keeps the whole local part (`@domain`).
  std::optional<std::string> unmatched_extension = {};
  char delimiter = '\0';

  /// The local part that a result `@domain` keeps.
  std::string kept_local_part(const Address& query) const;
};

/// Asks a list of tables for an address, by all its keys in order.
///
/// \return nullopt when there is none; an Error when a table, or the list of this host's own
///         domains, could not answer
/// \see canonical(5), virtual(5), TABLE SEARCH ORDER
Result<std::optional<AddressHit>> find_address(Configuration& configuration, TableList& tables,
                                               const Address& address);

}  // namespace lastmile
