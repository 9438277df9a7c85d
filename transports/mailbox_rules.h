// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "transports/configuration.h"
#include "transports/destination.h"
#include "transports/transport_destination.h"

namespace lastmile {

/// One answer of a rule, with the parameter or table line that gave it.
struct RuleAnswer {
  Destination destination = {};
  std::string parameter = {};  ///< "mailbox_transport".
  std::optional<SourcePos> source = {};
};

/// Whom a delivery agent looks for another service for.
struct LocalRequest {
  std::string_view user = {};     ///< The local part without extension, folded.
  std::string_view nexthop = {};  ///< What the agent was given: a service without one gets it.
};

/// What a table of transports and the parameter behind it say of a user: mailbox_transport_maps and
/// mailbox_transport, or the fallback pair.
/// \return nullopt when neither applies; an Error when a table could not answer
Result<std::optional<RuleAnswer>> choose_transport(Configuration& configuration, TableList& maps,
                                                   std::string_view maps_parameter,
                                                   const Setting<std::string>& parameter,
                                                   std::string_view parameter_name,
                                                   const LocalRequest& request);

/// The first half of MAILBOX DELIVERY, which asks no account: mailbox_transport_maps, then
/// mailbox_transport.
///
/// \return nullopt when neither applies; an Error when a table could not answer
/// \see local(8), MAILBOX DELIVERY
Result<std::optional<RuleAnswer>> choose_mailbox_transport(Configuration& configuration,
                                                           const LocalRequest& request);

/// The second half: mailbox_command_maps, mailbox_command, home_mailbox, mail_spool_directory, in
/// the order that Postfix has them (a spool directory with a trailing slash comes before a
/// home_mailbox without one).
///
/// \return an Error when a table could not answer
/// \see local(8), MAILBOX DELIVERY
Result<RuleAnswer> choose_mailbox(Configuration& configuration, const Account& account);

/// Why nothing is appended to what stands at a path.
struct MailboxRefusal {
  EnhancedStatus code = {};
  std::string text = {};
  std::string warning = {};  ///< For the administrator.
};

/// The code of what has none of its own: virtual(8) tries again what local(8) gives up.
EnhancedStatus unusable_mailbox(StoredBy stored_by);

MailboxRefusal not_a_regular_file(StoredBy stored_by, const std::string& path);
/// \see postconf(5), strict_mailbox_ownership
MailboxRefusal not_owned_by_recipient(const std::string& path);

/// What stands before the reason when a mailbox cannot be written to, and when a file cannot.
std::string mailbox_failure_prefix(const Mailbox& mailbox, const Address& recipient,
                                   const Settings& settings);
std::string file_failure_prefix(const File& file);

}  // namespace lastmile
