// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aliases/address.h"
#include "local/delivering/delivery_log.h"
#include "transports/settings.h"

namespace lastmile {

/// What a delivery status notification says.
struct BounceReport {
  Address report_to = {};  ///< Who gets it. Never null: a bounce is not bounced.
  std::vector<FinalStatus> failed = {};
  Address sender = {};  ///< Of the message that failed.
  std::string envelope_id = {};
  std::string queue_id = {};
  /// Header and body of the message that failed, or its header alone (RET=HDRS, or too large).
  std::string_view original = {};
  bool headers_only = false;
};

/// Composes the report: multipart/report with an explanation, message/delivery-status and the
/// original, header and body with LF line ends. Pure: date and boundary are arguments.
///
/// No text of a report begins a line, a header field or a part of its own: control characters are
/// made visible, and long texts are folded. The internationalized forms of RFC 6533 are used when
/// an address asks for them, and only then.
///
/// \param date  an RFC 5322 date, for Date: and Arrival-Date:
/// \param boundary  a string that occurs nowhere in the original
/// \see RFC 3464; RFC 3461 section 6; RFC 6522; bounce(5)
std::string compose_bounce(const BounceReport& report, const Settings& settings,
                           std::string_view date, std::string_view boundary);

}  // namespace lastmile
