// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "local/explaining/incident.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// The place of a trace that an incident tells of.
struct FoundAct {
  NodeId id = {};
  bool fails = false;   ///< The trace itself has the failure, with its text or its code.
  bool unseen = false;  ///< Nothing can be said about it from here.
  int score = 0;        ///< How well it fits.
};

/// Looks for the destination whose delivery a log line or a bounce reports: by the recipient, the
/// kind of agent, and the words of the status.
/// \return nullopt when the trace has none such
std::optional<FoundAct> find_act(const Trace& trace, const Incident& incident);

/// Whether two texts are the same address: the case of letters, quotes and octets that a log cannot
/// show do not count; a name without a domain is any address of that name.
bool is_same_address(const Address& address, std::string_view text);

}  // namespace lastmile
