// SPDX-License-Identifier: Apache-2.0
#include "aliases/alias_file.h"

#include "aliases/member.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// `key=value` of a line, or what is wrong with it.
std::string shown(std::string_view line) {
  const auto entry = parse_alias_line(line);
  return entry ? entry->key + '=' + entry->value : entry.error().text;
}

TEST_CASE("a line is stored as postalias stores it") {
  struct Row {
    const char* line;
    const char* stored;
  };
  const Row rows[] = {
      {"root: alice", "root=alice"},
      {"j:k", "j=k"},
      {"a b: carol", "a b=carol"},
      {"\"q q\": r", "q q=r"},
      {"bs\\ c: d", "bs c=d"},
      {"\"x:y\": z", "x:y=z"},
      {"p (c) q: r (s) t", "p (c) q=r (s) t"},
      {"grp: g: a, b;", "grp=g:a, b;"},
      {"x: |/bin/cat -u >/tmp/y", "x=|/bin/cat -u>/tmp/y"},
      {"y: alice bob, carol", "y=alice bob, carol"},
      {"y: a,b,", "y=a, b, "},
      {"z: Full Name <alice@x>,<b>", "z=Full Name <alice@x>, <b>"},
      {"v: \"a b\"@x, \"|cmd 'x y' \\\"c\\\" \\\\d\"",
       "v=\"a b\"@x, \"|cmd 'x y' \\\"c\\\" \\\\d\""},
      {"nq: \"q\\@x\" \\\"y", "nq=\"q@x\" \"\\\"y\""},
      {"w: [a\\]]b . c", "w=[a]] b.c"},
      {"t: |\"a\tb\"", "t=|\"a b\""},
      {"u: \"unterminated", "u=\"unterminated\""},
      {"e: \"\"", "e=\"\""},
      {"c: (nothing)", "c=(nothing)"},
      {"i: :include:/x y", "i=:include:/x y"},
      {"Root: Alice", "Root=Alice"},
      // What postalias leaves out
      {"nocolon here", "need name:value pair"},
      {"f:", "need name:value pair"},
      {": x", "need name:value pair"},
      {"h, i: x", "need name:value pair"},
      {"a@b: x", "name must be local and have no domain"},
      {"a%b: x", "name must be local and have no domain"},
      {"a, b@c: x", "need name:value pair"},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    CHECK(shown(row.line) == row.stored);
  }
}

TEST_CASE("a stored value means what was written") {
  for (const char* value : {"alice, bob", "\"|cmd 'a' \\\"b\\\"\"", "g: a, b;", ":include:\"/p q\"",
                            "\\\\x", "Name <a@b>, \"c d\"@e", "/f\\ g"}) {
    const auto entry = parse_alias_line(std::string("x: ") + value);
    REQUIRE(entry);
    const auto written = parse_members(value);
    const auto stored = parse_members(entry->value);
    REQUIRE(written.size() == stored.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
      CHECK(to_string(written[i]) == to_string(stored[i]));
    }
  }
}

std::string shown_file(std::string_view content, const TablePolicy& policy = {}) {
  const AliasFile file = parse_alias_file(content, "/etc/aliases", policy);
  std::string text;
  for (const AliasEntry& entry : file.entries) {
    text += std::to_string(entry.source.line) + ' ' + entry.key + '=' + entry.value + '\n';
  }
  for (const Error& warning : file.warnings) {
    text += warning.message() + '\n';
  }
  return text;
}

TEST_CASE("logical lines, comments and the lines of entries") {
  CHECK(shown_file("# c\n\na: b\n\n  # inside\n\tc\n# d\n  , d\nlast: x") ==
        "3 a=b c, d\n9 last=x\n");
  CHECK(shown_file("a: b # not a comment\n") == "1 a=b # not a comment\n");
  CHECK(shown_file("a: \"b\n  c\"\r\n") == "1 a=\"b  c\"\n");
  CHECK(shown_file("").empty());
  CHECK(shown_file("#\n \n").empty());
}

TEST_CASE("what is left out is told with its line, the rest counts") {
  CHECK(shown_file("  lead: x\n more\na: b\n") ==
        "3 a=b\n/etc/aliases:1: logical line must not start with whitespace: "
        "\"  lead: x more\"\n");
  CHECK(shown_file("dup: a\nq r\n z\nDUP: b\n\"Dup\": c\n") ==
        "1 dup=a\n/etc/aliases:2: need name:value pair\n"
        "/etc/aliases:4: duplicate entry: \"dup\"\n/etc/aliases:5: duplicate entry: \"dup\"\n");
  CHECK(shown_file("a: \xFF\nb: c\n") ==
        "2 b=c\n/etc/aliases:1: non-UTF-8 input \"a: ?\" -- ignoring this line\n");
}

TEST_CASE("keys are folded as the policy says") {
  CHECK(shown_file("ÜNÏ: Ö\n") == "1 ünï=Ö\n");
  TablePolicy policy;
  policy.utf8 = false;
  CHECK(shown_file("ÜN: Ö\nb: \xFF\n", policy) == "1 Ün=Ö\n2 b=\xFF\n");
  policy.fold_key = false;
  CHECK(shown_file("ÜN: Ö\n", policy) == "1 ÜN=Ö\n");
}

TEST_CASE("alias file: names are stored without quotes, and as they are written from 3.12 on") {
  struct Row {
    const char* line;
    const char* plain;
    const char* as_written;
  };
  const Row rows[] = {
      {"sales: x", "sales", "sales"},
      {"\"sales\": x", "sales", "\"sales\""},
      {"\"al ice\": x", "al ice", "\"al ice\""},
      {"a..b: x", "a..b", "a..b"},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const auto plain = parse_alias_line(row.line);
    const auto as_written = parse_alias_line(row.line, AliasNames::as_written);
    REQUIRE(plain.ok());
    REQUIRE(as_written.ok());
    CHECK(plain->key == row.plain);
    CHECK(as_written->key == row.as_written);
  }
}

}  // namespace
}  // namespace lastmile
