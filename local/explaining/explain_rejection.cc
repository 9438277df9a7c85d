// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "aliases/text.h"
#include "local/explaining/explainer.h"
#include "local/formats/recipient_reply.h"

namespace lastmile {
namespace {

bool is_content_stage(std::string_view stage) {
  return stage == "header" || stage == "body" || stage == "nested" || stage == "mime-header" ||
         stage == "nested-header";
}

/// The node of the trace that has the answer to RCPT.
std::optional<NodeId> answer_of(const Trace& trace) {
  for (const NodeId id : trace.children(trace.root())) {
    if (trace.step(id) == Step::recipient_check) {
      return id;
    }
  }
  return std::nullopt;
}

/// The restrictions before the answer that ask others, and are not asked here: "A, B".
std::string not_asked_before(const Trace& trace, std::optional<NodeId> answer) {
  std::string names;
  if (!answer) {
    return names;
  }
  for (const NodeId id : trace.children(*answer)) {
    const TraceNode node = trace.node(id);
    if (node.step == Step::restriction && node.subject == "not asked") {
      names += (names.empty() ? "" : ", ") + std::string(node.detail);
    }
  }
  return names;
}

bool is_of_configuration(const KnownText& known) {
  return known.origin == TextOrigin::configuration || known.origin == TextOrigin::restriction;
}

/// What restrictions may have answered that ask others. Words of its own are what a policy server
/// has; whatever else is not asked has texts that are known.
void judge_unasked(Explanation& explanation, const RecipientReply& reply,
                   const std::string& unasked) {
  const bool has_policy = unasked.find("check_policy_service") != std::string::npos;
  explanation.verdict = has_policy ? ExplanationVerdict::elsewhere : ExplanationVerdict::unknown;
  explanation.meaning = "what is known here answers " + reply.codes() +
                        "; not asked, and able to answer so: " + unasked;
  explanation.mend = has_policy ? "look into the log of the policy server" : "";
}

/// Where mail for the address would go; empty where it would go nowhere.
std::string landing_of(const Trace& trace) {
  for (const NodeId id : trace.leaves()) {
    const Destination& destination = trace.leaf(id).destination;
    if (kind_of(destination) != "bounce" && kind_of(destination) != "defer") {
      return to_string(destination);
    }
  }
  return "";
}

void take_known_text(Explanation& explanation, const KnownText* known) {
  if (known != nullptr) {
    explanation.meaning = known->meaning;
    explanation.mend = known->mend;
  }
}

/// The words of a reply without the address at their beginning: `<x>: User unknown`.
std::string_view reason_in(std::string_view reply) {
  const std::size_t end = reply.starts_with('<') ? reply.find(">: ") : std::string_view::npos;
  return end == std::string_view::npos ? reply : reply.substr(end + 3);
}

}  // namespace

void Explainer::explain_rejection(Explanation& explanation) {
  const Incident& incident = explanation.incident;
  explanation.told = "the client alone: what it makes of the answer is its affair";
  if (incident.action.starts_with("milter")) {
    explanation.verdict = ExplanationVerdict::elsewhere;
    explanation.meaning = "a milter decided it (smtpd_milters, non_smtpd_milters): ask its log";
    explanation.source = view_.place("smtpd_milters");
    explanation.parameter = "smtpd_milters";
    return;
  }
  if (is_content_stage(incident.stage)) {
    explain_content_check(explanation);
    return;
  }
  const std::optional<Trace> trace =
      asked_address(incident).empty() ? std::nullopt : trace_of(incident);
  if (trace) {
    explain_answer(explanation, *trace);
    return;
  }
  const KnownText* known = find_known_status(incident.text);
  take_known_text(explanation, known);
  if (known != nullptr) {
    explanation.verdict = known->origin == TextOrigin::other_host ? ExplanationVerdict::elsewhere
                                                                  : ExplanationVerdict::explained;
    name_rule(explanation, known->rules);
  } else {
    explanation.meaning = "the client had named no recipient yet";
  }
}

void Explainer::explain_answer(Explanation& explanation, const Trace& trace) {
  const Incident& incident = explanation.incident;
  const auto answer = answer_of(trace);
  const auto reply = recipient_reply(trace);
  const KnownText* known = find_known_status(incident.text);
  const bool is_same =
      reply && reply->code == incident.code &&
      (reply->dsn == incident.dsn || reason_in(reply->text) == reason_in(incident.text));
  const std::string unasked = not_asked_before(trace, answer);
  const bool may_be_policy = known == nullptr || known->origin == TextOrigin::restriction;
  show_way(explanation, trace, answer.value_or(trace.root()));
  if (!is_same) {
    explanation.mark = std::nullopt;  // Another answer than that of the incident.
  }
  if (is_same) {
    explanation.verdict = ExplanationVerdict::explained;
  } else if (known != nullptr && !is_of_configuration(*known)) {
    explanation.verdict = known->origin == TextOrigin::other_host ? ExplanationVerdict::elsewhere
                                                                  : ExplanationVerdict::explained;
  } else if (reply && reply->is_deferral()) {
    explanation.meaning = "what smtpd would answer cannot be seen from here: " + reply->text;
    return;
  } else if (reply && may_be_policy && !unasked.empty()) {
    judge_unasked(explanation, *reply, unasked);
    return;
  } else if (incident.stage == "RCPT" && reply) {
    explanation.verdict = ExplanationVerdict::changed;
    explanation.meaning = "today's configuration answers " + reply->codes() + ' ' + reply->text;
    explanation.next.push_back("lastmile trace -v " + asked_address(incident) +
                               " --client ... shows each restriction");
    return;
  } else {
    explanation.meaning = "what is asked at " + incident.stage + " is not traced";
  }
  take_known_text(explanation, known);
  name_rule(explanation, known == nullptr ? "" : known->rules);
  if (const std::string landing = landing_of(trace);
      !landing.empty() && explanation.verdict == ExplanationVerdict::explained &&
      incident.code != "250") {
    explanation.meaning += explanation.meaning.empty() ? "" : "; ";
    explanation.meaning += "delivery would reach " + landing;
    explanation.next.push_back(
        "lastmile check --all-addresses   finds all that is refused and would land");
  }
}

void Explainer::explain_content_check(Explanation& explanation) {
  const Incident& incident = explanation.incident;
  const std::string parameter = incident.stage == "body"          ? "body_checks"
                                : incident.stage == "header"      ? "header_checks"
                                : incident.stage == "mime-header" ? "mime_header_checks"
                                                                  : "nested_header_checks";
  explanation.parameter = parameter;
  explanation.source = view_.place(parameter);
  if (view_.value(parameter).empty()) {
    explanation.verdict = ExplanationVerdict::changed;
    explanation.meaning = parameter + " is empty today";
    return;
  }
  explanation.verdict = ExplanationVerdict::explained;
  explanation.meaning = "a line of " + parameter + " fits that " + incident.stage +
                        "; `lastmile trace --message FILE` shows which one";
}

}  // namespace lastmile
