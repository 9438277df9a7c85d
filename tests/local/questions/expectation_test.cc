// SPDX-License-Identifier: Apache-2.0
#include "local/questions/expectation_file.h"

#include <string>

#include "aliases/glob.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("glob: a star stands for anything, a backslash before it for a star") {
  const std::tuple<std::string, std::string, bool> rows[] = {
      {"", "", true},         {"*", "", true},
      {"*", "a/b@c", true},   {"a*c", "abbc", true},
      {"a*c", "abbd", false}, {"*a*b", "xxaxxab", true},
      {"a\\*b", "a*b", true}, {"a\\*b", "axb", false},
      {"a\\b", "a\\b", true}, {"[::1]?", "[::1]?", true},
      {"abc", "ab", false},   {"ab", "abc", false},
      {"a**", "a", true},
  };
  for (const auto& [pattern, text, expected] : rows) {
    INFO(pattern << " against " << text);
    CHECK(matches_glob(pattern, text) == expected);
  }
  CHECK_FALSE(matches_glob("*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

Landing landing(const std::string& kind, const std::string& target, const std::string& recipient) {
  Landing result;
  result.words.kind = kind;
  result.words.target = target;
  result.words.recipient = recipient;
  result.words.user = "default_privs (nobody)";
  return result;
}

TEST_CASE("expectation: which destinations are meant") {
  const Landing lmtp = landing("lmtp", "unix:/run/lmtp", "carol@example.com");
  const Landing command = landing("command", "/bin/cat a b", "x@example.com");
  Landing bounce = landing("bounce", "5.1.1 unknown user: \"x\"", "x@example.com");
  bounce.words.dsn = "5.1.1";
  bounce.words.text = "unknown user: \"x\"";
  const std::tuple<std::string, Landing, bool> rows[] = {
      {"lmtp:unix:/run/lmtp", lmtp, true},
      {"lmtp:unix:/run/lmtp carol@example.com", lmtp, true},
      {"lmtp:unix:/run/lmtp dave@example.com", lmtp, false},
      {"lmtp:* carol@*", lmtp, true},
      {"lmtp:*", lmtp, true},
      {"mailbox:*", lmtp, false},
      {"command:/bin/cat a b as nobody", command, true},
      {"command:/bin/cat a b as alice", command, false},
      {"command:/bin/cat*", command, true},
      {"command:/bin/cat", command, false},
      {"bounce:", bounce, true},
      {"bounce:5.1.1", bounce, true},
      {"bounce:5.1.2", bounce, false},
      {"bounce:5.1.1 unknown user: \"x\"", bounce, true},
  };
  for (const auto& [text, place, expected] : rows) {
    INFO(text);
    const auto expectation = parse_expectation(text);
    REQUIRE(expectation.ok());
    CHECK(matches(*expectation, place) == expected);
  }
}

TEST_CASE("expectation: what makes no sense is told with its place") {
  const std::pair<std::string, std::string> rows[] = {
      {"a@b  mailbx:/x\n", "t:1:6: \"mailbx\" is neither a destination"},
      {"a@b\n", "t:1:4: what is expected has to stand behind the address"},
      {"  lands\n", "t:1:3: an expectation, and no address above it"},
      {"a@b lands here\n", "t:1:5: \"lands here\": lands stands alone"},
      {"a@b =\n", "t:1:5: \"=\": = wants a word behind it"},
      {"a@b count 3..1\n", "t:1:5: \"count 3..1\": count wants a number or two"},
      {"a@b RCPT no\n", "t:1:5: \"RCPT no\": RCPT wants a code"},
      {"[x -q y]\n", "t:1:4: -q is no option of a section"},
      {"[x\n", "t:1:2: a section ends with ]"},
      {"[x -f]\n", "t:1:4: -f wants a value"},
      {"[x --stage odd]\n", "t:1:4: --stage takes full, local or smtp"},
      {"a@b lands\n\xFF\n", "t:2:1: this line is not UTF-8"},
  };
  for (const auto& [content, expected] : rows) {
    INFO(content);
    std::optional<SyntaxFault> fault;
    parse_expectations(content, "t", fault);
    REQUIRE(fault);
    CHECK_THAT(to_string(*fault, "t"), Catch::StartsWith(expected));
  }
}

TEST_CASE("expectation: the whole grammar") {
  std::optional<SyntaxFault> fault;
  const auto file = parse_expectations(
      "# roles\n"
      "root@example.com           mailbox:/var/mail/alice\n"
      "\n"
      "\"john doe\"@example.com -f <>  = root\n"
      "announce  lmtp:* carol@example.com\n"
      "   # between\n"
      "          ...\n"
      "\t  count 8..20\n"
      "each *@old.example  ! remote:*@gmail.example\n"
      "[from a partner -f anna@partner.example]\n"
      "x  command:/bin/x # no comment as nobody\n"
      "[later -o mailbox_transport=lmtp:unix:/x -o \"a = b c\" --stage smtp]\n"
      "x  refused 5.1.1\n"
      "[todo \"ticket 4711: later\"]\n"
      "x  lands\n"
      "[]\n"
      "x  via .forward\n",
      "t", fault);
  REQUIRE_FALSE(fault);
  REQUIRE(file.cases.size() == 8);
  CHECK(file.cases[1].subject == "\"john doe\"@example.com");
  CHECK(file.cases[1].sender == "<>");
  CHECK(file.cases[2].expectations.size() == 3);
  CHECK(file.cases[2].last_line == 8);
  CHECK(file.cases[3].is_each);
  CHECK(file.cases[4].expectations[0].argument == "/bin/x # no comment");
  CHECK(file.cases[4].expectations[0].user == "nobody");
  REQUIRE(file.sections.size() == 5);
  CHECK(file.sections[1].name == "from a partner");
  CHECK(file.sections[1].sender == "anna@partner.example");
  CHECK(file.sections[2].overrides[1] == "a = b c");
  CHECK(file.sections[3].todo == "ticket 4711: later");
  CHECK(file.cases[7].section == 4);
}

}  // namespace
}  // namespace lastmile
