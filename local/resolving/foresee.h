// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "local/resolving/run.h"

// What a trace for people says of a delivery beyond where it goes: that it cannot succeed as things
// are. The agents find the same out for themselves.

namespace lastmile {

/// What becomes of mail for a mailbox or a file at whose path something else stands: a directory, a
/// mailbox of another owner. One look at the file, as root would see it; what cannot be seen, or of
/// which a tree does not say whose it is, is not guessed.
std::optional<Destination> foreseen_failure(const Pass& pass, const Leaf& leaf);

/// Defers the recipients of pipe(8) services that take one alone and would get several: those of
/// one message, in commands of as many recipients as the queue manager allows.
void defer_shared_pipes(Run& run);

}  // namespace lastmile
