// SPDX-License-Identifier: Apache-2.0
#include "transports/postfix_version.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "aliases/world/ask_postconf.h"
#include "tests/support/catch.h"
#include "transports/postfix_release.h"

namespace lastmile {
namespace {

std::string read(std::string_view text) {
  const auto version = parse_postfix_version(text);
  return version ? to_string(*version) : "none";
}

TEST_CASE("a release of Postfix is read from its name, or that of its branch") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"3.7.11", "3.7.11"},
      {"3.10.13", "3.10.13"},
      {"3.10", "3.10.13"},
      {"3.12-20260821", "3.12.0"},
      {"3.11.6-RC1", "3.11.6"},
      {"4.0", "4.0.0"},
      {"3.6.4", "none"},
      {"3", "none"},
      {"", "none"},
      {"3.", "none"},
      {"3.10.x", "none"},
      {"3.10.1.2", "none"},
      {"-3.10", "none"},
      {" 3.10", "none"},
      {"3.99999999999", "none"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(read(text) == expected);
  }
}

TEST_CASE("a rule holds from the release of each branch that brought it") {
  struct Row {
    PostfixVersion version;
    bool nesting_limit;
    bool envid;
    bool refuses_dots;
  };
  const Row rows[] = {
      {{3, 7, 11}, false, false, false}, {{3, 7, 21}, true, false, false},
      {{3, 8, 18}, false, false, false}, {{3, 8, 19}, true, false, false},
      {{3, 9, 0}, false, true, false},   {{3, 10, 3}, false, true, false},
      {{3, 10, 12}, true, true, false},  {{3, 11, 6}, true, true, false},
      {{3, 11, 7}, true, true, true},    {{3, 12, 0}, true, true, true},
      {{4, 0, 0}, true, true, true},
  };
  for (const Row& row : rows) {
    INFO(to_string(row.version));
    CHECK(has_rule(row.version, VersionRule::nesting_limit) == row.nesting_limit);
    CHECK(has_rule(row.version, VersionRule::envid_in_environment) == row.envid);
    CHECK(has_rule(row.version, VersionRule::virtual_refuses_dots) == row.refuses_dots);
  }
}

TEST_CASE("each rule has a row of its own, with releases in order") {
  std::set<std::string_view> ids;
  for (const VersionRuleRow& row : version_rules()) {
    INFO(row.id);
    CHECK(ids.insert(row.id).second);
    CHECK_FALSE(row.says.empty());
    REQUIRE_FALSE(row.first.empty());
    CHECK(std::ranges::is_sorted(row.first));
    CHECK(&row_of(row.rule) == &row);
  }
}

TEST_CASE("the host's Postfix is asked once, when it matters, and may have nothing to say") {
  struct Row {
    std::optional<std::string> says;
    std::string version;
    std::string reason;
  };
  const Row rows[] = {
      {"3.10.13", "3.10.13", "postconf mail_version"},
      {std::nullopt, "3.7.11", "assumed: no Postfix is here to be asked"},
      {"1.2\n", "3.7.11", "assumed: postconf says \"1.2?\""},
  };
  for (const Row& row : rows) {
    int asked = 0;
    const PostfixRelease release([&](const std::string& name) {
      CHECK(name == "mail_version");
      ++asked;
      return row.says;
    });
    CHECK(asked == 0);
    CHECK(to_string(release.version()) == row.version);
    CHECK(release.reason() == row.reason);
    CHECK(asked == 1);
    CHECK(release.is_installed() == row.reason.starts_with("postconf "));
  }
}

TEST_CASE("what depends on the build is asked of the host, whichever release is meant") {
  int asked = 0;
  const PostfixRelease release({3, 11, 0}, "chosen", [&](const std::string& name) {
    ++asked;
    return name == "default_database_type" ? std::optional<std::string>("cdb") : std::nullopt;
  });
  CHECK(asked == 0);
  CHECK(*release.built_in("default_database_type") == "cdb");
  CHECK(*release.built_in("default_database_type") == "cdb");
  CHECK(asked == 1);
  CHECK(*release.built_in("default_cache_db_type") == "btree");
  CHECK(release.built_in("alias_maps") == nullptr);
}

TEST_CASE("a release remembers which rules it was asked for in earnest") {
  const PostfixRelease release({3, 9, 0}, "chosen");
  CHECK_FALSE(release.is_installed());
  CHECK_FALSE(release.has(VersionRule::virtual_refuses_dots));
  CHECK(release.has(VersionRule::envid_for_pipe));
  CHECK(release.take_met() == std::set{VersionRule::envid_for_pipe});
  CHECK(release.take_met().empty());
}

TEST_CASE("postconf is run without a shell, and what goes wrong is no answer") {
  CHECK(ask_postconf("/bin/echo", "mail_version") == "-dh mail_version");
  for (const char* program :
       {"/nonexistent/postconf", "/bin/false", "/bin/true", "/etc/passwd", "/"}) {
    INFO(program);
    CHECK(ask_postconf(program, "mail_version") == std::nullopt);
  }
}

}  // namespace
}  // namespace lastmile
