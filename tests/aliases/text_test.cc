// SPDX-License-Identifier: Apache-2.0
#include "aliases/text.h"

#include <array>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

std::string joined(const std::vector<std::string_view>& items) {
  std::string text;
  for (const std::string_view item : items) {
    text += '[' + std::string(item) + ']';
  }
  return text;
}

TEST_CASE("white space is trimmed at both ends") {
  CHECK(trim(" \t a b\r\n\f") == "a b");
  CHECK(trim(" \v ").empty());
  CHECK(trim("").empty());
}

TEST_CASE("a list is split at commas and white space") {
  struct Row {
    const char* text;
    const char* plain;
    const char* protected_by_braces;
  };
  const Row rows[] = {
      {"", "", ""},
      {" , ,\t\n", "", ""},
      {"a", "[a]", "[a]"},
      {",a, b\tc ", "[a][b][c]", "[a][b][c]"},
      {"inline:{a=b, c=d} x", "[inline:{a=b][c=d}][x]", "[inline:{a=b, c=d}][x]"},
      {"{a {b c} d},e", "[{a][{b][c}][d}][e]", "[{a {b c} d}][e]"},
      {"a} b", "[a}][b]", "[a}][b]"},
      {"a {b c", "[a][{b][c]", "[a][{b c]"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(joined(split_list(row.text)) == row.plain);
    CHECK(joined(split_list(row.text, Braces::protect)) == row.protected_by_braces);
  }
}

TEST_CASE("case is folded by Unicode where the text is UTF-8") {
  struct Row {
    const char* text;
    const char* folded;
  };
  const Row rows[] = {
      {"", ""},
      {"Alice+X@EXAMPLE.com", "alice+x@example.com"},
      {"ÄÖÜ×÷ÿŸ", "äöü×÷ÿÿ"},
      {"Straße", "strasse"},
      {"ŽĶŸſ", "žķÿs"},
      {"İıI", "i̇ıi"},
      {"ΑΒΓΣας Ά", "αβγσασ ά"},
      {"МОСКВА Ёж Ґ", "москва ёж ґ"},
      {"ԵՐԵՒԱՆ", "երեւան"},
      {"ＡＢ", "ａｂ"},
      {"日本", "日本"},
      {"\U0001F600A", "\U0001F600a"},
      {"\xC4\xFF"
       "A",
       "\xC4\xFF"
       "a"},  // Not UTF-8: ASCII alone.
      {"\xC3\x84\xFF", "\xC3\x84\xFF"},
  };
  for (const Row& row : rows) {
    CHECK(fold_case(row.text) == row.folded);
    CHECK(fold_case(fold_case(row.text)) == fold_case(row.text));
  }
  CHECK(fold_ascii("ÄB") == "Äb");
}

TEST_CASE("texts are compared without the case of ASCII letters") {
  CHECK(equal_ignoring_case("PostMaster", "postmaster"));
  CHECK_FALSE(equal_ignoring_case("post", "postmaster"));
  CHECK(starts_with_ignoring_case(":Include:/p", ":include:"));
  CHECK_FALSE(starts_with_ignoring_case(":incl", ":include:"));
}

TEST_CASE("UTF-8 is checked as RFC 3629 has it") {
  for (const char* valid : {"", "a", "é", "€", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
    CHECK(is_valid_utf8(valid));
  }
  for (const char* invalid :
       {"\x80", "\xC0\x80", "\xC3", "\xC3\x28", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
    CHECK_FALSE(is_valid_utf8(invalid));
  }
}

TEST_CASE("what a terminal would obey is not printed") {
  CHECK(printable("a\x1B[31mb\n\x7F") == "a?[31mb??");
  CHECK(printable(std::string_view("a\0b", 3)) == "a?b");
  CHECK(printable("é\xC2\x9B"
                  "1m \xFF€") == "é??1m ?€");
}

TEST_CASE("a word that is nearly right gets a suggestion") {
  const std::array<std::string_view, 4> types = {"btree", "cdb", "hash", "regexp"};
  CHECK(closest_match("hats", types).empty());  // Two changes are too many in four letters.
  CHECK(closest_match("hahs", types) == "hash");
  CHECK(closest_match("hasch", types) == "hash");
  CHECK(closest_match("HASH", types) == "hash");
  CHECK(closest_match("regex", types) == "regexp");
  CHECK(closest_match("x", types).empty());
  CHECK(closest_match("", types).empty());
  CHECK(closest_match(std::string(100000, 'h'), types).empty());
  CHECK(did_you_mean("btre", types) == " (did you mean \"btree\"?)");
  CHECK(did_you_mean("ldap", types).empty());
}

}  // namespace
}  // namespace lastmile
