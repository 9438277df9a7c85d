// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "local/resolving/run.h"
#include "transports/delivery_macros.h"
#include "transports/envelope.h"

namespace lastmile {

/// What a recipient came out of. \see postconf(5), allow_mail_to_commands
enum class ExpansionType { none, alias, include, forward };

/// "alias", "include", "forward"; "" for none. The names that the parameters use.
std::string_view name_of(ExpansionType type);

/// What a branch of an expansion inherits. It travels by value: a child may change its own without
/// any effect on its siblings or its parent.
/// \see local(8)
struct Expansion {
  int level = 0;  ///< Steps entered so far, against endless nesting.
  Recipient recipient = {};
  Address sender = {};
  /// Who forwards the mail: an owner- alias or the recipient of an include (a full address), or the
  /// user of a .forward file (a bare name). Members that are someone else are submitted again.
  std::string owner = {};
  std::optional<Address> delivered = {};  ///< For Delivered-To:; unset until the first recipient.
  ExpansionType type = ExpansionType::none;
  std::string name = {};  ///< Key of the last alias, or local part that reached an include or file.
  std::optional<std::string> unmatched_extension = {};
  char delimiter = '\0';                    ///< The one that stood in the address.
  std::optional<Account> context = {};      ///< With whose rights; none: the system's (root).
  Shared<std::string> system_context = {};  ///< Why it is the system's: "FILE belongs to root".

  // The recipient's address taken apart, folded.
  std::string local_part = {};
  std::string user = {};  ///< Without extension.
  std::string domain = {};
  std::optional<std::string> extension = {};
};

/// What a delivery agent begins with.
Expansion expansion_of(const Pass& pass, const Recipient& recipient);

/// With which rights `|command` and `/file` are delivered: the user context, with the ids of
/// default_privs in place of root's.
/// \return an Error when default_privs names no usable account
Result<Rights> effect_rights(const Agent& agent, const std::optional<Account>& context);

/// Why default_privs stand in for what the branch has: "hash:/etc/aliases belongs to root"; empty
/// where they do not.
std::string reason_of_default_privileges(const Expansion& expansion);

/// With which rights include files are read: the user context, or root's.
Rights reading_rights(const std::optional<Account>& context);

/// The macros of forward_path, luser_relay and command_execution_directory.
DeliveryMacros delivery_macros(const Agent& agent, const Expansion& expansion,
                               const std::optional<Account>& account);

}  // namespace lastmile
