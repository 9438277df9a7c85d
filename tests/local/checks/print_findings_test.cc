// SPDX-License-Identifier: Apache-2.0
#include "local/checks/print_findings.h"
#include "aliases/glob.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/local/checks/check_host_of.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

constexpr std::string_view kHost =
    "== /etc/postfix/main.cf\ncorp_domain = x\n== /etc/aliases\nhelp: alice,\n\tnosuch\n"
    "dead: nosuch\n";

template <class Print>
std::string printed(const CheckResult& result, const Print& print) {
  std::ostringstream out;
  print(out, result);
  return out.str();
}

FindingStyle style_of(std::optional<Severity> fail_on) {
  FindingStyle style;
  style.fail_on = fail_on;
  return style;
}

}  // namespace

TEST_CASE("checks: a finding is shown with its line and what is wrong in it") {
  const std::string text = printed(check_host_of(kHost), [](std::ostream& out, const auto& result) {
    print_findings_text(out, result, style_of(Severity::error));
  });
  CHECK_THAT(text,
             Catch::Contains("/etc/aliases:10: error: nosuch does not exist, but 2 lists name "
                             "it (unknown user: \"nosuch\") [alias-dead-member]\n"
                             "    10 | dead: nosuch\n"
                             "       |       ^~~~~~\n"
                             "    also /etc/aliases:8\n"
                             "    mend: remove it, or create it\n"));
  CHECK_THAT(text, Catch::Contains("\n1 error, 0 warnings, 1 notice ("));
  CHECK_THAT(text, Catch::Contains("rules were not judged: not the running host"));
}

TEST_CASE("checks: JSON ends with a summary") {
  const std::string text = printed(check_host_of(kHost), [](std::ostream& out, const auto& result) {
    print_findings_json(out, result);
  });
  std::istringstream lines(text);
  std::string line;
  std::string last;
  while (std::getline(lines, line)) {
    CHECK_THAT(line, Catch::StartsWith("{\"version\":1,\"type\":\""));
    last = line;
  }
  CHECK_THAT(last,
             Catch::Contains("\"type\":\"summary\",\"errors\":1,\"warnings\":0,\"notices\":1"));
  CHECK_THAT(text, Catch::Contains("\"places\":[{\"file\":\"/etc/aliases\",\"line\":10},"
                                   "{\"file\":\"/etc/aliases\",\"line\":8}]"));
}

TEST_CASE("checks: the formats of CI systems") {
  const CheckResult result = check_host_of(kHost);
  const auto github =
      printed(result, [](std::ostream& out, const auto& one) { print_findings_github(out, one); });
  CHECK_THAT(github,
             Catch::Contains("::error title=alias-dead-member,file=etc/aliases,line=10,col=7,"
                             "endColumn=13::nosuch does not exist"));
  const auto sarif =
      printed(result, [](std::ostream& out, const auto& one) { print_findings_sarif(out, one); });
  CHECK_THAT(sarif, Catch::Contains("\"ruleId\":\"alias-dead-member\",\"level\":\"error\""));
  const auto tap = printed(result, [](std::ostream& out, const auto& one) {
    print_findings_tap(out, one, style_of(Severity::error));
  });
  CHECK_THAT(tap, Catch::StartsWith("TAP version 13\n1.."));
  CHECK_THAT(tap, Catch::Contains("not ok "));
  CHECK_THAT(tap, Catch::Contains(" - alias-dead-member /etc/aliases:10\n"));
  const auto junit = printed(result, [](std::ostream& out, const auto& one) {
    print_findings_junit(out, one, style_of(std::nullopt));
  });
  CHECK_THAT(junit, Catch::Contains("failures=\"0\""));
  CHECK_THAT(junit, Catch::Contains("name=\"alias-loop\"/>"));
}

TEST_CASE("checks: docs/check.md has the page of each rule") {
  const std::string path = source_directory() + "/docs/check.md";
  std::ostringstream written;
  written << std::ifstream(path).rdbuf();
  const std::string heading = "\n## Rules\n\n";
  const std::size_t end = written.str().find(heading);
  REQUIRE(end != std::string::npos);
  std::ostringstream pages;
  print_rules_markdown(pages);
  const std::string expected = written.str().substr(0, end + heading.size()) + pages.str();
  if (std::getenv("LASTMILE_ACCEPT") != nullptr) {
    std::ofstream(path) << expected;
  } else {
    CHECK(written.str() == expected);
  }
}

}  // namespace lastmile::test
