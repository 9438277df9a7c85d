// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/reply.h"

#include "tests/support/catch.h"
#include "tests/support/cut_bytes.h"

namespace lastmile::lmtp {
namespace {

std::string line(const Reply& reply) {
  return std::to_string(reply.code) + ' ' + to_string(reply.status) + " [" + reply.text + ']' +
         (reply.has_noise ? " noise" : "");
}

std::string read_all(const std::vector<std::string_view>& pieces) {
  ReplyReader reader({});
  std::string result;
  for (const std::string_view piece : pieces) {
    reader.append(piece);
    while (const auto reply = reader.next()) {
      result += line(*reply) + '\n';
    }
  }
  return result;
}

TEST_CASE("a reply is read from bytes, however they are cut") {
  struct Row {
    const char* bytes;
    const char* expected;
  };
  const Row rows[] = {
      {"250 2.0.0 saved\r\n", "250 2.0.0 [250 2.0.0 saved]\n"},
      {"250 ok\n", "250 2.0.0 [250 ok]\n"},
      {"250\r\n", "250 2.0.0 [250]\n"},
      {"250 \r\n", "250 2.0.0 [250 ]\n"},
      {"250-first\r\n250 2.1.0 second\r\n", "250 2.1.0 [250-first 250 2.1.0 second]\n"},
      // The last line decides, also against the ones before.
      {"250-5.1.1 x\r\n450 nope\r\n", "450 4.0.0 [250-5.1.1 x 450 nope]\n"},
      {"550-5.1.1 two\r\n550 5.1.2 lines\r\n", "550 5.1.2 [550-5.1.1 two 550 5.1.2 lines]\n"},
      // An enhanced code that is not well formed, or of another class than the reply.
      {"550 4.2.2 no\r\n", "550 5.0.0 [550 4.2.2 no]\n"},
      {"450 4.2 no\r\n", "450 4.0.0 [450 4.2 no]\n"},
      {"550 5.1.1no\r\n", "550 5.0.0 [550 5.1.1no]\n"},
      {"550 5.1.1234 no\r\n", "550 5.0.0 [550 5.1.1234 no]\n"},
      {"550 5.1.1\r\n", "550 5.1.1 [550 5.1.1]\n"},
      {"550  5.1.1 no\r\n", "550 5.1.1 [550  5.1.1 no]\n"},
      // Codes that no outcome can have.
      {"354 go\r\n", "354 5.5.0 [354 go]\n"},
      {"300 5.1.1 hm\r\n", "300 5.5.0 [300 5.1.1 hm]\n"},
      {"000 x\r\n", "0 5.5.0 [000 x]\n"},
      {"999 x\r\n", "999 5.5.0 [999 x]\n"},
      // Lines that are no reply.
      {"DEBUG x\r\n250 2.0.0 ok\r\n", "250 2.0.0 [DEBUG x 250 2.0.0 ok] noise\n"},
      {"550x5.1.1\r\n250 ok\r\n", "250 2.0.0 [550x5.1.1 250 ok] noise\n"},
      {"25 a\r\n2500 b\r\n\r\n250 ok\r\n", "250 2.0.0 [25 a 2500 b  250 ok] noise\n"},
      {"250-a\r\nb\r\n250 c\r\n", "250 2.0.0 [250-a b 250 c] noise\n"},
      // What a terminal must not see.
      {"550 a\tb\x1b[1m\x7f\r\n", "550 5.0.0 [550 a?b?[1m?]\n"},
      {"550 Gr\xc3\xbc\xc3\x9f"
       "e \xff\xc3.\xe2\x82\r\n",
       "550 5.0.0 [550 Gr\xc3\xbc\xc3\x9f"
       "e ??.??]\n"},
      {"550 a\rb\r\r\n", "550 5.0.0 [550 a?b?]\n"},
      // Several, and an unfinished one.
      {"250 a\r\n451 b\r\n25", "250 2.0.0 [250 a]\n451 4.0.0 [451 b]\n"},
      {"250-a\r\n", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    INFO(row.bytes);
    for (const auto& pieces : all_cuts(row.bytes)) {
      CHECK(read_all(pieces) == row.expected);
    }
  }
}

TEST_CASE("lines of a reply keep their octets for who reads capabilities") {
  ReplyReader reader({});
  reader.append("250-host\r\n250-SIZE 42\r\n250 8BITMIME\r\n");
  const auto reply = reader.next();
  REQUIRE(reply);
  CHECK(reply->lines == std::vector<std::string>{"host", "SIZE 42", "8BITMIME"});
}

TEST_CASE("a long line is cut, and the reply still counts") {
  ReplyReader reader({.max_line = 20, .max_lines = 3, .max_octets = 1000});
  reader.append("250 2.0.0 " + std::string(500, 'x') + "\r\n550 no\r\n");
  const auto first = reader.next();
  REQUIRE(first);
  CHECK(line(*first) == "250 2.0.0 [250 2.0.0 xxxxxxxxxx]");
  CHECK(reader.next()->code == 550);
}

TEST_CASE("the text of a reply with many lines ends somewhere, its code is the last") {
  ReplyReader reader({});
  for (int i = 0; i < 150; ++i) {
    reader.append("250-" + std::string(100, 'x') + "\r\n");
  }
  reader.append("550 5.1.1 end\r\n");
  const auto reply = reader.next();
  REQUIRE(reply);
  CHECK(reply->code == 550);
  CHECK(reply->status == "5.1.1"_dsn);
  CHECK(reply->text.size() < kMaxReplyText + 110);
}

TEST_CASE("a reply without end breaks the reader") {
  for (const char* endless : {"250-more\r\n", "x"}) {
    ReplyReader reader({.max_line = 20, .max_lines = 3, .max_octets = 50});
    for (int i = 0; i < 60; ++i) {
      reader.append(endless);
      CHECK_FALSE(reader.next());
    }
    CHECK(reader.is_broken());
    reader.append("250 ok\r\n");
    CHECK_FALSE(reader.next());
  }
}

}  // namespace
}  // namespace lastmile::lmtp
