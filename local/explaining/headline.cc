// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "aliases/text.h"
#include "local/explaining/explainer.h"

namespace lastmile {
namespace {

/// What smtpd(8) or cleanup(8) did, in words: "is refused at RCPT".
std::string verb_of_rejection(const Incident& incident) {
  const std::string where = incident.stage.empty() ? "" : " at " + incident.stage;
  return incident.action == "milter-reject" ? "is refused by a milter" + where
         : incident.status == "deferred"    ? "is put off" + where
         : incident.status == "rejected"    ? "is refused" + where
                                            : "meets " + incident.action + where;
}

/// What became of a recipient, in words.
std::string verb_of_delivery(const Incident& incident) {
  return incident.status == "sent"       ? "was delivered"
         : incident.status == "bounced"  ? "bounced"
         : incident.status == "deferred" ? "waits"
         : incident.status == "hold"     ? "is on hold"
         : incident.status == "queued"   ? "is in the queue"
         : incident.status.empty()       ? "failed"
                                         : incident.status;
}

}  // namespace

std::string headline_of(const Explanation& explanation) {
  const Incident& incident = explanation.incident;
  std::string text = incident.queue_id.empty() ? "" : incident.queue_id + ": ";
  if (incident.kind == Incident::Kind::warning) {
    text += incident.program.empty() ? "" : incident.program + ": ";
    text += incident.status + ": " + incident.text;
  } else {
    const std::string& address = asked_address(incident);
    text += address.empty() ? "the message" : address;
    const bool is_rejection = incident.kind == Incident::Kind::rejection;
    text += ' ';
    text += is_rejection ? verb_of_rejection(incident) : verb_of_delivery(incident);
    if (explanation.destinations > 1 && incident.kind == Incident::Kind::delivery &&
        explanation.mark) {
      text += " at one of " + std::to_string(explanation.destinations) + " destinations";
    }
    if (!incident.text.empty()) {
      text += ": " + incident.text;
    }
  }
  if (incident.count > 1) {
    text += " (" + std::to_string(incident.count) + " times)";
  }
  return text;
}

}  // namespace lastmile
