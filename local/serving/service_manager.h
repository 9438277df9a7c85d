// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace lastmile {

/// The sockets that systemd(1) has opened for this process; they are its own from now on, and its
/// children know nothing of them. \see sd_listen_fds(3)
std::vector<int> take_activated_sockets();

/// Tells systemd(1) how this process stands: "READY=1", "STOPPING=1", "WATCHDOG=1". Does nothing
/// where nobody wants to know. \see sd_notify(3)
void notify_manager(std::string_view state);

/// How often it wants to hear "WATCHDOG=1": half of its limit; nullopt: not at all.
/// \see sd_watchdog_enabled(3)
std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace lastmile
