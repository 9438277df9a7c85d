// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "transports/delivery_status.h"
#include "transports/settings.h"

namespace lastmile {

/// One delivery attempt that reached a final state, as the log and `deliver --json` report it.
struct FinalStatus {
  std::string to = {};       ///< The address after expansion, external form.
  std::string orig_to = {};  ///< The envelope recipient; empty below an owner- alias.
  std::string agent = {};    ///< "local", "lmtp", "sendmail", "pipe", "error", "smtpd", ...
  DeliveryStatus status = {};
  std::string orcpt = {};    ///< "rfc822;alice@example.com", when the sender gave one.
  bool is_repeated = false;  ///< An earlier attempt has done it, as the ledger knows.
};

/// "sent", "deferred", "bounced"; "SOFTBOUNCE" for a failure that soft_bounce defers.
std::string_view status_word(const DeliveryStatus& status);

/// The code that is reported: X.0.0 in place of one whose class is not that of the outcome.
EnhancedStatus reported_code(const DeliveryStatus& status);

/// The envelope recipient where it is another one than the recipient, in whatever case; else empty.
std::string_view other_original_of(const FinalStatus& status);

/// What `relay=` shows: the relay of the status, or the agent where there is none.
std::string_view relay_of(const FinalStatus& status);

/// What a log line says of time, in seconds: all before this delivery, and the delivery itself.
struct DeliveryDelays {
  double before = 0;
  double transfer = 0;
};

/// Postfix's line, from the queue ID on:
/// `QUEUEID: to=<RCPT>, orig_to=<ORIG>, relay=R, delay=T, delays=a/b/c/d, dsn=X.Y.Z, status=WORD
/// (TEXT)`. Times have two significant digits and at most delay_logging_resolution_limit decimals.
/// Control characters are made visible.
/// \param queue_id  empty: NOQUEUE
/// \param resolution_limit  decimals; 0 to 6. \see postconf(5), delay_logging_resolution_limit
std::string format_log_line(const FinalStatus& status, std::string_view queue_id,
                            const DeliveryDelays& delays, long resolution_limit);

/// Where delivery statuses and warnings are reported.
class DeliveryLog {
 public:
  DeliveryLog() = default;
  DeliveryLog(const DeliveryLog&) = delete;
  DeliveryLog& operator=(const DeliveryLog&) = delete;
  virtual ~DeliveryLog() = default;

  virtual void record(const FinalStatus& status, const DeliveryDelays& delays) = 0;
  virtual void warn(std::string_view text) = 0;
  /// What a service has to say that is no fault; a log may leave it out.
  virtual void note(std::string_view /*service*/, std::string_view /*text*/) {}
};

/// The log that lastmile_log asks for: "syslog" (ident `$syslog_name/local` with the syslog_name of
/// the service that speaks, facility $syslog_facility), "stderr", or the absolute path of a file,
/// which is made with mode 0600 when it does not exist and must be a regular file. Lines for stderr
/// and for a file begin as a syslog daemon's do; with lastmile_log_format = json each is an object
/// of its own. Addresses are shown as info_log_address_format says.
///
/// \param err  must outlive the log. What a file does not take goes to syslog
/// \return misconfigured for a value that is none of these; unavailable when the file cannot be
///         opened. Neither is a reason not to deliver: open_mail_log() always succeeds
Result<std::unique_ptr<DeliveryLog>> open_delivery_log(const Settings& settings,
                                                       std::string queue_id, std::ostream& err);

/// The log that the configuration asks for; syslog, with a word about it, where that one cannot be
/// had. Standard error is for what the MTA is to put into a bounce: a word there makes some take a
/// delivery for failed.
std::unique_ptr<DeliveryLog> open_delivery_log_or_syslog(const Settings& settings,
                                                         const std::string& queue_id,
                                                         std::ostream& err);

/// The mail log of syslog whatever lastmile_log and syslog_facility say.
std::unique_ptr<DeliveryLog> open_mail_log(const Settings& settings, std::string queue_id);

}  // namespace lastmile
