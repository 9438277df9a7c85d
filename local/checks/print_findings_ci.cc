// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "aliases/text.h"
#include "local/checks/print_findings.h"
#include "local/checks/rule.h"
#include "local/formats/xml.h"

namespace lastmile {
namespace {

/// "alias-loop /etc/aliases:3".
std::string case_name(const Finding& finding) {
  return finding.id + (finding.place ? " " + printable(to_string(*finding.place))
                                     : " " + printable(finding.subject));
}

bool fails(const Finding& finding, const FindingStyle& style) {
  return !finding.is_allowed && style.fail_on && finding.severity >= *style.fail_on;
}

/// One test case of TAP or JUnit: a finding, or a rule that has none.
struct Case {
  std::string name = {};
  const Finding* finding = nullptr;
  std::string skipped = {};  ///< Why the rule was not judged.
};

std::vector<Case> cases_of(const CheckResult& result) {
  std::vector<Case> cases;
  for (const Finding& finding : result.findings) {
    cases.push_back({case_name(finding), &finding, ""});
  }
  for (const std::string& id : result.judged) {
    const bool has_none = std::ranges::none_of(
        result.findings, [&id](const Finding& finding) { return finding.id == id; });
    if (has_none) {
      cases.push_back({id, nullptr, ""});
    }
  }
  for (const NotJudged& one : result.not_judged) {
    cases.push_back({one.id, nullptr, one.why});
  }
  return cases;
}

/// What GitHub takes apart: '%' and ends of lines, and in a property ',' and ':'.
std::string escaped_for_github(std::string_view text, bool is_property) {
  std::string escaped;
  for (const char octet : text) {
    if (octet == '%' || octet == '\n' || octet == '\r' ||
        (is_property && (octet == ',' || octet == ':'))) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const auto code = static_cast<unsigned char>(octet);
      escaped += '%';
      escaped += kDigits[code >> 4U];
      escaped += kDigits[code & 15U];
    } else {
      escaped += octet;
    }
  }
  return escaped;
}

/// As a terminal would show it.
std::string xml_of(std::string_view text) {
  return escape_xml(printable(text));
}

}  // namespace

void print_findings_github(std::ostream& out, const CheckResult& result) {
  for (const Finding& finding : result.findings) {
    if (finding.is_allowed) {
      continue;
    }
    out << "::" << name_of(finding.severity) << " title=" << finding.id;
    if (finding.place) {
      const std::string_view file = *finding.place->file;
      out << ",file=" << escaped_for_github(file.substr(file.starts_with('/') ? 1 : 0), true);
      if (finding.place->line > 0) {
        out << ",line=" << finding.place->line;
      }
      if (finding.column > 0) {
        out << ",col=" << finding.column << ",endColumn=" << finding.end_column;
      }
    }
    out << "::"
        << escaped_for_github(
               printable(finding.message) +
                   (finding.mend.empty() ? "" : "; mend: " + printable(finding.mend)),
               false)
        << '\n';
  }
}

void print_findings_tap(std::ostream& out, const CheckResult& result, const FindingStyle& style) {
  const std::vector<Case> cases = cases_of(result);
  out << "TAP version 13\n1.." << cases.size() << '\n';
  std::size_t number = 0;
  for (const Case& one : cases) {
    const bool failed = one.finding != nullptr && fails(*one.finding, style);
    std::string name = one.name;
    std::ranges::replace(name, '#', '?');  // It would begin a directive.
    out << (failed ? "not ok " : "ok ") << ++number << " - " << name
        << (one.skipped.empty() ? "" : " # SKIP " + printable(one.skipped)) << '\n';
    if (one.finding != nullptr) {
      out << "# " << name_of(one.finding->severity) << (one.finding->is_allowed ? ", allowed" : "")
          << ": " << printable(one.finding->message) << '\n';
      out << "# mend: " << printable(one.finding->mend) << '\n';
    }
  }
}

void print_findings_junit(std::ostream& out, const CheckResult& result, const FindingStyle& style) {
  const std::vector<Case> cases = cases_of(result);
  const auto failures = std::ranges::count_if(cases, [&style](const Case& one) {
    return one.finding != nullptr && fails(*one.finding, style);
  });
  const auto skipped =
      std::ranges::count_if(cases, [](const Case& one) { return !one.skipped.empty(); });
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lastmile check\">\n"
      << "<testsuite name=\"lastmile check\" tests=\"" << cases.size() << "\" failures=\""
      << failures << "\" skipped=\"" << skipped << "\" errors=\"0\">\n";
  for (const Case& one : cases) {
    out << "<testcase classname=\"lastmile.check\" name=\"" << xml_of(one.name) << "\"";
    if (one.finding != nullptr && fails(*one.finding, style)) {
      const std::string message = xml_of(one.finding->message);
      out << "><failure type=\"" << name_of(one.finding->severity) << "\" message=\"" << message
          << "\">" << message << "\nmend: " << xml_of(one.finding->mend)
          << "</failure></testcase>\n";
    } else if (!one.skipped.empty()) {
      out << "><skipped message=\"" << xml_of(one.skipped) << "\"/></testcase>\n";
    } else {
      out << "/>\n";
    }
  }
  out << "</testsuite>\n</testsuites>\n";
}

}  // namespace lastmile
