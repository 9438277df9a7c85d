// SPDX-License-Identifier: Apache-2.0
#include "local/checks/check_host.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "local/checks/allowances.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// Why the world does not show what a rule needs; empty: it does.
std::string hidden_from(const Sight& sight, Needs needs) {
  switch (needs) {
    case Needs::rights:
      return sight.knows_owners ? "" : "no owners in this tree";
    case Needs::live:
      return sight.is_live ? "" : "not the running host";
    case Needs::probe:
      return "no answers of an LMTP server";
    case Needs::text:
    case Needs::tables:
    case Needs::trace:
      break;
  }
  return "";
}

bool is_wanted(const Rule& rule, const std::vector<std::string>& only) {
  return only.empty() || std::ranges::any_of(only, [&rule](const std::string& pattern) {
           return matches_glob(pattern, rule.id);
         });
}

void ask(const Rule& rule, HostView& host, CheckResult& result) {
  if (rule.check == nullptr) {
    return;
  }
  if (std::string why = hidden_from(host.sight(), rule.needs); !why.empty()) {
    result.not_judged.push_back({std::string(rule.id), std::move(why)});
    return;
  }
  Report report(rule.id, rule.severity);
  rule.check(host, report);
  result.findings.insert(result.findings.end(), report.findings().begin(), report.findings().end());
  result.missing.insert(result.missing.end(), report.missing().begin(), report.missing().end());
  if (report.why_not()) {
    result.not_judged.push_back({std::string(rule.id), *report.why_not()});
  } else {
    result.judged.emplace_back(rule.id);
  }
}

/// The physical lines of one logical line: those behind it that continue it.
bool continues(std::string_view line) {
  return trim(line).empty() || is_space(line.front()) || trim(line).front() == '#';
}

/// Finds the marked piece in the line that the finding names, or in one that continues it.
void show_line(HostView& host, Finding& finding) {
  if (!finding.place || finding.place->line <= 0) {
    return;
  }
  const std::string* const content = host.text(*finding.place->file);
  if (content == nullptr) {
    return;
  }
  std::size_t begin = 0;
  for (int line = 1; line < finding.place->line && begin != std::string::npos; ++line) {
    begin = content->find('\n', begin);
    begin += begin == std::string::npos ? 0 : 1;
  }
  if (begin == std::string::npos || begin >= content->size()) {
    return;
  }
  const auto line_at = [content](std::size_t at) {
    return std::string_view(*content).substr(at, content->find('\n', at) - at);
  };
  const std::string_view first = line_at(begin);
  finding.line = first;
  if (finding.mark.empty()) {
    return;
  }
  for (int number = finding.place->line; begin < content->size(); ++number) {
    const std::string_view line = line_at(begin);
    if (number > finding.place->line && !continues(line)) {
      return;
    }
    if (const std::size_t at = line.find(finding.mark); at != std::string_view::npos) {
      finding.line = line;
      finding.place->line = number;
      finding.column = at + 1;
      finding.end_column = finding.column + finding.mark.size();
      return;
    }
    begin += line.size() + 1;
  }
}

}  // namespace

std::size_t CheckResult::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count_if(findings, [severity](const Finding& one) {
    return !one.is_allowed && one.severity == severity;
  }));
}

std::size_t CheckResult::count_allowed() const {
  return static_cast<std::size_t>(std::ranges::count_if(findings, &Finding::is_allowed));
}

void sort_findings(std::vector<Finding>& findings) {
  const auto key = [](const Finding& finding) {
    return std::make_tuple(!finding.place.has_value(),
                           finding.place ? std::string_view(*finding.place->file) : "",
                           finding.place ? finding.place->line : 0, finding.column,
                           std::string_view(finding.id), std::string_view(finding.subject));
  };
  std::ranges::stable_sort(findings, [&key](const Finding& left, const Finding& right) {
    return key(left) < key(right);
  });
}

CheckResult check_host(HostView& host, const std::vector<std::string>& only) {
  CheckResult result;
  for (const Rule& rule : rules()) {
    if (is_wanted(rule, only)) {
      ask(rule, host, result);
    }
  }
  apply_allowances(host, result.judged, result.findings);
  std::erase_if(result.findings, [&only](const Finding& finding) {
    const Rule* const rule = find_rule(finding.id);
    return rule != nullptr && !is_wanted(*rule, only);
  });
  for (Finding& finding : result.findings) {
    show_line(host, finding);
  }
  sort_findings(result.findings);
  const std::set<std::string> missing(result.missing.begin(), result.missing.end());
  result.missing.assign(missing.begin(), missing.end());
  return result;
}

}  // namespace lastmile
