// SPDX-License-Identifier: Apache-2.0
#include "local/serving/boundary.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// The only message in `bytes`.
std::string only_message(std::string bytes) {
  auto message = take_boundary_message(bytes);
  REQUIRE(message.ok());
  REQUIRE(message->has_value());
  CHECK(bytes.empty());
  return **message;
}

std::vector<std::string> all_events() {
  BeginMessage begin;
  begin.envelope.sender = {"s p", "x.test"};
  begin.envelope.envelope_id = "id";
  begin.envelope.returned_content = ReturnedContent::headers;
  begin.envelope.queue_id = "4XyZ";
  begin.envelope.client.address = "192.0.2.1";
  AskRecipient ask;
  ask.recipient.address = {"a", "x.test"};
  ask.recipient.notify.never = true;
  ask.recipient.orcpt = "rfc822;b@x.test";
  return {encode(ServerEvent(begin)),
          encode(ServerEvent(ask)),
          encode(ServerEvent(MessageContent{"a\nb"})),
          encode(ServerEvent(EndMessage{})),
          encode(ServerEvent(AbandonMessage{})),
          encode(ServerEvent(RepliesRead{}))};
}

TEST_CASE("the boundary: each event comes over as it is") {
  for (const std::string& bytes : all_events()) {
    const auto event = decode_event(only_message(bytes));
    REQUIRE(event.ok());
    CHECK(encode(*event) == bytes);
  }
}

TEST_CASE("the boundary: each answer comes over as it is") {
  const ServerReply reply = {550, "5.1.1"_dsn, "unknown user"};
  for (const ServerAnswer& answer :
       {ServerAnswer(RecipientAnswer{reply}), ServerAnswer(MessageAnswer{reply, true}),
        ServerAnswer(ShutDown{})}) {
    const std::string bytes = encode(answer);
    const auto decoded = decode_answer(only_message(bytes));
    REQUIRE(decoded.ok());
    CHECK(encode(*decoded) == bytes);
  }
}

TEST_CASE("the boundary: a message that is cut short, has too much, or lies is refused") {
  for (const std::string& bytes : all_events()) {
    const std::string message = only_message(bytes);
    for (std::size_t size = 1; size < message.size(); ++size) {
      CHECK_FALSE(decode_event(message.substr(0, size)).ok());
    }
    CHECK_FALSE(decode_event(message + "x").ok());
    std::string incomplete = bytes.substr(0, bytes.size() - 1);
    const auto taken = take_boundary_message(incomplete);
    REQUIRE(taken.ok());
    CHECK_FALSE(taken->has_value());
  }
  CHECK_FALSE(decode_event("").ok());
  CHECK_FALSE(decode_event("Z").ok());
  // Types of the other direction are none of this one.
  CHECK_FALSE(decode_event("s").ok());
  CHECK_FALSE(decode_answer("E").ok());
  std::string endless = "C\xFF\xFF\xFF\xFF";
  CHECK_FALSE(take_boundary_message(endless).ok());
}

TEST_CASE("the boundary: no member of an envelope has a line end in it") {
  AskRecipient ask;
  ask.recipient.address = {"a\nb", "x.test"};
  CHECK_FALSE(decode_event(only_message(encode(ServerEvent(ask)))).ok());
  BeginMessage begin;
  begin.envelope.queue_id = std::string(5000, 'x');
  CHECK_FALSE(decode_event(only_message(encode(ServerEvent(begin)))).ok());
}

}  // namespace
}  // namespace lastmile::test
