// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "local/delivering/deliver.h"

namespace lastmile {

/// How who has brought the message learns that all destinations of a recipient have failed.
enum class Told {
  by_one_status,  ///< Of all recipients together: an exit status.
  one_by_one,     ///< Each recipient has a reply of its own.
};

/// Sends a report (RFC 3464) for every destination that failed for good, to the sender or to the
/// owner- alias, where the exit status or the reply cannot say it: while another destination (or,
/// with one status for all, another recipient) was reached, or when someone else than the sender is
/// to be told. A recipient whose failures are
/// reported counts as delivered; one whose report cannot be sent is tried again. Nothing is sent to
/// the null sender and to double_bounce_sender, and nothing of a recipient with NOTIFY=NEVER.
///
/// With a record, a failure is settled when its report was accepted.
void report_failures(DeliveryResult& result, std::span<const Trace> traces,
                     const Envelope& envelope, const SpooledMessage& message, Told told,
                     const DeliveryTools& tools);

}  // namespace lastmile
