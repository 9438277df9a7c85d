// SPDX-License-Identifier: Apache-2.0
// Each rule: a host in which it finds what it is for, and no other rule finds anything; and one in
// which none does.

#include "local/checks/rule.h"

#include <set>

#include "tests/local/checks/check_host_of.h"
#include "tests/local/checks/rule_rows.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// Rules that need a host of their own kind to be seen at all.
Sight sight_for(std::string_view rule) {
  Sight sight;
  const Rule* const found = find_rule(rule);
  sight.is_live = found != nullptr && found->needs == Needs::live;
  return sight;
}

std::string messages_of(const CheckResult& result, std::string_view rule) {
  std::string text;
  for (const Finding& finding : result.findings) {
    if (finding.id == rule) {
      text += finding.message + "\n";
    }
  }
  return text;
}

/// Everything that is found, for a failing test.
std::string all_of(const CheckResult& result) {
  std::string text;
  for (const Finding& finding : result.findings) {
    text += (finding.place ? to_string(*finding.place) + ": " : "") + finding.message + " [" +
            finding.id + "]\n";
  }
  return text;
}

}  // namespace

TEST_CASE("checks: a host that is well made has no finding") {
  const CheckResult result = check_host_of("");
  INFO(all_of(result));
  CHECK(rules_in(result).empty());
}

TEST_CASE("checks: each rule finds what it is for, and no other rule does") {
  for (const RuleRow& row : rule_rows()) {
    const CheckResult result = check_host_of(row.fires, sight_for(row.rule));
    INFO(row.rule << " in\n" << row.fires << "\n" << all_of(result));
    std::set<std::string> expected = {std::string(row.rule)};
    if (!row.companion.empty()) {
      expected.insert(std::string(row.companion));
    }
    CHECK(rules_in(result) == std::vector<std::string>(expected.begin(), expected.end()));
    CHECK_THAT(messages_of(result, row.rule), Catch::Contains(std::string(row.says)));
  }
}

TEST_CASE("checks: what is right is not found") {
  for (const RuleRow& row : rule_rows()) {
    const CheckResult result = check_host_of(row.quiet, sight_for(row.rule));
    INFO(row.rule << " in\n" << row.quiet << "\n" << all_of(result));
    CHECK(messages_of(result, row.rule).empty());
    CHECK(result.count(Severity::error) == 0);
  }
}

TEST_CASE("checks: each rule has its rows") {
  // Found by other commands, or over what a host in memory has not.
  const std::set<std::string_view> kElsewhere = {"accepted-undeliverable", "deliverable-refused",
                                                 "lmtp-extension-mismatch", "suppression-unused"};
  std::set<std::string_view> seen;
  for (const RuleRow& row : rule_rows()) {
    seen.insert(row.rule);
    CHECK(find_rule(row.rule) != nullptr);
  }
  for (const Rule& rule : rules()) {
    INFO(rule.id);
    CHECK((seen.contains(rule.id) || kElsewhere.contains(rule.id)));
    CHECK(!rule.what.empty());
    CHECK(!rule.mend.empty());
  }
}

}  // namespace lastmile::test
