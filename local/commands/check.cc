// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "local/checks/check_host.h"
#include "local/checks/print_findings.h"
#include "local/checks/rule.h"
#include "local/commands/check_all_addresses.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/commands/sight.h"
#include "local/explaining/json_value.h"
#include "local/formats/format.h"
#include "local/host.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

constexpr int kIncomplete = 1;  // As trace: something could not be decided.
constexpr int kFound = 2;

void list_rules(std::ostream& out) {
  for (const Rule& rule : rules()) {
    const std::string id(rule.id);
    const std::string severity(name_of(rule.severity));
    out << id << std::string(id.size() < 34 ? 34 - id.size() : 1, ' ') << severity
        << std::string(9 - severity.size(), ' ') << name_of(rule.needs) << '\n';
  }
}

int explain(Invocation& invocation, const std::string& id) {
  if (find_rule(id) != nullptr) {
    print_rule(invocation.out, id);
    return 0;
  }
  std::vector<std::string_view> names;
  for (const Rule& rule : rules()) {
    names.push_back(rule.id);
  }
  return fail(invocation, "check", "no rule " + id + did_you_mean(id, names), EX_USAGE);
}

/// A pattern that no rule fits would judge nothing, and say that all is well.
Result<Ok> check_patterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const bool fits = std::ranges::any_of(
        rules(), [&pattern](const Rule& rule) { return matches_glob(pattern, rule.id); });
    if (!fits) {
      std::vector<std::string_view> names;
      for (const Rule& rule : rules()) {
        names.push_back(rule.id);
      }
      return malformed("--only " + pattern + ": no such rule" + did_you_mean(pattern, names));
    }
  }
  return Ok{};
}

/// --only may be given more than once, and hold several.
std::vector<std::string> wanted_rules(const Options& values) {
  std::vector<std::string> patterns;
  for (const std::string& given : values.values("only")) {
    for (const std::string_view word : split_list(given)) {
      patterns.emplace_back(word);
    }
  }
  return patterns;
}

/// The findings of one server that `probe --record` has kept.
void add_answers(const JsonValue& server, std::vector<Finding>& findings) {
  const JsonValue* steps = server.member("steps");
  const JsonValue* source = server.member("source");
  for (const JsonValue& step : steps == nullptr ? std::vector<JsonValue>() : steps->items) {
    const std::string verdict = step.text_of("verdict");
    if (verdict == "ok") {
      continue;
    }
    Finding finding;
    finding.id = step.text_of("rule").empty() ? "lmtp-extension-mismatch" : step.text_of("rule");
    finding.severity = verdict == "wrong" ? Severity::error : Severity::warning;
    if (source != nullptr && source->member("line") != nullptr) {
      finding.place = SourcePos{source->text_of("file"),
                                whole_number<int>(source->member("line")->text).value_or(0)};
    }
    const std::string subject = step.text_of("subject");
    finding.subject = server.text_of("endpoint");
    finding.message =
        finding.subject + ": " + (subject.empty() ? "" : subject + ": ") + step.text_of("text");
    finding.mend = step.text_of("mend");
    findings.push_back(std::move(finding));
  }
}

/// Adds what servers have answered. \return malformed for what is no record of a probe
Result<Ok> add_record(const std::string& path, CheckResult& result) {
  std::ifstream file(path);
  if (!file) {
    return unavailable("--probe " + path + ": " + error_text(errno));
  }
  bool is_whole = false;
  for (std::string line; std::getline(file, line);) {
    std::string_view rest = line;
    const auto value = take_json(rest);
    const std::string type = value ? value->text_of("type") : "";
    if (type != "endpoint" && type != "summary") {
      return malformed("--probe " + path + ": not what lastmile probe --record writes");
    }
    is_whole = type == "summary";
    add_answers(*value, result.findings);
  }
  sort_findings(result.findings);
  return is_whole ? Result<Ok>(Ok{}) : Result<Ok>(malformed("--probe " + path + ": cut off"));
}

void print(const CheckResult& result, const std::string& format, const FindingStyle& style,
           std::ostream& out) {
  if (format == "json") {
    print_findings_json(out, result);
  } else if (format == "sarif") {
    print_findings_sarif(out, result);
  } else if (format == "github") {
    print_findings_github(out, result);
  } else if (format == "tap") {
    print_findings_tap(out, result, style);
  } else if (format == "junit") {
    print_findings_junit(out, result, style);
  } else {
    print_findings_text(out, result, style);
  }
}

int exit_status(const CheckResult& result, const FindingStyle& style) {
  const bool fails = std::ranges::any_of(result.findings, [&style](const Finding& finding) {
    return !finding.is_allowed && style.fail_on && finding.severity >= *style.fail_on;
  });
  return fails ? kFound : result.missing.empty() ? 0 : kIncomplete;
}

FindingStyle style_of(const Invocation& invocation, const Options& values) {
  FindingStyle style;
  style.color = wants_color(invocation);
  style.verbose = invocation.options.verbosity > 0;
  style.fail_on = parse_severity(values.text("fail-on"));
  return style;
}

int check(Invocation& invocation, const Options& values) {
  const std::vector<std::string> only = wanted_rules(values);
  if (const auto patterns = check_patterns(only); !patterns) {
    return fail(invocation, "check", patterns.error().message(), EX_USAGE);
  }
  auto world = open_world(invocation.options);
  if (!world) {
    return fail(invocation, "check", world.error().message(), kIncomplete);
  }
  auto host = load_host(**world, invocation.options.config_directory, invocation.options.overrides);
  if (!host) {
    return fail(
        invocation, "check",
        explain_missing_configuration(invocation.options, std::move(host).error()).message(),
        kIncomplete);
  }
  HostView view(*host, sight_of(invocation.options, **world));
  CheckResult result = check_host(view, only);
  if (values.has("probe")) {
    if (const auto added = add_record(values.text("probe"), result); !added) {
      return fail(invocation, "check", added.error().message(), EX_USAGE);
    }
  }
  const FindingStyle style = style_of(invocation, values);
  print(result, values.has("json") ? "json" : values.text("format"), style, invocation.out);
  return exit_status(result, style);
}

}  // namespace

int run_check(Invocation& invocation) {
  const ParsedOptions parsed = parse_options(invocation, "check [OPTIONS]");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& values = parsed.values;
  if (!values.words().empty()) {
    return fail(invocation, "check", "unexpected argument " + values.words().front(), EX_USAGE);
  }
  if (values.has("all-addresses")) {
    return check_all_addresses(invocation, values);
  }
  if (values.has("list")) {
    list_rules(invocation.out);
    return 0;
  }
  if (values.has("explain")) {
    return explain(invocation, values.text("explain"));
  }
  return check(invocation, values);
}

}  // namespace lastmile
