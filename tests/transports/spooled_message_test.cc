// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/spooled_message.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

std::string content_of(const SpooledMessage& message) {
  std::string content(message.size(), '\0');
  const auto count = message.read(0, content);
  REQUIRE(count);
  REQUIRE(*count == content.size());
  return content;
}

/// Sizes around the step from memory to a file.
constexpr std::size_t kSizes[] = {0, 1, 65535, 65536, 65537, 300000, 1000000};

}  // namespace

TEST_CASE("a message is kept octet by octet, in memory and in a file") {
  for (const std::size_t size : kSizes) {
    CAPTURE(size);
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 71) {
      text[i] = static_cast<char>(i % 251 == 0 ? '\n' : i % 127);
    }
    const test::TemporaryDirectory directory;
    const int file = ::open(directory.write("message", text).c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    const auto message = SpooledMessage::spool(file);
    CHECK(::close(file) == 0);
    REQUIRE(message);
    CHECK(message->size() == size);
    CHECK(content_of(*message) == text);
    CHECK(message->newlines() ==
          static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  }
}

TEST_CASE("a message can be read from any offset") {
  const std::string filler(70000, 'y');
  for (const std::string& text : {std::string("0123456789"), "0123456789" + filler}) {
    const auto message = test::message_of(text);
    std::string buffer(4, '\0');
    const auto count = message.read(3, buffer);
    REQUIRE(count);
    CHECK(*count == 4);
    CHECK(buffer == "3456");
    CHECK(*message.read(text.size() - 2, buffer) == 2);
    CHECK(*message.read(text.size(), buffer) == 0);
    CHECK(*message.read(text.size() + 100, buffer) == 0);
  }
}

TEST_CASE("what an MTA put before the headers is no content") {
  const std::string long_body(80000, 'z');
  for (const std::string& body : {std::string("body"), long_body}) {
    const auto message = test::message_of(
        "From a@b  Sat Nov 21 02:56:11 2026\nReturn-Path: <a@b>\nSubject: x\n\n" + body);
    CHECK(content_of(message) == "Subject: x\n\n" + body);
    CHECK(message.newlines() == 2);
    CHECK_FALSE(message.ends_with_newline());
  }
  const auto nothing_else = test::message_of("Return-Path: <a@b>\n");
  CHECK(nothing_else.size() == 0);
  CHECK(nothing_else.newlines() == 0);
  CHECK_FALSE(nothing_else.ends_with_newline());
}

TEST_CASE("a message knows its last octet and whether it needs eight bits") {
  const std::pair<std::string_view, std::pair<bool, bool>> rows[] = {
      {"", {false, false}},    {"a", {false, false}},
      {"a\n", {true, false}},  {"caf\xc3\xa9\n", {true, true}},
      {"\x80", {false, true}}, {"\x7f\n", {true, false}},
  };
  for (const auto& [text, expected] : rows) {
    const auto message = test::message_of(text);
    CHECK(message.ends_with_newline() == expected.first);
    CHECK(message.has_eight_bit() == expected.second);
  }
  MessageSpooler spooler;
  REQUIRE(spooler.append("\xc3\xa9 first\n"));
  REQUIRE(spooler.append("then ascii"));
  REQUIRE(spooler.append(""));
  const auto message = std::move(spooler).finish();
  REQUIRE(message);
  CHECK(message->has_eight_bit());
  CHECK_FALSE(message->ends_with_newline());
}

TEST_CASE("Delivered-To: is known without reading the message again") {
  const auto message = test::message_of("Delivered-To: A@x\n\n" + std::string(70000, 'q'));
  CHECK(message.delivered_to() == std::vector<std::string>{"a@x"});
}

TEST_CASE("a descriptor that cannot be read is an error, not a short message") {
  const auto closed = SpooledMessage::spool(-1);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind == Error::Kind::unavailable);
  CHECK(closed.error().text == "error reading message: Bad file descriptor");
  const int directory = ::open("/", O_RDONLY | O_CLOEXEC);
  CHECK_FALSE(SpooledMessage::spool(directory));
  CHECK(::close(directory) == 0);
}

TEST_CASE("a spool without room is an error, at whichever call it shows") {
  const std::string text(200000, 'x');
  for (int call = 1;; ++call) {
    const test::FaultySystem faulty(test::FaultySystem::Fault::error, call, ENOSPC);
    const auto message = SpooledMessage::from_text(text, faulty.calls());
    if (!faulty.has_struck()) {
      REQUIRE(message);
      CHECK(call > 2);
      break;
    }
    REQUIRE_FALSE(message);
    CHECK(message.error().kind == Error::Kind::unavailable);
    CHECK(message.error().text.find("No space left on device") != std::string::npos);
  }
}

TEST_CASE("a spool that cannot be read is an error") {
  const std::string text(200000, 'x');
  const test::FaultySystem faulty(test::FaultySystem::Fault::error, 3, EIO);
  const auto message = SpooledMessage::from_text(text, faulty.calls());
  REQUIRE(message);
  REQUIRE_FALSE(faulty.has_struck());
  std::string buffer(1000, '\0');
  const auto count = message->read(0, buffer);
  REQUIRE_FALSE(count);
  CHECK(count.error().text == "error reading message: Input/output error");
  CHECK(message->read(0, buffer));
}

}  // namespace lastmile
