// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "lmtpclient/enhanced_status.h"

namespace lastmile {

/// What smtpd(8) calls those whose addresses it refuses.
inline constexpr std::string_view kSenderAddress = "Sender address";
inline constexpr std::string_view kRecipientAddress = "Recipient address";

/// The status that is right for what is refused: one of recipients becomes that of senders, and one
/// of addresses says nothing of a client. \param what  "Sender address", "Client host" \see
/// src/smtpd/smtpd_dsn_fix.c
EnhancedStatus smtpd_status(EnhancedStatus status, std::string_view what);

}  // namespace lastmile
