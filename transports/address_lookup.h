// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Which forms of an address that needs quotes a pattern table is asked for. What rewrites
/// addresses (cleanup(8)) asks for the external one alone.
enum class PatternForms { both, external };

/// Whether a domain is one of this host's own for the keys of an address: myorigin, or one of
/// mydestination and its kin.
/// \return an Error when the list of this host's own domains could not answer
Result<DomainKind> domain_kind(Configuration& configuration, const std::string& domain);

/// Asks a list of tables for an address, by all its keys in order.
///
/// \return nullopt when there is none; an Error when a table, or the list of this host's own
///         domains, could not answer
/// \see canonical(5), virtual(5), TABLE SEARCH ORDER
Result<std::optional<AddressHit>> find_address(Configuration& configuration, TableList& tables,
                                               const Address& address,
                                               PatternForms forms = PatternForms::both);

/// The addresses that the value of an entry names, in canonical form: a value that begins
/// with '@' is one domain, for the local part of the query, and the unmatched extension goes onto
/// each where propagate_unmatched_extensions lists the kind of map. What would be a command, file
/// or include in an alias is an odd address here; `<>` alone is the null address. \param kind
/// "canonical", "virtual" or "generic"
std::vector<Address> mapped_addresses(Configuration& configuration, const Address& query,
                                      const AddressHit& found, std::string_view kind);

/// The Error for an entry whose value names no address.
Error no_address_in(const std::string& parameter, const AddressHit& found);

/// The line that gave the answer, or the table where no line is known.
SourcePos source_of(const TableHit& hit);

}  // namespace lastmile
