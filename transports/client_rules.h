// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aliases/result.h"
#include "lmtpclient/endpoint.h"
#include "transports/settings.h"

namespace lastmile {

/// The headers that an lmtp(8) or smtp(8) service puts before the content: `flags=` of its line.
/// \see lmtp(8), flags
struct LmtpFlags {
  bool return_path = false;     ///< R
  bool original_to = false;     ///< O
  bool delivered_to = false;    ///< D
  bool final_delivery = false;  ///< X

  /// Whether a header names the recipient, so that no two may share a transaction.
  bool name_recipient() const { return original_to || delivered_to; }
};

/// \return misconfigured, naming the line, for a letter that there is not
Result<LmtpFlags> parse_lmtp_flags(const Service& line);

/// Those of a service; none where master.cf has no such service, or its line makes no sense.
LmtpFlags lmtp_flags(const Settings& settings, const std::string& service);

/// Why an lmtp(8) or smtp(8) service would not start: its line makes no sense, or a parameter that
/// is looked at first.
///
/// \return misconfigured, naming the parameter and its line
Result<Ok> check_client(const Settings& settings, const Service& line);

/// Why this client may not stand in for the service where it has to look up the name of a server:
/// lmtp_dns_reply_filter is set, and answers of the DNS cannot be filtered here. An address, a UNIX
/// socket and a name that the DNS is not asked for (lmtp_host_lookup = native) need none.
///
/// \return misconfigured, naming the parameter and its line
Result<Ok> check_names(const Settings& settings, const Service& line,
                       const lmtp::Endpoint& endpoint);

}  // namespace lastmile
