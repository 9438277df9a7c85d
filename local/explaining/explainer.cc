// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/explainer.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "local/address_argument.h"
#include "local/explaining/cut_trace.h"
#include "transports/entry_services.h"

namespace lastmile {
namespace {

/// "name[address]" of a log, with a port behind it or not.
SmtpClient client_of(const Incident& incident) {
  SmtpClient client;
  const std::size_t open = incident.client.find('[');
  const std::size_t close = incident.client.find(']', open == std::string::npos ? 0 : open);
  if (open != std::string::npos && close != std::string::npos) {
    std::string address = incident.client.substr(open + 1, close - open - 1);
    const std::string name = incident.client.substr(0, open);
    if (auto given =
            parse_client(name.empty() || name == "unknown" ? address : address + ',' + name)) {
      client = *std::move(given);
    }
  }
  client.helo = incident.helo;
  client.user = incident.user;
  return client;
}

constexpr std::string_view kLoop = "mail forwarding loop for ";

/// Where the message has been by what is said of it: its Delivered-To: headers.
std::vector<std::string> delivered_to(const Incident& incident) {
  std::vector<std::string> been = incident.been;
  if (incident.text.starts_with(kLoop)) {
    been.push_back(incident.text.substr(kLoop.size()));
  }
  return been;
}

bool is_at(const Finding& finding, const SourcePos& place) {
  const auto is = [&place](const SourcePos& other) { return other == place; };
  return place.line > 0 &&
         ((finding.place && is(*finding.place)) || std::ranges::any_of(finding.also, is));
}

/// Whether a finding has something against a line of the way.
bool is_on_way(const Finding& finding, const Trace& way) {
  for (NodeId id = way.root(); id < way.end_of(way.root()); id = next_of(id)) {
    const auto source = way.node(id).source;
    if (source && is_at(finding, *source)) {
      return true;
    }
  }
  return false;
}

/// Whether it is about the address of the incident.
bool is_about(const Finding& finding, const Incident& incident) {
  const auto is = [&](const std::string& text) {
    if (text.empty() || finding.subject.empty()) {
      return false;
    }
    const std::string local = text.substr(0, text.rfind('@'));
    return equal_ignoring_case(finding.subject, text) ||
           equal_ignoring_case(finding.subject, local);
  };
  return is(incident.to) || is(incident.orig_to);
}

/// Whether it concerns what the incident's text names: a path, a table, a parameter.
bool is_in_text(const Finding& finding, const Incident& incident) {
  return finding.subject.size() > 2 && incident.text.find(finding.subject) != std::string::npos;
}

}  // namespace

std::string_view name_of(ExplanationVerdict verdict) {
  switch (verdict) {
    case ExplanationVerdict::explained:
      return "explained";
    case ExplanationVerdict::changed:
      return "changed";
    case ExplanationVerdict::elsewhere:
      return "elsewhere";
    case ExplanationVerdict::unknown:
      break;
  }
  return "unknown";
}

const std::string& asked_address(const Incident& incident) {
  return incident.orig_to.empty() ? incident.to : incident.orig_to;
}

Explainer::Explainer(LoadedHost& host, World& world, Sight sight)
    : host_(host), world_(world), view_(host, sight) {}

Explanation Explainer::explain(const Incident& incident) {
  Explanation explanation;
  explanation.incident = incident;
  switch (incident.kind) {
    case Incident::Kind::delivery:
      explain_delivery(explanation);
      break;
    case Incident::Kind::rejection:
      explain_rejection(explanation);
      break;
    case Incident::Kind::warning:
      explain_warning(explanation);
      break;
  }
  explanation.headline = headline_of(explanation);
  return explanation;
}

std::optional<Trace> Explainer::trace_of(const Incident& incident) {
  const std::vector<std::string> been = delivered_to(incident);
  SurveyTerms terms;
  terms.use = TableUse::explain;
  terms.misses = Misses::of_refusals;
  terms.client = client_of(incident);
  terms.delivered_to = been;
  if (incident.has_sender) {
    if (auto sender = parse_address_argument(incident.sender)) {
      terms.sender = *std::move(sender);
    }
  }
  if (!incident.entry.empty()) {
    // A syslog_name that names no service says nothing.
    const auto entry = find_entry(host_.settings.master_cf, incident.entry);
    terms.entry = entry ? std::optional<const Service*>(*entry) : std::nullopt;
  }
  Survey survey(host_.settings, world_, terms);
  auto trace = survey.trace(asked_address(incident));
  return trace ? std::optional<Trace>(*std::move(trace)) : std::nullopt;
}

void Explainer::show_way(Explanation& explanation, const Trace& trace, NodeId id) const {
  auto [way, mark] = cut_to(trace, id);
  explanation.destinations = trace.leaves().size();
  explanation.way = std::move(way);
  explanation.mark = mark;
  for (std::optional<NodeId> node = id; node; node = trace.parent(*node)) {
    const TraceNode what = trace.node(*node);
    if (what.source) {
      explanation.source = what.source;
      explanation.parameter = what.step == Step::leaf ? what.detail : what.subject;
      break;
    }
  }
}

const CheckResult& Explainer::findings() {
  if (!findings_) {
    findings_ = check_host(view_, {});
  }
  return *findings_;
}

namespace {

/// How well a finding explains what happened; 0: not at all.
int score_of(const Finding& finding, const Explanation& explanation, bool is_candidate) {
  const Incident& incident = explanation.incident;
  const bool on_way = explanation.way && is_on_way(finding, *explanation.way);
  if (!is_candidate) {
    const bool is_heavy = finding.severity != Severity::notice && !finding.is_allowed;
    return incident.is_failure() && on_way && is_heavy ? 1 : 0;
  }
  if (is_about(finding, incident) || is_in_text(finding, incident)) {
    return 6;
  }
  // What names are missing is said at alias_maps, by which every way leads.
  if (finding.id == "alias-role-missing" || finding.id == "alias-postmaster-missing") {
    return 0;
  }
  // A warning of a daemon has no way: the rule itself says what it is about.
  return on_way ? 5 : explanation.way ? 0 : 2;
}

}  // namespace

void Explainer::name_rule(Explanation& explanation, std::string_view candidates) {
  const Finding* best = nullptr;
  int best_score = 0;
  const auto words = split_list(candidates);
  for (const Finding& finding : findings().findings) {
    const bool is_candidate = std::ranges::find(words, finding.id) != words.end();
    const int score = score_of(finding, explanation, is_candidate);
    if (score > best_score) {
      best = &finding;
      best_score = score;
    }
  }
  if (best == nullptr) {
    return;
  }
  explanation.rule = best->id;
  explanation.rule_message = best->message;
  if (!best->mend.empty()) {
    const std::string place = best->place ? to_string(*best->place) + ": " : "";
    explanation.mend = place + best->mend;
  }
}

void Explainer::say_who_is_told(Explanation& explanation, const Trace& trace, NodeId id) const {
  const Incident& incident = explanation.incident;
  const bool is_deferred = incident.status == "deferred" || incident.status == "SOFTBOUNCE";
  if (incident.status == "sent" || (!is_deferred && incident.status != "bounced")) {
    return;
  }
  std::string whom = incident.has_sender ? incident.sender : "";
  if (trace.is_act(id)) {
    const Leaf leaf = trace.leaf(id);
    if (*leaf.report_to != *leaf.sender || !incident.has_sender) {
      whom = to_external(*leaf.report_to);
    }
  }
  const bool is_null = incident.has_sender && whom.empty();
  const std::string person = whom.empty() ? "the sender" : "the sender " + whom;
  if (is_deferred) {
    explanation.told = is_null
                           ? "nobody: the sender is null"
                           : "nobody yet; " + person + " gets a bounce when " +
                                 view_.value(whom.empty() && is_null ? "bounce_queue_lifetime"
                                                                     : "maximal_queue_lifetime") +
                                 " have passed (maximal_queue_lifetime)";
    return;
  }
  if (is_null) {
    explanation.told = "nobody: the sender is null, as that of a bounce";
    return;
  }
  explanation.told = person + " got a bounce";
  if (!incident.report_id.empty()) {
    explanation.told += " (" + incident.report_id + ")";
  }
}

}  // namespace lastmile
