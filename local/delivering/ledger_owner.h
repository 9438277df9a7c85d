// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// The process that holds a claim, told from all others: also from one that gets its process ID
/// later, after a reboot, or in another container.
struct LedgerOwner {
  std::string host = {};
  std::string boot = {};       ///< Changes with every start of the kernel.
  std::string pid_space = {};  ///< The PID namespace in which `pid` counts.
  long pid = 0;
  std::string started = {};  ///< Clock ticks after the boot.

  friend bool operator==(const LedgerOwner&, const LedgerOwner&) = default;
};

/// This process.
LedgerOwner this_process();

/// One line of text, and back. \return nullopt for a text that names no process
std::string to_string(const LedgerOwner& owner);
std::optional<LedgerOwner> parse_owner(std::string_view text);

enum class Life { over, perhaps };

/// Whether a process is known to have ended. One of another host, or of another PID namespace,
/// cannot be asked.
Life life_of(const LedgerOwner& owner);

}  // namespace lastmile
