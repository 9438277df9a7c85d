// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "lmtpclient/enhanced_status.h"

namespace lastmile {

/// What became of one destination of one message; enough for the log line, the exit status
/// and the RFC 3464 report.
struct DeliveryStatus {
  enum class Outcome { delivered, deferred, bounced };

  Outcome outcome = Outcome::deferred;  ///< A status that nobody filled in means "try again".
  EnhancedStatus code = "4.3.0"_dsn;
  std::string text = {};                       ///< One line, printable: `delivered to mailbox`.
  std::optional<std::string> diagnostic = {};  ///< "smtp; 550 5.1.1 ..." or "x-unix; 67".
  std::optional<std::string> remote_mta = {};  ///< "dns; lmtp.example.com".
  std::string relay = {};  ///< For the log: "mail.example.com[/run/lmtp]"; empty: the agent's name.
  /// Deferred without knowing whether the message got through: a connection that was lost while the
  /// last reply was awaited, a delivery process that was killed.
  bool perhaps_delivered = false;
  /// For the log, what became of TLS: "may:none"; empty: nothing is said of it.
  std::string tls = {};
  bool soft_bounced = false;  ///< A failure for good that soft_bounce has made a deferral.
};

}  // namespace lastmile
