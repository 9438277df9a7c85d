// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "transports/delivery_status.h"

namespace lastmile {

/// The enhanced status code of a failed operation on a mailbox, a maildir or a file.
///
/// \param otherwise  for an errno that has no code of its own: 5.2.0 while opening, creating and
///                   linking, 5.3.0 while writing
///
/// What says something of the machine and nothing of the message or the mailbox is a deferral: a
/// disk that fails or is mounted read-only, no memory, no descriptors. EFBIG, too: what exceeds
/// mailbox_size_limit is found without the system, and is 5.2.2.
/// \see local(8), DIAGNOSTICS; RFC 3463 section 3.3
EnhancedStatus status_of_errno(int error, EnhancedStatus otherwise);

/// The C library's text of an errno: "Permission denied".
std::string error_text(int error);

/// A status whose outcome is that of its class: delivered, deferred or bounced.
DeliveryStatus status_with(EnhancedStatus code, std::string text);

/// 4.3.0 for a delivery process that ended in a way that leaves open what it has done.
DeliveryStatus uncertain_status(std::string text);

}  // namespace lastmile
