// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// Where comsat(8) listens. \see services(5), biff
constexpr std::uint16_t kBiffPort = 512;

/// Tells comsat(8) on this host that a mailbox has grown: one datagram, which never waits and may
/// get lost.
///
/// \param login   whose mailbox it is
/// \param offset  where the new message begins in it
/// \return a warning when the datagram could not be sent
/// \see postconf(5), biff
std::optional<std::string> send_biff(std::string_view login, std::int64_t offset,
                                     std::uint16_t port = kBiffPort);

}  // namespace lastmile
