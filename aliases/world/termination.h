// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace lastmile {

/// Lets SIGTERM, SIGINT and SIGHUP end this process at once, with an exit status of its own instead
/// of the death by a signal: as long as nothing has been done, there is nothing to be put in order.
/// A signal that is ignored stays so. Children of run_as() find the default of every signal.
void end_at_once_when_asked(int exit_status);

/// From now on these signals are only remembered. What waits for something looks at
/// is_asked_to_end() and gives up, so that what was begun is taken back or written down. Whoever
/// does not come to an end within a few seconds is ended with the exit status.
void end_in_order_when_asked();

/// Whether one of these signals has come.
bool is_asked_to_end();

/// In a child: lets it be killed when its parent is. What it does is worth nothing without somebody
/// who knows of it, and the retry would do it again. To be called behind a change of rights, which
/// makes the kernel forget it.
/// \return false when the parent is gone already: the child has to end
bool die_with(pid_t parent);

}  // namespace lastmile
