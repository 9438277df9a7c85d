// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "local/resolving/expansion.h"
#include "local/resolving/run.h"

// What was looked for and not found, in a trace for people.

namespace lastmile {

/// Forgets what was missed so far: what comes now is a question of its own.
void begin_misses(Run& run);

/// Adds a node for each parameter whose tables were asked in vain since begin_misses(), with the
/// keys; below it, where a key stands nevertheless.
/// \param outcome  whether the recipient ends here in a refusal, or is on its way still
enum class MissedSo { is_refused, goes_on };
void show_misses(Run& run, NodeId parent, MissedSo outcome);

/// Of a local recipient of whom nobody knows: the misses, and what else was asked or should have
/// been.
void explain_unknown(Agent& agent, NodeId parent, const Expansion& expansion);

}  // namespace lastmile
