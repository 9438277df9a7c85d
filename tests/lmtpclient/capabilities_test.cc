// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/capabilities.h"

#include "tests/support/catch.h"

namespace lastmile::lmtp {
namespace {

TEST_CASE("what a server announces is read line by line") {
  const Capabilities found = read_capabilities(
      {"mail.example.com Hello", "PIPELINING", "size 1000", "8bitmime", "DSN", "SMTPUTF8",
       "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH PLAIN login", "X-OTHER thing"},
      {});
  CHECK(found.server_name == "mail.example.com");
  CHECK(found.pipelining);
  CHECK(found.size);
  CHECK(found.size_limit == 1000);
  CHECK(found.eight_bit_mime);
  CHECK(found.dsn);
  CHECK(found.smtputf8);
  CHECK(found.enhanced_status_codes);
  CHECK(found.starttls);
  CHECK(found.auth_mechanisms == std::vector<std::string>{"PLAIN", "LOGIN"});
  CHECK(found.keywords.size() == 9);
  CHECK(found.keywords.back() == "X-OTHER thing");
}

TEST_CASE("the first line is the name of the server, whatever it looks like") {
  CHECK_FALSE(read_capabilities({"PIPELINING"}, {}).pipelining);
  CHECK_FALSE(read_capabilities({}, {}).pipelining);
}

TEST_CASE("a size without a limit limits nothing") {
  for (const char* line : {"SIZE", "SIZE 0", "SIZE x", "SIZE 99999999999999999999999"}) {
    INFO(line);
    const Capabilities found = read_capabilities({"host", line}, {});
    CHECK(found.size);
    CHECK(found.size_limit == 0);
  }
}

TEST_CASE("old servers write AUTH with an equals sign") {
  CHECK(read_capabilities({"host", "AUTH=PLAIN"}, {}).auth_mechanisms ==
        std::vector<std::string>{"PLAIN"});
}

TEST_CASE("a keyword that is discarded is still shown") {
  const Capabilities found =
      read_capabilities({"host", "PIPELINING", "DSN"}, {"pipelining", "silent-discard"});
  CHECK_FALSE(found.pipelining);
  CHECK(found.dsn);
  CHECK(found.keywords == std::vector<std::string>{"PIPELINING", "DSN"});
}

TEST_CASE("SMTPUTF8 includes 8BITMIME") {
  CHECK(read_capabilities({"host", "SMTPUTF8"}, {}).eight_bit_mime);
}

}  // namespace
}  // namespace lastmile::lmtp
