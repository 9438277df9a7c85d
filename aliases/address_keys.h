// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/address.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// One key by which an address is looked up.
struct AddressKey {
  /// What of the address the key holds.
  enum class Form {
    address,                    ///< `user+ext@domain`
    address_without_extension,  ///< `user@domain`
    local_part,                 ///< `user+ext`
    user,                       ///< `user`
    domain,                     ///< `@domain`
    domain_alone,               ///< `domain`
    parent_domain,              ///< `.parent` or `parent`
    anything,                   ///< `*`
  };

  std::string text = {};
  KeyUse use = KeyUse::whole;
  Form form = Form::address;
};

/// "user+ext@domain", "@domain": what `lookup --steps` shows beside a key.
std::string_view name_of(AddressKey::Form form);

/// Whether the domain of an address is one of this host's own, so that its local part alone is a
/// key as well.
enum class DomainKind { own, foreign };

/// The keys of an address, in the order in which canonical_maps, virtual_alias_maps,
/// local_recipient_maps and their kin are asked. Each stands in external form; where the internal
/// form differs it follows.
///
/// \see canonical(5), virtual(5), TABLE SEARCH ORDER
std::vector<AddressKey> address_keys(const Address& address, const ExtensionRules& rules,
                                     DomainKind kind);

/// How a domain stands for those below it: parent_domain_matches_subdomains.
enum class ParentKeys { with_dot, plain };

/// A domain and its parents, as far as they stand for it; nothing for an empty one.
/// \param parents  nullopt: they do not
std::vector<AddressKey> domain_keys(std::string_view domain, std::optional<ParentKeys> parents);

/// The keys by which transport_maps is asked: the address with and without its extension, its
/// domain, the parents of that, and `*`.
/// \see transport(5), TABLE SEARCH ORDER
std::vector<AddressKey> transport_keys(const Address& address, const ExtensionRules& rules,
                                       ParentKeys parents);

}  // namespace lastmile
