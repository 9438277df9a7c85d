// SPDX-License-Identifier: Apache-2.0
#include "local/formats/utf8.h"

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

TEST_CASE("columns are counted as a terminal shows them") {
  CHECK(columns("") == 0);
  CHECK(columns("abc") == 3);
  CHECK(columns("é├─") == 3);
  CHECK(columns("日本") == 4);
  CHECK(columns("e\u0301") == 1);
  CHECK(columns("\xff\xfe") == 2);
}

TEST_CASE("texts are wrapped between words, and within those that are too long") {
  using Lines = std::vector<std::string>;
  CHECK(wrap("", 5) == Lines{""});
  CHECK(wrap("abc", 3) == Lines{"abc"});
  CHECK(wrap("ab cd", 4) == Lines{"ab", "cd"});
  CHECK(wrap("ab cd", 2) == Lines{"ab", "cd"});
  CHECK(wrap("ab  cd e", 4) == Lines{"ab ", "cd e"});
  CHECK(wrap("abcdef gh", 4) == Lines{"abcd", "ef", "gh"});
  CHECK(wrap("日本語", 4) == Lines{"日本", "語"});
  CHECK(wrap("日", 1) == Lines{"日"});
  CHECK(wrap("x ", 1) == Lines{"x"});
}

}  // namespace
}  // namespace lastmile::test
