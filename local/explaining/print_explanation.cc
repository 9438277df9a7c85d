// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/print_explanation.h"

#include <ostream>

#include "aliases/text.h"
#include "local/explaining/explainer.h"
#include "local/formats/json.h"
#include "local/questions/address_json.h"

namespace lastmile {
namespace {

void print_row(std::ostream& out, std::string_view word, std::string_view text) {
  if (!text.empty()) {
    out << word << std::string(word.size() < 7 ? 7 - word.size() : 1, ' ') << printable(text)
        << '\n';
  }
}

/// What is said where the verdict is not "explained".
std::string_view words_of(ExplanationVerdict verdict) {
  switch (verdict) {
    case ExplanationVerdict::explained:
      return "";
    case ExplanationVerdict::changed:
      return "not any more";
    case ExplanationVerdict::elsewhere:
      return "decided elsewhere";
    case ExplanationVerdict::unknown:
      break;
  }
  return "not explained";
}

/// The steps above the incident and itself, from the address down.
void write_way(JsonWriter& json, const Explanation& explanation) {
  json.key("trace");
  json.begin_array();
  const Trace& way = *explanation.way;
  for (NodeId id = way.root(); id < way.end_of(way.root()); id = next_of(id)) {
    const TraceNode node = way.node(id);
    json.begin_object();
    json.member("step", name_of(node.step));
    json.member("subject", node.subject);
    json.member("detail", node.detail);
    write_source(json, "source", node.source);
    if (explanation.mark == id) {
      json.key("is_incident");
      json.boolean(true);
    }
    json.end_object();
  }
  json.end_array();
}

void write_if_any(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) {
    json.member(name, text);
  }
}

}  // namespace

void print_explanation(std::ostream& out, const Explanation& explanation, TreeStyle style) {
  out << printable(explanation.headline) << '\n';
  if (explanation.way) {
    out << '\n';
    style.has_summary = false;
    style.marked = explanation.mark;
    print_tree(out, *explanation.way, style);
  }
  out << '\n';
  const std::string_view words = words_of(explanation.verdict);
  if (!words.empty()) {
    out << words << (explanation.meaning.empty() ? "" : ": ") << printable(explanation.meaning)
        << '\n';
  } else {
    print_row(out, "why", explanation.meaning);
  }
  if (!explanation.rule.empty()) {
    print_row(out, "rule", explanation.rule + ": " + explanation.rule_message);
  }
  print_row(out, "mend", explanation.mend);
  print_row(out, "told", explanation.told);
  for (const std::string& next : explanation.next) {
    print_row(out, "next", next);
  }
}

void print_explanation_json(std::ostream& out, const Explanation& explanation) {
  const Incident& incident = explanation.incident;
  JsonWriter json(out);
  begin_record(json, "explanation");
  json.member("outcome", name_of(explanation.verdict));
  json.member("queue_id", incident.queue_id);
  json.member("address", asked_address(incident));
  json.member("recipient", incident.to);
  if (incident.has_sender) {
    json.member("sender", incident.sender);
  }
  json.member("status", incident.status);
  json.member("dsn", incident.dsn);
  json.member("text", incident.text);
  json.member("count", static_cast<std::int64_t>(incident.count));
  write_if_any(json, "meaning", explanation.meaning);
  write_if_any(json, "rule", explanation.rule);
  write_if_any(json, "rule_message", explanation.rule_message);
  if (explanation.source || !explanation.parameter.empty()) {
    json.key("source");
    json.begin_object();
    if (explanation.source) {
      json.member("file", *explanation.source->file);
      json.member("line", explanation.source->line);
    }
    write_if_any(json, "parameter", explanation.parameter);
    json.end_object();
  }
  write_if_any(json, "mend", explanation.mend);
  write_if_any(json, "told", explanation.told);
  if (explanation.way) {
    write_way(json, explanation);
  }
  json.end_object();
  json.end_line();
}

}  // namespace lastmile
