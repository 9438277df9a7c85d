// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <variant>

#include "aliases/result.h"

namespace lastmile {

/// A UNIX-domain socket that is made, and removed at the end.
struct UnixListenAddress {
  std::string path = {};
  mode_t mode = 0600;
  std::string group = {};  ///< Whose it is; empty: that of the process.

  friend bool operator==(const UnixListenAddress&, const UnixListenAddress&) = default;
};

/// A TCP port.
struct InetListenAddress {
  std::string host = {};  ///< A name or an address without brackets; empty: the loopback addresses.
  std::string port = {};

  friend bool operator==(const InetListenAddress&, const InetListenAddress&) = default;
};

using ListenAddress = std::variant<UnixListenAddress, InetListenAddress>;

/// Reads `unix:PATH[,mode=0660][,group=NAME]` or `inet:[HOST:]PORT`, a host that has colons in
/// brackets. `inet:*:24` means all addresses.
/// \return malformed for anything else
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace lastmile
