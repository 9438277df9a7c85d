// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lmtpclient/enhanced_status.h"

namespace lastmile {

/// What an LMTP server answers. \see RFC 5321 section 4.2; RFC 2034
struct ServerReply {
  int code = 451;
  EnhancedStatus status = "4.3.0"_dsn;
  std::string text = {};  ///< One line; what is not printable is shown as `?` or escaped.

  bool is_success() const { return code / 100 == 2; }
  friend bool operator==(const ServerReply&, const ServerReply&) = default;
};

/// The reply as it goes over the wire, with its line end; a long text has several lines of at most
/// 512 octets.
/// \param max_text  octets of the text, of which the beginning is said
std::string to_wire(const ServerReply& reply, std::size_t max_text = 2000);

/// The reply code that goes with an enhanced status: 452 and 552 where there is no room, 550 for
/// an address or a policy, else 250, 451 and 554. \see RFC 5248
int reply_code_for(EnhancedStatus status);

}  // namespace lastmile
