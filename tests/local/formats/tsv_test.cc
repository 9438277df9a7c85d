// SPDX-License-Identifier: Apache-2.0
#include "local/formats/tsv.h"

#include <sstream>

#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

std::string printed(const Trace& trace) {
  std::ostringstream out;
  print_tsv(out, trace);
  return out.str();
}

TEST_CASE("TSV has a line for each destination") {
  std::ostringstream header;
  print_tsv_header(header);
  CHECK(header.str() == "address\tkind\ttarget\trecipient\tsender\tuser\tdsn\ttext\trcpt\tvia\n");
  CHECK(printed(sample_trace()) ==
        "root@example.com\tlmtp\tunix:/var/imap/socket/lmtp\talice@example.com\t"
        "sender@example.net\t\t\t\t\t\n"
        "root@example.com\tcommand\t/usr/bin/vacation alice\talice@example.com\t"
        "sender@example.net\talice\t\t\t\t\n"
        "root@example.com\tremote\tops@partner.example\tops@partner.example\t"
        "sender@example.net\t\t\t\t\t\n");
}

TEST_CASE("TSV names an address that lands nowhere") {
  CHECK(printed(TraceBuilder("x@y").trace()) == "x@y\t\t\t\t\t\t\t\t\t\n");
}

TEST_CASE("TSV tells what port 25 says, and by what mail leaves") {
  TraceBuilder build("x@y");
  build.add(build.root(), Step::recipient_check, "RCPT", "550 5.1.1 <x@y>: no");
  build.add_leaf(build.root(), Remote{"smtp", "[10.0.0.5]:25"}, "x@y");
  CHECK(printed(build.trace()) ==
        "x@y\tremote\tx@y\tx@y\tsender@example.net\t\t\t\t550 5.1.1\tsmtp:[10.0.0.5]:25\n");
}

TEST_CASE("TSV escapes what would break a field") {
  TraceBuilder build("x@example.com");
  build.add_leaf(build.root(), Command{"a\tb\nc\rd\\e\x1b\xff\xc2\x9b é", "", {}}, "x@y");
  CHECK(printed(build.trace()) ==
        "x@example.com\tcommand\ta\\tb\\nc\\rd\\\\e\\x1B\\xFF\\xC2\\x9B é\tx@y\t"
        "sender@example.net\t\t\t\t\t\n");
}

}  // namespace
}  // namespace lastmile::test
