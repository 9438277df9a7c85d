// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/message_key.h"

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

Envelope envelope_of(const std::string& queue_id, const std::string& sender = "s@example.com") {
  Envelope envelope;
  envelope.queue_id = queue_id;
  envelope.sender = *parse_address(sender);
  return envelope;
}

std::string key_of(const std::string& text, const Envelope& envelope) {
  const auto message = SpooledMessage::from_text(text);
  REQUIRE(message.ok());
  const auto key = message_key(*message, envelope);
  REQUIRE(key.ok());
  return *key;
}

TEST_CASE("a message has a key that does not change from one attempt to the next") {
  for (const char* queue_id : {"", "4F6A12C0B"}) {
    const auto envelope = envelope_of(queue_id);
    const std::string key = key_of("Subject: one\n\nHello.\n", envelope);
    CHECK(key.size() == 64);
    CHECK(key_of("From s@example.com  Sun Nov 22 02:00:00 2026\nSubject: one\n\nHello.\n",
                 envelope) == key);
    CHECK(key_of("Subject: two\n\nHello.\n", envelope) != key);
    CHECK(key_of("Subject: one\n\nHello, Bob.\n", envelope) != key);
    CHECK(key_of("Subject: one\n\nHello.\n", envelope_of(queue_id, "t@example.com")) != key);
    CHECK(key_of("Subject: one\n\nHello.\n", envelope_of("OTHER")) != key);
  }
}

TEST_CASE("of a message with a queue ID the header section is enough") {
  const auto named = envelope_of("4F6A12C0B");
  const std::string header = "Subject: " + std::string(100'000, 'x');
  for (const std::string end : {"\n\n", "\r\n\r\n"}) {
    CHECK(key_of(header + end + "abc", named) == key_of(header + end + "xyz", named));
    CHECK(key_of(header + end + "abc", envelope_of("")) !=
          key_of(header + end + "xyz", envelope_of("")));
  }
  CHECK(key_of("A: b\nB: c\n\nabc", named) != key_of("A: b\nB: d\n\nabc", named));
  CHECK(key_of("", named).size() == 64);
  CHECK(key_of("\nbody", named) == key_of("\nBODY", named));
}

}  // namespace
}  // namespace lastmile::test
