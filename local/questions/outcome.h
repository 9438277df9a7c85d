// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/formats/leaf_text.h"
#include "local/formats/recipient_reply.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// One destination of an address, and the line that decided on it.
struct Landing {
  LeafText words = {};
  std::optional<SourcePos> source = {};
  bool is_delivered() const {
    return words.kind != "bounce" && words.kind != "defer" && words.kind != "unknown";
  }
  bool is_undecided() const { return words.kind == "defer" || words.kind == "unknown"; }
  bool takes_recipient = false;  ///< needs_recipient()
};

/// What became of an address as a whole.
enum class Fate { lands, partly, fails, undecided };

/// "lands", "partly", "fails", "undecided".
std::string_view fate_name(Fate fate);

/// What is left of a trace when its tree is forgotten.
struct Outcome {
  std::string address = {};  ///< External form.
  std::optional<RecipientReply> reply = {};
  std::optional<SourcePos> reply_source = {};
  std::vector<Landing> landings = {};

  /// Undecided when a destination, or the reply, could not be decided; `fails` also for an address
  /// that lands nowhere.
  Fate fate() const;
  /// Why it is undecided: the text of what did not answer; empty when it is not.
  std::string reason() const;
};

Outcome outcome_of(const Trace& trace);

/// As people write a destination: `lmtp:unix:/run/lmtp alice@example.com`.
std::string written_form(const Landing& landing);

}  // namespace lastmile
