// SPDX-License-Identifier: Apache-2.0
// The company of fixtures/demo lands where fixtures/README.md says it does.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/integration/process.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

const std::string kDemo = source_directory() + "/fixtures/demo";

/// The destinations of one address, each with its recipient, as an expectations file has them.
ProcessResult trace(const std::string& address) {
  return run_process(
      {.arguments = {lastmile_program(), "--root", kDemo, "trace", "--format", "expect", address}});
}

TEST_CASE("the demo company lands where its description says") {
  struct Row {
    std::string address;
    int status;
    std::vector<std::string> destinations;
  };
  const std::string lmtp = "lmtp:unix:/run/dovecot/lmtp ";
  const Row rows[] = {
      {"postmaster@example.com",
       0,
       {"mailbox:/var/mail/alice", "file:/home/alice/received", "remote:alice@phone.example"}},
      {"announce@example.com",
       0,
       {"mailbox:/var/mail/alice", "file:/home/alice/received", "remote:alice@phone.example",
        "mailbox:/var/mail/bob", lmtp + "carol@example.com", lmtp + "dave+news@example.com",
        "remote:anna@customer.example", "remote:orders@partner.example"}},
      {"sales@example.com", 0, {lmtp + "carol@example.com", lmtp + "dave@example.com"}},
      {"support@example.com",
       0,
       {"mailbox:/var/mail/bob", "remote:helpdesk@partner.example via smtp:partner.example"}},
      {"erin@example.com", 0, {lmtp + "erin@example.com"}},
      {"bob+lists@example.com", 0, {"mailbox:/var/mail/bob"}},
      {"noreply@example.com", 0, {"file:/dev/null"}},
      {"nosuch@example.com", 2, {"RCPT 550 5.1.1", "bounce:5.1.1"}},
  };
  for (const Row& row : rows) {
    const ProcessResult result = trace(row.address);
    INFO(row.address << '\n' << result.out << result.err);
    CHECK(result.status == row.status);
    std::size_t at = 0;
    for (const std::string& destination : row.destinations) {
      CAPTURE(destination);
      at = result.out.find(destination, at);
      REQUIRE(at != std::string::npos);
      at += destination.size();
    }
    const auto lines = std::count(result.out.begin(), result.out.end(), '\n');
    // A line of head stands above them.
    CHECK(static_cast<std::size_t>(lines) == row.destinations.size() + 1);
  }
}

}  // namespace
}  // namespace lastmile::test
