#pragma once

#include <span>

#include "local/delivering/deliver.h"
#include "transports/settings.h"

namespace lastmile {

/// Sends a report (RFC 3464) for every destination that failed for good, to the sender or to the
/// owner- alias, where the exit status cannot say it: while another destination or recipient was
/// reached, or when someone else than the sender is to be told. A recipient whose failures are
/// reported counts as delivered; one whose report cannot be sent is tried again. Nothing is sent to
/// the null sender and to double_bounce_sender, and nothing of a recipient with NOTIFY=NEVER.
///
/// With a record, a failure is settled when its report was accepted.
void report_failures(DeliveryResult& result, std::span<const Trace> traces,
                     const Envelope& envelope, const SpooledMessage& message,
                     const Settings& settings, const DeliveryTools& tools);

}  // namespace lastmile
