// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/address.h"
#include "aliases/macro.h"

namespace lastmile {

/// What `$user`, `$home`, `$extension` and the other names of a delivery stand for, in
/// forward_path, luser_relay, command_execution_directory.
/// \see local(8), forward_path; postconf(5), luser_relay
struct DeliveryMacros {
  std::string user = {};                      ///< Without extension, folded.
  std::string local = {};                     ///< With extension, folded.
  std::string domain = {};                    ///< Folded.
  std::string recipient = {};                 ///< External form, case as written.
  std::optional<std::string> extension = {};  ///< None and empty differ.
  std::string recipient_delimiter = {};       ///< The one found, else the first configured.
  std::optional<Account> account = {};        ///< For $home and $shell.

  /// For expand_macros(); each octet of a value that is not in `filter` becomes '_'. An empty
  /// filter lets everything pass. The DeliveryMacros must outlive the function.
  MacroLookup lookup(std::string_view filter) const;
};

}  // namespace lastmile
