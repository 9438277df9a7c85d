// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/declared_body.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

bool declares(const std::string& text) {
  const auto message = SpooledMessage::from_text(text);
  REQUIRE(message.ok());
  return declares_eight_bit(*message);
}

TEST_CASE("a message says of itself that it is 8-bit") {
  struct Row {
    const char* text;
    bool declares;
  };
  const Row rows[] = {
      {"Content-Transfer-Encoding: 8bit\n\nx\n", true},
      {"content-transfer-encoding:\n BINARY\n\nx\n", true},
      {"Content-Transfer-Encoding: 7bit\n\nx\n", false},
      {"Content-Transfer-Encoding: 8bit (comment)\n\nx\n", false},
      {"Content-Transfer-Encoding: 8bit \n\nx\n", false},
      {"A: b\n\nContent-Transfer-Encoding: 8bit\n", false},
      {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: 8bit\n\n"
       "x\n--b--\n",
       true},
      {"Content-Type: message/rfc822\n\nContent-Transfer-Encoding: 8bit\n\nx\n", true},
      {"X-Content-Transfer-Encoding: 8bit\n\nx\n", false},
      {"A: b\n\n\xc3\xbc\n", false},
      {"", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(declares(row.text) == row.declares);
  }
}

TEST_CASE("what a message says is found wherever it is cut") {
  for (const std::size_t before :
       {std::size_t{0}, std::size_t{1}, std::size_t{10}, std::size_t{25}, std::size_t{26}}) {
    CAPTURE(before);
    // The name begins so many octets before a chunk ends.
    std::string text = "Content-Type: multipart/mixed; boundary=b\n\n";
    text.append(kMessageChunk - text.size() - before - 5, 'x');
    CHECK(declares(text + "\n--b\nContent-Transfer-Encoding: 8bit\n\nx\n"));
  }
}

}  // namespace
}  // namespace lastmile
