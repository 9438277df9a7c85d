// SPDX-License-Identifier: Apache-2.0
#include "transports/main_cf.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

MainCf parsed(std::string_view content) {
  auto main_cf = MainCf::parse(content, "main.cf");
  REQUIRE(main_cf.ok());
  return *std::move(main_cf);
}

/// "name=value@line", so that a row can be one short string.
std::string found(const MainCf& main_cf, std::string_view name) {
  const auto parameter = main_cf.find(name);
  return parameter ? parameter->value + '@' +
                         (parameter->source ? std::to_string(parameter->source->line) : "default")
                   : "(none)";
}

TEST_CASE("main.cf: logical lines") {
  struct Row {
    std::string content, name, expected;
  };
  const std::vector<Row> rows = {
      {"a = 1\n", "a", "1@1"},
      {"a=1", "a", "1@1"},
      {"  \n# x\na = 1\n", "a", "1@3"},
      {"a = 1\n  2\n\t3\n", "a", "1  2\t3@1"},
      {"a = 1\n# comment\n  2\n", "a", "1  2@1"},
      {"a = 1\n   # indented comment\n  2\n", "a", "1  2@1"},
      {"a = 1\n\n   \n  2\n", "a", "1  2@1"},
      {"a = 1 # kept\n", "a", "1 # kept@1"},
      {"a = \n", "a", "@1"},
      {"a =\n b\n", "a", "b@1"},
      {"a = 1\r\n", "a", "1@1"},
      {"a = x = y\n", "a", "x = y@1"},
      {"a = 1\n b = 2\n", "a", "1 b = 2@1"},
      {"a = 1\nb = 2\na = 3\n", "a", "3@3"},
      {" stray = 1\na = 1\n", "stray", "(none)"},
      {"biff = no\n", "mail_owner", "postfix@default"},
      {"", "nosuch", "(none)"},
      {"", "dovecot_destination_recipient_limit", "$default_destination_recipient_limit@default"},
  };
  for (const Row& row : rows) {
    INFO(row.content);
    CHECK(found(parsed(row.content), row.name) == row.expected);
  }
}

TEST_CASE("main.cf: what Postfix refuses to start with") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"a = 1\nfoo bar = 1\n", "main.cf:2: missing '=' after attribute name: \"foo bar = 1\""},
      {"abc\n", "main.cf:1: missing '=' after attribute name: \"abc\""},
      {"\n= x\n", "main.cf:2: missing attribute name: \"= x\""},
  };
  for (const auto& [content, expected] : rows) {
    const auto main_cf = MainCf::parse(content, "main.cf");
    REQUIRE_FALSE(main_cf.ok());
    CHECK(main_cf.error().message() == expected);
    CHECK(main_cf.error().kind == Error::Kind::misconfigured);
  }
}

TEST_CASE("main.cf: what Postfix warns of") {
  const MainCf main_cf = parsed(" stray = 1\na = 1\na = 1\na = 2\n");
  REQUIRE(main_cf.warnings().size() == 2);
  CHECK(main_cf.warnings()[0].message() ==
        "main.cf:1: logical line must not start with white space, ignored: \"stray = 1\"");
  CHECK(main_cf.warnings()[1].message() == "main.cf:4: overriding earlier entry, line 3: \"a=1\"");
}

TEST_CASE("main.cf: another file has the last word") {
  MainCf main_cf = parsed("a = 1\nb = 2\nc = 3\n");
  REQUIRE(main_cf.add("\nb = 2\nc = 4\nd = $a\n", "other.cf").ok());
  CHECK(found(main_cf, "a") == "1@1");
  CHECK(found(main_cf, "b") == "2@2");
  CHECK(found(main_cf, "c") == "4@3");
  CHECK(main_cf.find("c")->source == SourcePos{"other.cf", 3});
  CHECK(*main_cf.expand_text("$d") == "1");
  REQUIRE(main_cf.warnings().size() == 1);
  CHECK(main_cf.warnings()[0].message() ==
        "other.cf:3: overriding earlier entry, main.cf:3: \"c=3\"");
  const auto malformed = main_cf.add("e\n", "other.cf");
  REQUIRE_FALSE(malformed.ok());
  CHECK(malformed.error().message() == "other.cf:1: missing '=' after attribute name: \"e\"");
}

TEST_CASE("main.cf: expansion") {
  const MainCf main_cf = parsed(
      "compatibility_level = 3.6\n"
      "myhostname = mx.example.com\n"
      "empty =\n"
      "nested = <$deeper>\n"
      "deeper = $myhostname\n");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"plain", "plain"},
      {"$myhostname", "mx.example.com"},
      {"${myhostname}.x", "mx.example.com.x"},
      {"$(myhostname)", "mx.example.com"},
      {"$nested", "<mx.example.com>"},
      {"[$nosuch]", "[]"},
      {"$$x", "$x"},
      {"${empty?set}${empty:unset}", "unset"},
      {"${myhostname?set}${myhostname:unset}", "set"},
      {"${nosuch?{set}:{unset}}", "unset"},
      {"${{$myhostname} == {mx.example.com} ? {same} : {other}}", "same"},
      {"${{010} == {10}}", "true"},
      {"$append_dot_mydomain $smtputf8_enable", "no yes"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    const auto expanded = main_cf.expand_text(text);
    REQUIRE(expanded.ok());
    CHECK(*expanded == expected);
  }
}

TEST_CASE(
    "main.cf: a name that is defined by another counts as set, whatever that one expands to") {
  const MainCf main_cf = parsed("empty =\na = $empty\n");
  CHECK(*main_cf.expand_text("${a?set}${a:unset}") == "set");
  CHECK(*main_cf.expand_text("${{$a} == {} ? {same} : {other}}") == "same");
}

TEST_CASE("main.cf: expansion that cannot be done names the parameter and its line") {
  const MainCf main_cf = parsed("a = $b\nb = x$a\nbroken = ${a\nempty_name = $-\n");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"broken", "main.cf:3: broken: "},
      {"empty_name", "main.cf:4: empty_name: "},
      {"a", "refer to each other without end"},
  };
  for (const auto& [name, message] : rows) {
    const auto expanded = main_cf.expand(name);
    REQUIRE_FALSE(expanded.ok());
    CHECK(expanded.error().kind == Error::Kind::misconfigured);
    CHECK_THAT(expanded.error().message(), Catch::Contains(message));
  }
  const auto unknown = main_cf.expand("nosuch");
  REQUIRE(unknown.ok());
  CHECK_FALSE(unknown->has_value());
}

TEST_CASE("main.cf: values that multiply end in an error, be they empty or not") {
  for (const std::string last : {"", "xxxxxxxx"}) {
    std::string content = "n60 = " + last + "\n";
    for (int i = 0; i < 60; ++i) {
      const std::string next = "$n" + std::to_string(i + 1);
      content += "n" + std::to_string(i) + " = " + next + next + "\n";
    }
    const auto expanded = parsed(content).expand("n0");
    REQUIRE_FALSE(expanded.ok());
    CHECK_THAT(expanded.error().message(), Catch::Contains("too long"));
  }
}

TEST_CASE("main.cf: overrides, host defaults and another meaning") {
  MainCf main_cf = parsed("a = 1\nmyorigin = /etc/mailname\n");
  main_cf.set("a", {"2", SourcePos{"-o", 0}});
  main_cf.set("myhostname", {"mx.example.com", std::nullopt});
  main_cf.set_meaning("myorigin", "example.com");
  CHECK(*main_cf.expand_text("$a $myhostname $myorigin") == "2 mx.example.com example.com");
  CHECK(found(main_cf, "myorigin") == "/etc/mailname@2");
  CHECK(main_cf.set_names() == std::vector<std::string>{"a", "myorigin"});
}

TEST_CASE("default parameters are sorted and found by name") {
  const auto all = default_parameters();
  REQUIRE(all.size() > 800);
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i].name);
    CHECK((i == 0 || all[i - 1].name < all[i].name));
    CHECK(default_parameter(all[i].name) == all[i].value);
  }
  for (const std::string_view unknown : {"", "0", "zzz", "mydestinatio", "mydestinations", "\n"}) {
    CHECK_FALSE(default_parameter(unknown).has_value());
  }
}

}  // namespace
}  // namespace lastmile
