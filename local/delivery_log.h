#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "local/trace.h"
#include "transports/delivery_status.h"
#include "transports/settings.h"

namespace lastmile {

/// One delivery attempt that reached a final state, as the log and `deliver --json` report it.
struct FinalStatus {
  std::string to = {};       ///< The address after expansion, external form.
  std::string orig_to = {};  ///< The envelope recipient when it differs; else empty.
  std::string agent = {};    ///< "local", "lmtp", "sendmail", "pipe", "error", "smtpd", ...
  DeliveryStatus status = {};
};

/// "sent", "deferred", "bounced".
std::string_view status_word(DeliveryStatus::Outcome outcome);

/// What a log line says of time, in seconds: all before this delivery, and the delivery itself.
struct DeliveryDelays {
  double before = 0;
  double transfer = 0;
};

/// Postfix's line, from the queue ID on:
/// `QUEUEID: to=<RCPT>, orig_to=<ORIG>, relay=R, delay=T, delays=a/b/c/d, dsn=X.Y.Z, status=WORD
/// (TEXT)`. Times have two significant digits and at most delay_logging_resolution_limit decimals.
/// Control characters are made visible.
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
};

}  // namespace lastmile
