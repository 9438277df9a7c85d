// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "transports/configuration.h"
#include "transports/restrictions.h"
#include "transports/transport_rules.h"

namespace lastmile {

/// What smtpd(8) would answer to RCPT TO for a recipient.
struct RecipientCheck {
  int reply_code = 250;
  EnhancedStatus status = "2.1.5"_dsn;
  /// "<nobody@example.com>: Recipient address rejected: User unknown in ..."; or "Ok".
  std::string text = {};
  /// The parameter: "local_recipient_maps", "virtual_alias_maps"; for a 451 reply, why.
  std::string decided_by = {};
  std::string key = {};  ///< Of the table that `decided_by` names; empty: no entry decided.
  std::optional<SourcePos> source = {};
  std::vector<RestrictionStep> steps = {};  ///< The restrictions that were read.
  /// Those that were not asked, of which each might have decided in another way.
  std::vector<std::string> unless = {};
  MessageActions actions = {};  ///< For a message that is taken.
};

/// "550 5.1.1 <nobody@example.com>: Recipient address rejected: ...": one line, as the client has
/// it.
std::string to_string(const RecipientCheck& check);

/// The answer to what is no address.
RecipientCheck bad_recipient_syntax();

/// The answer, in effect, of an smtpd(8) that cannot start: the client finds nobody there.
RecipientCheck no_smtpd(const Error& failure);

/// A total function: a table that cannot answer gives a 451 reply.
/// \param session  with the addresses as they were given, not yet rewritten
/// \see SMTPD_ACCESS_README
RecipientCheck check_recipient(Configuration& configuration, const SmtpSession& session);

/// On which side of an envelope an address stands.
enum class ListedAs { sender, recipient };

/// What reject_unlisted_recipient or reject_unlisted_sender says of an address: a code below 400
/// when the tables of its class list it.
/// \param route  of the address
/// \see LOCAL_RECIPIENT_README
RecipientCheck check_listing(Configuration& configuration, const Address& address,
                             const Result<Route>& route, ListedAs side);

}  // namespace lastmile
