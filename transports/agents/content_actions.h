// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transports/agents/tls_engine.h"

namespace lastmile {

/// What a header or a line of a body has become.
struct CheckedContent {
  std::string before = {};                  ///< A line that goes in front of it; empty: none.
  std::optional<std::string> content = {};  ///< nullopt: it is left out.
};

/// What is checked: the word of the log for it, the parameter that named the table, and the queue
/// ID of the message (may be empty).
struct CheckedPart {
  std::string_view where = {};  ///< "header" or "body".
  std::string_view parameter = {};
  std::string_view queue_id = {};
};

/// Does with `content` what a table of lmtp_header_checks or its kin has for it: DUNNO (or OK),
/// IGNORE, INFO, PREPEND, REPLACE, STRIP, WARN. What makes no sense is a warning, and nothing
/// changes.
///
/// \param action  "REPLACE Subject: changed"
/// \see postconf(5), smtp_header_checks; header_checks(5)
CheckedContent apply_check(const CheckedPart& part, std::string_view action,
                           std::string_view content, LogLines& log);

}  // namespace lastmile
