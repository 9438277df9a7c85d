// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "local/resolving/resolve.h"
#include "transports/agents/spooled_message.h"
#include "transports/settings.h"

namespace lastmile {

/// How the content of a message is taken that enters the mail system at `stage`.
///
/// At Stage::local it has been through cleanup(8) and is kept as it is. In the others it comes in
/// now: sendmail(1), or smtpd(8), and cleanup(8) settle what carriage returns are.
ContentRules content_rules(Stage stage, const Settings& settings);

/// What header_checks and its kin look at: nothing where an MTA has routed the message.
/// \return unavailable when the message cannot be read
Result<std::shared_ptr<const std::string>> checked_content(const SpooledMessage& message,
                                                           Stage stage);

}  // namespace lastmile
