// SPDX-License-Identifier: Apache-2.0
#include "local/questions/pattern_samples.h"

#include <string>
#include <vector>

#include "aliases/text.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("pattern_samples: texts that a pattern matches") {
  const std::pair<std::string, std::string> rows[] = {
      {"^info@example\\.com$", "info@example.com"},
      {"^(ceo|boss)@", "ceo@, boss@"},
      {"^ab?c$", "abc, ac"},
      {"^[0-9]{3}$", "000"},
      {"^[^a]x$", "bx"},
      {"^[[:digit:]]+$", "11, 1"},
      {"^.*$", "a, "},
      {"^a(?:b|c)d$", "abd, acd"},
      {"\\d\\w\\.", "1a."},
      {"^(?=a)b", ""},
      {"(a)\\1", ""},
      {"a(b", ""},
      {"[", ""},
      {"*", ""},
      {"a{2,}", "aaa, aa"},
      {"a{99999}", ""},
  };
  for (const auto& [pattern, expected] : rows) {
    INFO(pattern);
    CHECK(comma_list(texts_matching(pattern)) == expected);
  }
  CHECK(texts_matching(std::string(10'000, '(')).empty());
  CHECK(texts_matching("(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)").size() <= 8);
}

TEST_CASE("pattern_samples: the rules of a table") {
  const auto rules = pattern_rules(
      "# roles\n"
      "/^info@/ alice\n"
      "# lastmile: sample anna+eu@example.com\n"
      "/^anna\\+(?=eu)/ anna\n"
      "!/^x/ nobody\n"
      "if /@example/\n"
      "/a\\/b/i\n"
      "   bob\n"
      "endif\n");
  REQUIRE(rules.size() == 3);
  CHECK(rules[0].line == 2);
  CHECK(rules[0].samples.empty());
  CHECK(rules[1].samples == std::vector<std::string>{"anna+eu@example.com"});
  CHECK(rules[2].pattern == "a/b");
  CHECK(rules[2].line == 7);
}

}  // namespace
}  // namespace lastmile
