// SPDX-License-Identifier: Apache-2.0
#include "local/serving/server_reply.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

TEST_CASE("a reply code goes with its enhanced status") {
  struct Row {
    std::string status;
    int code;
  };
  const Row rows[] = {{"2.0.0", 250}, {"4.2.0", 451}, {"4.2.2", 452}, {"4.3.1", 452},
                      {"5.1.1", 550}, {"5.7.1", 550}, {"5.2.2", 552}, {"5.4.6", 554}};
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CHECK(reply_code_for(parse_enhanced_status(row.status).value()) == row.code);
  }
}

TEST_CASE("a reply has no line of more than 512 octets, and no line end in its text") {
  CHECK(to_wire({250, "2.0.0"_dsn, "delivered to mailbox"}) ==
        "250 2.0.0 delivered to mailbox\r\n");
  CHECK(to_wire({250, "2.0.0"_dsn, "a\r\nb"}) == "250 2.0.0 a??b\r\n");
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += "\xC3\xA4";
  }
  const std::string wire = to_wire({451, "4.3.0"_dsn, text});
  CHECK(wire.starts_with("451-4.3.0 \xC3\xA4"));
  std::size_t begin = 0;
  while (begin < wire.size()) {
    const std::size_t end = wire.find("\r\n", begin) + 2;
    CHECK(end - begin <= 512);
    begin = end;
  }
  CHECK(wire.find("\r\n451 4.3.0 \xC3\xA4") != std::string::npos);
  // What a client with a small buffer is told ends with a whole character.
  CHECK(to_wire({451, "4.3.0"_dsn, text}, 5) == "451 4.3.0 \xC3\xA4\xC3\xA4\r\n");
}

}  // namespace
}  // namespace lastmile::test
