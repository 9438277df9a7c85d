#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

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
