// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "local/resolving/trace.h"

namespace lastmile {

/// What port 25 says of an address before anything is delivered, taken apart for outputs.
struct RecipientReply {
  std::string code = {};  ///< "550".
  std::string dsn = {};   ///< "5.1.1".
  std::string text = {};

  bool is_refusal() const { return code.starts_with('5'); }
  bool is_deferral() const { return code.starts_with('4'); }
  /// "550 5.1.1".
  std::string codes() const { return code + ' ' + dsn; }
};

/// The reply to RCPT that a trace has; nullopt when its stage has no RCPT.
std::optional<RecipientReply> recipient_reply(const Trace& trace);

}  // namespace lastmile
