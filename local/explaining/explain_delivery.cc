// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "aliases/text.h"
#include "local/explaining/explainer.h"
#include "local/formats/leaf_text.h"

namespace lastmile {
namespace {

constexpr std::string_view kChanged =
    "today's configuration does something else with this address; with --site FILE of that day, or "
    "with the sender (its line from=<...>), the reason may be seen";

/// The command that probes the server of a leaf, and the one that shows the whole way.
std::vector<std::string> further_commands(const Explanation& explanation, bool is_server) {
  const std::string address = asked_address(explanation.incident);
  std::vector<std::string> commands;
  if (is_server) {
    commands.push_back("lastmile probe " + address + "   asks the server, without a message");
  }
  if (explanation.destinations > 1) {
    commands.push_back("lastmile trace " + address + "   shows all destinations");
  }
  if (!explanation.rule.empty()) {
    commands.push_back("lastmile check --explain " + explanation.rule);
  }
  return commands;
}

/// What an expired message says (qmgr): the reason stands in the lines before.
bool is_expired(const Incident& incident) {
  return incident.status == "expired" || incident.status == "force-expired";
}

void take_known(Explanation& explanation, const KnownText* known) {
  if (known == nullptr) {
    return;
  }
  explanation.meaning = known->meaning;
  explanation.mend = explanation.mend.empty() ? known->mend : explanation.mend;
}

/// What a known failure means where the trace has none: it is decided at the end of the way, or was
/// decided by what is not so any more.
void judge_known(Explanation& explanation, const KnownText& known) {
  switch (known.origin) {
    case TextOrigin::configuration:
    case TextOrigin::restriction:
      explanation.verdict = ExplanationVerdict::changed;
      explanation.meaning = std::string(kChanged);
      return;
    case TextOrigin::other_host:
      explanation.verdict = ExplanationVerdict::elsewhere;
      return;
    case TextOrigin::effect:
    case TextOrigin::message:
      explanation.verdict = ExplanationVerdict::explained;
      return;
  }
}

/// Where the mail of a trace is handed to a content filter, for who delivers to one.
std::optional<NodeId> filter_for(const Incident& incident, const Trace& trace) {
  const bool may_be = incident.program == "smtp" || incident.program == "lmtp" ||
                      incident.program == "pipe" || incident.program.empty();
  for (NodeId id = trace.root(); may_be && id < trace.end_of(trace.root()); id = next_of(id)) {
    if (trace.step(id) == Step::content_filter) {
      return id;
    }
  }
  return std::nullopt;
}

/// The trace could not be decided: its own words say why.
std::string undecided_reason(const Trace& trace) {
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    if (const auto* deferred = std::get_if<Defer>(&leaf.destination)) {
      const LeafText words = describe(leaf);
      return deferred->unseen ? words.target : words.text;
    }
  }
  return "";
}

}  // namespace

void Explainer::explain_delivery(Explanation& explanation) {
  const Incident& incident = explanation.incident;
  if (is_expired(incident)) {
    explanation.verdict = ExplanationVerdict::explained;
    explanation.meaning =
        "the message has waited as long as maximal_queue_lifetime (of a bounce: "
        "bounce_queue_lifetime) allows; the lines with status=deferred before it say why it waited";
    explanation.source = view_.place("maximal_queue_lifetime");
    explanation.parameter = "maximal_queue_lifetime";
    return;
  }
  if (incident.status == "queued" || incident.status == "hold") {
    explanation.verdict = ExplanationVerdict::explained;
    explanation.meaning = incident.status == "hold"
                              ? "somebody or something has put it on hold: postsuper -H releases it"
                              : "it has not been tried yet";
    return;
  }
  std::optional<Trace> trace = asked_address(incident).empty() ? std::nullopt : trace_of(incident);
  if (!trace) {
    const KnownText* known = find_known_status(incident.text);
    const bool is_of_message = known != nullptr && known->origin == TextOrigin::message;
    explanation.verdict =
        is_of_message ? ExplanationVerdict::explained : ExplanationVerdict::unknown;
    explanation.meaning = is_of_message ? std::string(known->meaning)
                                        : "the line names no address that could be traced";
    return;
  }
  const auto act = find_act(*trace, incident);
  if (act && !act->unseen) {
    explain_found(explanation, *trace, *act);
  } else if (const auto filter = filter_for(incident, *trace)) {
    explain_filter(explanation, *trace, *filter);
  } else {
    explain_not_found(explanation, *std::move(trace));
  }
}

void Explainer::explain_found(Explanation& explanation, const Trace& trace, const FoundAct& act) {
  const Incident& incident = explanation.incident;
  show_way(explanation, trace, act.id);
  say_who_is_told(explanation, trace, act.id);
  const KnownText* known = find_known_status(incident.text);
  const bool is_success = incident.status == "sent";
  const std::string_view kind = kind_of(trace.leaf(act.id).destination);
  const bool is_server = kind == "lmtp" || kind == "remote" || kind == "transport";
  explanation.next = further_commands(explanation, is_server && !is_success);
  if (is_success || act.fails) {
    explanation.verdict = ExplanationVerdict::explained;
  } else if (known != nullptr) {
    judge_known(explanation, *known);
  } else if (kind == "command" || kind == "pipe") {
    explanation.verdict = ExplanationVerdict::explained;
    explanation.meaning = "the text comes from the command: it printed a code and its reason";
  } else if (is_server && !incident.remote_mta.empty()) {
    explanation.verdict = ExplanationVerdict::elsewhere;
    explanation.meaning = "this is the answer of " + incident.remote_mta + ", not of this host";
  } else {
    explanation.meaning = "the way leads to where this happened, and the text is not known";
  }
  if (!is_success && explanation.verdict != ExplanationVerdict::changed) {
    take_known(explanation, known);
    name_rule(explanation, known == nullptr ? "" : known->rules);
  }
}

void Explainer::explain_filter(Explanation& explanation, const Trace& trace, NodeId id) {
  const KnownText* known = find_known_status(explanation.incident.text);
  show_way(explanation, trace, id);
  explanation.verdict = known != nullptr && known->origin == TextOrigin::other_host
                            ? ExplanationVerdict::elsewhere
                            : ExplanationVerdict::explained;
  take_known(explanation, known);
  explanation.meaning += explanation.meaning.empty() ? "" : "; ";
  explanation.meaning += "this is the content filter, which gives the mail back";
  name_rule(explanation, known == nullptr ? "" : known->rules);
}

/// What decides by the message itself, which a line of the log does not show.
std::string Explainer::deciders_by_content() const {
  std::string found;
  for (const std::string_view parameter :
       {"header_checks", "body_checks", "mime_header_checks", "nested_header_checks",
        "smtpd_milters", "non_smtpd_milters"}) {
    if (!view_.value(parameter).empty()) {
      found.append(found.empty() ? "" : ", ").append(parameter);
    }
  }
  return found;
}

void Explainer::explain_not_found(Explanation& explanation, Trace trace) {
  const Incident& incident = explanation.incident;
  const std::string reason = undecided_reason(trace);
  explanation.destinations = trace.leaves().size();
  explanation.way = std::move(trace);
  const KnownText* known = find_known_status(incident.text);
  if (known != nullptr && known->origin == TextOrigin::message) {
    explanation.verdict = ExplanationVerdict::explained;
    take_known(explanation, known);
  } else if (!reason.empty()) {
    explanation.meaning = "where the address leads cannot be seen from here: " + reason;
  } else if (const std::string deciders = deciders_by_content(); !deciders.empty()) {
    explanation.meaning = "the address does not lead there by itself; " + deciders +
                          " may have decided it by the message";
  } else if (incident.status != "sent" && incident.dsn.empty() && incident.text.empty()) {
    explanation.meaning = "the line does not say why";
  } else {
    explanation.verdict = ExplanationVerdict::changed;
    explanation.meaning = std::string(kChanged);
  }
  name_rule(explanation, known == nullptr ? "" : known->rules);
  explanation.next = further_commands(explanation, false);
}

}  // namespace lastmile
