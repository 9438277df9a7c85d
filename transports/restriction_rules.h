// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transports/restriction_session.h"

namespace lastmile {

/// A restriction of smtpd(8), by its name.
struct RestrictionRule {
  enum class Argument : std::uint8_t { none, table, word };
  using Decide = Verdict (*)(RestrictionSession& session, const std::string& argument,
                             const RestrictionSession::Subject& subject);

  std::string_view name = {};
  Argument argument = Argument::none;
  Decide decide = nullptr;  ///< Null: it asks the network, and is not asked here.
};

/// \return null for a name that smtpd(8) does not know: a class, or a mistake
/// \see postconf(5), smtpd_client_restrictions to smtpd_recipient_restrictions
const RestrictionRule* find_restriction(std::string_view name);

/// Whether Postfix 3.9 and later have given it up. \see VersionRule::old_restrictions_gone
bool is_given_up_restriction(std::string_view name);

}  // namespace lastmile
