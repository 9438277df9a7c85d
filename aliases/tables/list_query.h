// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/tables/table_settings.h"

namespace lastmile {

/// The SQL that lists the keys of a table: the one that its settings declare, or else the one that
/// can be derived from its query.
/// \return nullopt where there is neither, or what is declared does not begin with SELECT
std::optional<std::string> list_query_of(const TableSettings& settings, std::string_view query);

/// How the keys of an LDAP table are listed: a filter, and the attribute that holds them.
struct LdapList {
  std::string filter = {};
  std::string attribute = {};
  friend bool operator==(const LdapList&, const LdapList&) = default;
};

/// The same for LDAP: `(mail=*) mail` is declared, or derived from a query_filter that has
/// `(mail=%s)` and no other escape: `(&(active=TRUE)(mail=%s))` gives `(&(active=TRUE)(mail=*))`.
std::optional<LdapList> ldap_list_of(const TableSettings& settings, std::string_view query_filter);

/// The SQL that lists the keys of a table, made from the `query` that looks one up:
///
///     SELECT goto FROM alias WHERE address = '%s' AND active = 1
///     SELECT DISTINCT address FROM alias WHERE active = 1
///
/// and `name || '@' || domain` where the query has `name = '%u' AND domain = '%d'`. Its rows are to
/// be looked up by the query itself: then a list may miss keys, and never invents one.
///
/// \return nullopt for every other query: one with OR, UNION, a function around the column, or an
///         escape elsewhere
std::optional<std::string> derive_list_query(std::string_view query);

}  // namespace lastmile
