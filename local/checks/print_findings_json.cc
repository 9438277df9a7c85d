// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <string>

#include "local/checks/print_findings.h"
#include "local/checks/rule.h"
#include "local/formats/json.h"

namespace lastmile {
namespace {

constexpr std::int64_t kVersion = 1;

void print_place(JsonWriter& json, const SourcePos& place) {
  json.begin_object();
  json.member("file", *place.file);
  json.member("line", place.line);
  json.end_object();
}

void print_one(JsonWriter& json, const Finding& finding) {
  json.begin_object();
  json.member("version", kVersion);
  json.member("type", "finding");
  json.member("id", finding.id);
  json.key("was");
  json.begin_array();
  json.end_array();
  json.member("severity", name_of(finding.severity));
  if (finding.place) {
    json.member("file", *finding.place->file);
    json.member("line", finding.place->line);
  }
  if (finding.column > 0) {
    json.member("column", static_cast<std::int64_t>(finding.column));
    json.member("end_column", static_cast<std::int64_t>(finding.end_column));
  }
  json.member("subject", finding.subject);
  json.member("message", finding.message);
  json.member("mend", finding.mend);
  json.key("places");
  json.begin_array();
  if (finding.place) {
    print_place(json, *finding.place);
  }
  for (const SourcePos& place : finding.also) {
    print_place(json, place);
  }
  json.end_array();
  json.key("allowed");
  json.boolean(finding.is_allowed);
  json.end_object();
  json.end_line();
}

void print_count(JsonWriter& json, std::string_view name, std::size_t count) {
  json.member(name, static_cast<std::int64_t>(count));
}

std::string_view sarif_level(Severity severity) {
  return severity == Severity::notice ? "note" : name_of(severity);
}

void print_message(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  json.begin_object();
  json.member("text", text);
  json.end_object();
}

void print_sarif_location(JsonWriter& json, const Finding& finding, const SourcePos& place) {
  json.begin_object();
  json.key("physicalLocation");
  json.begin_object();
  json.key("artifactLocation");
  json.begin_object();
  // Below the root of the tree: a checkout is looked at.
  const std::string_view file = *place.file;
  json.member("uri", file.substr(file.starts_with('/') ? 1 : 0));
  json.end_object();
  if (place.line > 0) {
    json.key("region");
    json.begin_object();
    json.member("startLine", place.line);
    if (finding.column > 0 && finding.place && place == *finding.place) {
      print_count(json, "startColumn", finding.column);
      print_count(json, "endColumn", finding.end_column);
    }
    json.end_object();
  }
  json.end_object();
  json.end_object();
}

void print_sarif_rules(JsonWriter& json) {
  json.key("rules");
  json.begin_array();
  for (const Rule& rule : rules()) {
    json.begin_object();
    json.member("id", rule.id);
    print_message(json, "shortDescription", rule.what);
    print_message(json, "help", rule.mend);
    json.key("defaultConfiguration");
    json.begin_object();
    json.member("level", sarif_level(rule.severity));
    json.end_object();
    json.end_object();
  }
  json.end_array();
}

void print_sarif_result(JsonWriter& json, const Finding& finding) {
  json.begin_object();
  json.member("ruleId", finding.id);
  json.member("level", sarif_level(finding.severity));
  print_message(json, "message",
                finding.message + (finding.mend.empty() ? "" : "; mend: " + finding.mend));
  json.key("locations");
  json.begin_array();
  if (finding.place) {
    print_sarif_location(json, finding, *finding.place);
  }
  json.end_array();
  if (finding.is_allowed) {
    json.key("suppressions");
    json.begin_array();
    json.begin_object();
    json.member("kind", "inSource");
    json.end_object();
    json.end_array();
  }
  json.end_object();
}

}  // namespace

void print_findings_json(std::ostream& out, const CheckResult& result) {
  JsonWriter json(out);
  for (const Finding& finding : result.findings) {
    print_one(json, finding);
  }
  json.begin_object();
  json.member("version", kVersion);
  json.member("type", "summary");
  print_count(json, "errors", result.count(Severity::error));
  print_count(json, "warnings", result.count(Severity::warning));
  print_count(json, "notices", result.count(Severity::notice));
  print_count(json, "allowed", result.count_allowed());
  print_count(json, "judged", result.judged.size());
  json.key("not_judged");
  json.begin_array();
  for (const NotJudged& one : result.not_judged) {
    json.begin_object();
    json.member("id", one.id);
    json.member("why", one.why);
    json.end_object();
  }
  json.end_array();
  json.key("not_looked_at");
  json.begin_array();
  for (const std::string& missing : result.missing) {
    json.text(missing);
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

void print_findings_sarif(std::ostream& out, const CheckResult& result) {
  JsonWriter json(out);
  json.begin_object();
  json.member("version", "2.1.0");
  json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  json.key("runs");
  json.begin_array();
  json.begin_object();
  json.key("tool");
  json.begin_object();
  json.key("driver");
  json.begin_object();
  json.member("name", "lastmile check");
  print_sarif_rules(json);
  json.end_object();
  json.end_object();
  json.key("results");
  json.begin_array();
  for (const Finding& finding : result.findings) {
    print_sarif_result(json, finding);
  }
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
  json.end_line();
}

}  // namespace lastmile
