// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "transports/delivery_status.h"

namespace lastmile {

/// How `deliver` tells its caller what happened.
enum class ExitStyle { sysexits, qmail };

/// What became of one envelope recipient, over all destinations of its expansion.
struct RecipientVerdict {
  enum class Kind {
    delivered,  ///< At least one destination was reached, or nothing is left to do.
    deferred,   ///< At least one destination must be tried again.
    failed,     ///< Every destination failed for good.
  };
  Kind kind = Kind::deferred;
  EnhancedStatus code = "4.3.0"_dsn;  ///< Of the first failure.
};

/// Whether the MTA is to bring these recipients again: any of them is deferred, or in doubt, or
/// there is none at all.
bool comes_back(std::span<const RecipientVerdict> verdicts);

/// The exit status of `deliver`: 0 when every recipient was delivered, 75 when any must be tried
/// again, and 64, 65, 67, 69, 73, 77 (chosen by the enhanced status code of the first failure) only
/// when every recipient failed for good. When some were delivered and some failed, it is 0: the
/// failed ones have been reported to the sender. With ExitStyle::qmail 100 and 111.
/// \see sysexits(3); RFC 3463
int exit_status(std::span<const RecipientVerdict> verdicts, ExitStyle style);

}  // namespace lastmile
