// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aliases/tables/table.h"

namespace lastmile {

/// The key as a table of fixed strings stores it: lower case, by Unicode when `policy.utf8` is on;
/// as it is when `policy.fold_key` is off.
///
/// \param buffer  holds the result where it differs from `key`
/// \return a view of `key` or of `buffer`
std::string_view stored_key(std::string_view key, const TablePolicy& policy, std::string& buffer);

/// Adds to a table what Postfix does for every type alike: a key is folded before the lookup
/// (unless the table is a pattern table), one that is not UTF-8 is not found, and a value that is
/// not UTF-8 is an error. A key with a NUL octet is not found: Postfix would cut it short and find
/// another address. A value ends at its first NUL octet, as in Postfix.
///
/// \see dict_open(3) in Postfix: DICT_FLAG_FOLD_FIX, DICT_FLAG_UTF8_REQUEST
std::unique_ptr<Table> with_key_rules(std::unique_ptr<Table> table, const TablePolicy& policy,
                                      bool is_pattern);

}  // namespace lastmile
