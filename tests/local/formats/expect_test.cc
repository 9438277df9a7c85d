// SPDX-License-Identifier: Apache-2.0
#include "local/formats/expect.h"

#include <sstream>

#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

std::string printed(const Trace& trace) {
  std::ostringstream out;
  print_expectation(out, trace);
  return out.str();
}

TEST_CASE("expectations have the address on the left and its destinations below each other") {
  std::ostringstream header;
  print_expectations_header(header);
  CHECK(header.str() == "# address              lands at\n");
  CHECK(printed(sample_trace()) ==
        "root@example.com       lmtp:unix:/var/imap/socket/lmtp alice@example.com\n"
        "                       command:/usr/bin/vacation alice\n"
        "                       remote:ops@partner.example\n");
}

TEST_CASE("expectations leave two blanks after a long address") {
  TraceBuilder build("a-rather-long-address@example.com");
  build.add_leaf(build.root(), Mailbox{"/var/mail/a"}, "a@example.com");
  CHECK(printed(build.trace()) == "a-rather-long-address@example.com  mailbox:/var/mail/a\n");
}

TEST_CASE("expectations name failures by their codes alone") {
  TraceBuilder build("x");
  build.add_leaf(build.root(), Bounce{"5.1.1"_dsn, "unknown user: \"x\""}, "x@example.com");
  build.add_leaf(build.root(), Defer{"4.3.0"_dsn, "later"}, "x@example.com");
  CHECK(printed(build.trace()) ==
        "x                      bounce:5.1.1\n"
        "                       defer:4.3.0\n");
}

TEST_CASE("expectations tell what port 25 refuses, and by what mail leaves") {
  TraceBuilder build("x");
  build.add(build.root(), Step::recipient_check, "RCPT", "550 5.1.1 <x@y>: no");
  build.add_leaf(build.root(), Remote{"smtp", "[10.0.0.5]:25"}, "x@y");
  CHECK(printed(build.trace()) ==
        "x                      RCPT 550 5.1.1\n"
        "                       remote:x@y via smtp:[10.0.0.5]:25\n");
  TraceBuilder nowhere("x");
  nowhere.add(nowhere.root(), Step::recipient_check, "RCPT", "550 5.1.1 <x@y>: no");
  CHECK(printed(nowhere.trace()) == "x                      RCPT 550 5.1.1\n");
}

TEST_CASE("expectations keep an address that lands nowhere as a comment") {
  CHECK(printed(TraceBuilder("x@y").trace()) == "# x@y lands nowhere\n");
}

}  // namespace
}  // namespace lastmile::test
