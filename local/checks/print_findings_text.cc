// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "aliases/text.h"
#include "local/checks/print_findings.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

constexpr std::size_t kMostPlaces = 8;   // Of one finding; there may be thousands.
constexpr std::size_t kLineWidth = 100;  // Of a line of the configuration that is shown.

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "\033[1;31m";
    case Severity::warning:
      return "\033[1;33m";
    case Severity::notice:
      return "\033[1;36m";
  }
  return "";
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

/// The part of a long line around what is marked, and where that begins in it.
struct Excerpt {
  std::string text = {};
  std::size_t column = 0;
  std::size_t width = 0;
};

Excerpt excerpt_of(const Finding& finding) {
  const std::size_t at = finding.column == 0 ? 0 : finding.column - 1;
  const std::size_t begin = at > kLineWidth / 2 ? at - kLineWidth / 2 : 0;
  Excerpt excerpt;
  const std::string_view visible = std::string_view(finding.line).substr(begin, kLineWidth);
  for (const char octet : visible) {
    excerpt.text += octet == '\t' ? ' ' : octet;
  }
  excerpt.text = printable(excerpt.text);
  excerpt.column = at - begin;
  excerpt.width = std::min(finding.end_column - std::min(finding.end_column, finding.column),
                           excerpt.text.size() - std::min(excerpt.text.size(), excerpt.column));
  return excerpt;
}

void print_line(std::ostream& out, const Finding& finding) {
  if (!finding.place || finding.line.empty()) {
    return;
  }
  const std::string number = std::to_string(finding.place->line);
  const std::string margin(number.size() < 6 ? 6 - number.size() : 0, ' ');
  const Excerpt excerpt = excerpt_of(finding);
  out << margin << number << " | " << excerpt.text << '\n';
  if (excerpt.width > 0) {
    out << std::string(margin.size() + number.size(), ' ') << " | "
        << std::string(excerpt.column, ' ') << '^' << std::string(excerpt.width - 1, '~') << '\n';
  }
}

void print_places(std::ostream& out, const Finding& finding) {
  if (finding.also.empty()) {
    return;
  }
  out << "    also ";
  for (std::size_t i = 0; i < std::min(finding.also.size(), kMostPlaces); ++i) {
    out << (i == 0 ? "" : ", ") << printable(to_string(finding.also[i]));
  }
  if (finding.also.size() > kMostPlaces) {
    out << " and " << finding.also.size() - kMostPlaces << " more";
  }
  out << '\n';
}

void print_one(std::ostream& out, const Finding& finding, const FindingStyle& style) {
  if (finding.place) {
    out << printable(to_string(*finding.place)) << ": ";
  }
  out << (style.color ? color_of(finding.severity) : "") << name_of(finding.severity)
      << (style.color ? "\033[0m" : "") << ": " << printable(finding.message) << " [" << finding.id
      << "]" << (finding.is_allowed ? " (allowed)" : "") << '\n';
  print_line(out, finding);
  print_places(out, finding);
  if (!finding.mend.empty()) {
    out << "    mend: " << printable(finding.mend) << '\n';
  }
}

/// "4 rules not judged: no owners in this tree; not the running host".
void print_not_judged(std::ostream& out, const CheckResult& result, bool verbose) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const NotJudged& one : result.not_judged) {
    by_reason[one.why].push_back(one.id);
  }
  for (const auto& [why, ids] : by_reason) {
    const std::size_t shown = verbose ? ids.size() : std::min<std::size_t>(ids.size(), 2);
    const std::vector<std::string> first(ids.begin(),
                                         ids.begin() + static_cast<std::ptrdiff_t>(shown));
    out << counted(ids.size(), "rule") << (ids.size() == 1 ? " was" : " were")
        << " not judged: " << printable(why) << " (" << comma_list(first)
        << (shown < ids.size() ? ", ...)" : ")") << '\n';
  }
  for (const std::string& missing : result.missing) {
    out << "not looked at: " << printable(missing) << '\n';
  }
}

}  // namespace

void print_findings_text(std::ostream& out, const CheckResult& result, const FindingStyle& style) {
  for (const Finding& finding : result.findings) {
    if (!finding.is_allowed || style.verbose) {
      print_one(out, finding, style);
    }
  }
  const bool is_something = std::ranges::any_of(
      result.findings, [&](const Finding& one) { return !one.is_allowed || style.verbose; });
  out << (is_something ? "\n" : "") << counted(result.count(Severity::error), "error") << ", "
      << counted(result.count(Severity::warning), "warning") << ", "
      << counted(result.count(Severity::notice), "notice");
  if (const std::size_t allowed = result.count_allowed(); allowed > 0) {
    out << "; " << allowed << " allowed";
  }
  out << " (" << counted(result.judged.size(), "rule") << ")\n";
  print_not_judged(out, result, style.verbose);
}

}  // namespace lastmile
