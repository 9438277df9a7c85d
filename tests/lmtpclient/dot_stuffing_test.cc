// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/dot_stuffing.h"

#include "tests/support/catch.h"
#include "tests/support/cut_bytes.h"

namespace lastmile::lmtp {
namespace {

std::string stuff(const std::vector<std::string_view>& pieces, std::size_t limit) {
  DotStuffer stuffer(limit);
  std::string wire;
  for (const std::string_view piece : pieces) {
    stuffer.append(piece, wire);
  }
  stuffer.finish(wire);
  return wire;
}

TEST_CASE("content becomes lines for the wire, however it is cut") {
  struct Row {
    const char* content;
    const char* wire;
  };
  const Row rows[] = {
      {"", ""},
      {"a\n", "a\r\n"},
      {"a", "a\r\n"},
      {"a\r\n", "a\r\n"},
      {"a\r", "a\r\r\n"},
      {"a\rb\n", "a\rb\r\n"},
      {"a\r\r\n", "a\r\r\n"},
      {"\n\n", "\r\n\r\n"},
      {".\n", "..\r\n"},
      {".", "..\r\n"},
      {"..a\nb.\n", "...a\r\nb.\r\n"},
      {"a\r.\n", "a\r.\r\n"},
      {"a\r\n.\r\nb", "a\r\n..\r\nb\r\n"},
      // Lines of ten octets: exactly ten fit, the space of a continuation counts.
      {"0123456789\n", "0123456789\r\n"},
      {"0123456789a\n", "0123456789\r\n a\r\n"},
      {"0123456789abcdefghi\n", "0123456789\r\n abcdefghi\r\n"},
      {"0123456789abcdefghij\n", "0123456789\r\n abcdefghi\r\n j\r\n"},
      {".123456789\n", "..123456789\r\n"},
      {".123456789.\n", "..123456789\r\n .\r\n"},
      {"0123456789\r\n", "0123456789\r\n"},
      {"0123456789\rx", "0123456789\r\n \rx\r\n"},
  };
  for (const Row& row : rows) {
    INFO(row.content);
    for (const auto& pieces : all_cuts(row.content)) {
      CHECK(stuff(pieces, 10) == row.wire);
    }
  }
}

TEST_CASE("lines are never broken when the limit is zero") {
  const std::string line(100000, 'x');
  CHECK(stuff({line}, 0) == line + "\r\n");
}

TEST_CASE("a line of 998 octets is whole, one of 999 is broken") {
  CHECK(stuff({std::string(998, 'x')}, 998) == std::string(998, 'x') + "\r\n");
  CHECK(stuff({std::string(999, 'x')}, 998) == std::string(998, 'x') + "\r\n x\r\n");
}

std::string unstuff(const std::vector<std::string_view>& pieces) {
  DotUnstuffer unstuffer;
  std::string content;
  std::string rest;
  for (const std::string_view piece : pieces) {
    rest += piece.substr(unstuffer.append(piece, content));
  }
  return content + (unstuffer.finished() ? "|" + rest : "~");
}

TEST_CASE("content is taken from the wire up to the final dot, however it is cut") {
  struct Row {
    const char* wire;
    const char* expected;  // Content, then "|" and what follows the dot, or "~" without a dot.
  };
  const Row rows[] = {
      {".\r\n", "|"},
      {"a\r\n.\r\nQUIT\r\n", "a\n|QUIT\r\n"},
      {"..\r\n.\r\n", ".\n|"},
      {"...a\r\n.\r\n", "..a\n|"},
      {".a\r\n.\r\n", "a\n|"},
      {"a.\r\n.\r\n", "a.\n|"},
      {"a\r\rb\r\r\n.\r\n", "a\r\rb\r\n|"},
      // Only CRLF "." CRLF ends the content.
      {"a\n.\r\nb\r\n", "a\n.\nb\n~"},
      {"a\n.\nb", "a\n.\nb~"},
      {"a\r\n.\nb", "a\n\nb~"},
      {"a\r\n.\rb", "a\n\rb~"},
      {"a\r.\r\n", "a\r.\n~"},
      {"a\r\n.", "a\n~"},
      {"", "~"},
  };
  for (const Row& row : rows) {
    INFO(row.wire);
    for (const auto& pieces : all_cuts(row.wire)) {
      CHECK(unstuff(pieces) == row.expected);
    }
  }
}

TEST_CASE("what is stuffed comes back") {
  const std::string content = ".\n..\n\n.x\nabc\r.\n";
  const std::string wire = stuff({content}, 998) + ".\r\n";
  CHECK(unstuff({wire}) == content + "|");
}

}  // namespace
}  // namespace lastmile::lmtp
