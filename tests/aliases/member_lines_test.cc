// SPDX-License-Identifier: Apache-2.0
#include "aliases/member_lines.h"

#include <algorithm>
#include <string>

#include "aliases/member.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// `line[text]` for each piece, a newline shown as '$'.
std::string shown(std::string_view content, std::size_t limit = 2048) {
  std::string text;
  MemberLines lines(content, limit);
  while (const auto line = lines.next()) {
    std::string piece(line->text);
    std::replace(piece.begin(), piece.end(), '\n', '$');
    text += std::to_string(line->line) + '[' + piece + ']';
  }
  return text;
}

TEST_CASE("each physical line is a list of its own") {
  CHECK(shown("").empty());
  CHECK(shown("a\n") == "1[a$]");
  CHECK(shown("a, b\n\n c") == "1[a, b$]2[$]3[ c]");
  CHECK(shown("a\r\n b\r\n") == "1[a\r$]2[ b\r$]");
}

TEST_CASE("the newline belongs to a quoted string that is never closed") {
  MemberLines lines("\"a b\nc\n", 2048);
  const auto line = lines.next();
  REQUIRE(line);
  const auto members = parse_members(line->text);
  REQUIRE(members.size() == 1);
  CHECK(std::get<AddressMember>(members[0]).address.local_part == "a b ");
}

TEST_CASE("a comment begins in the first column") {
  CHECK(shown("#a\n #b\nc #d\n##\n") == "2[ #b$]3[c #d$]");
}

TEST_CASE("a long line is cut, and each piece is like a line") {
  CHECK(shown("abcdef\ng\n", 3) == "1[abc]1[def]1[$]2[g$]");
  CHECK(shown("abcd\n", 3) == "1[abc]1[d$]");
  CHECK(shown("abc#ef\n", 3) == "1[abc]1[$]");
  CHECK(shown("#bcdef\n", 3) == "1[def]1[$]");
  CHECK(shown("ab", 0) == "1[a]1[b]");
}

}  // namespace
}  // namespace lastmile
