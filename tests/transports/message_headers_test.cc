// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/message_headers.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// "begin:value,value" for a text that is fed in steps of `step` octets.
std::string scan(std::string_view text, std::size_t step) {
  HeaderScanner scanner;
  for (std::size_t at = 0; at < text.size(); at += step) {
    scanner.feed(text.substr(at, step));
  }
  scanner.end();
  std::string result = std::to_string(scanner.content_begin()) + ':';
  for (const std::string& value : scanner.delivered_to()) {
    result += '[' + value + ']';
  }
  return result;
}

}  // namespace

TEST_CASE("Delivered-To: values and the beginning of the content are found however bytes come") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "0:"},
      {"Delivered-To: bob@mx.example.test\n\n", "0:[bob@mx.example.test]"},
      {"delivered-to:BOB@MX.example.test\n\n", "0:[bob@mx.example.test]"},
      {"Delivered-To: bob@mx.example.test \n\n", "0:[bob@mx.example.test ]"},
      {"Delivered-To: <bob@mx.example.test>\n\n", "0:[<bob@mx.example.test>]"},
      {"Delivered-To:\n\tbob@mx.example.test\n\n", "0:[]"},
      {"Delivered-To: \t bob@x\r\n\r\n", "0:[bob@x]"},
      {"Delivered-To : bob@x\n\n", "0:[bob@x]"},
      {"Delivered-To \t:bob@x\n\n", "0:[bob@x]"},
      {"Subject: x\n\nDelivered-To: bob@x\n", "0:"},
      {"Subject: x\nno header\nDelivered-To: bob@x\n", "0:"},
      {"Subject: x\n continued\nDelivered-To: bob@x\n\n", "0:[bob@x]"},
      {"Delivered-To: b@x\nDelivered-To: a@x\nDelivered-To: A@x\n\n", "0:[a@x][b@x]"},
      {"Delivered-To: last@x", "0:[last@x]"},
      {"X-Delivered-To: bob@x\nDelivered-Too: bob@x\n\n", "0:"},
      {"From a@b  Sat Nov 21 02:56:11 2026\nSubject: x\n\n", "35:"},
      {">From a@b\nFrom c@d\nDelivered-To: e@f\n\n", "19:[e@f]"},
      {"Return-Path: <a@b>\nDelivered-To: e@f\n\n", "19:[e@f]"},
      {"From a\nreturn-path:\n <a@b>\nSubject: x\n\n", "27:"},
      {"Subject: x\nReturn-Path: <a@b>\n\n", "0:"},
      {"Subject: x\nFrom a\nDelivered-To: b@x\n\n", "0:"},
      {"From: a\nDelivered-To: b@x\n\n", "0:[b@x]"},
      {"\nFrom a\n", "0:"},
      {" leading space\nDelivered-To: b@x\n\n", "0:[b@x]"},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(scan(text, text.size() + 1) == expected);
    CHECK(scan(text, 1) == expected);
    CHECK(scan(text, 7) == expected);
  }
}

TEST_CASE("behind an MTA a Delivered-To: tells of a loop when a Received: stands above it") {
  const std::pair<std::string_view, std::size_t> rows[] = {
      {"Delivered-To: a@x\nSubject: s\n\n", 0},
      {"Delivered-To: a@x\nReceived: by mx; now\n\n", 0},
      {"Received: by mx; now\nDelivered-To: a@x\n\n", 1},
      {"received : by mx\n\tcontinued\nX-Original-To: a@x\nDelivered-To: a@x\n\n", 1},
      {"Delivered-To: b@x\nReceived: by mx\nDelivered-To: a@x\n\n", 1},
      {"Return-Path: <s@y>\nReceived: by mx\nDelivered-To: a@x\nReceived: by my\n"
       "Delivered-To: b@x\n\n",
       2},
      {"X-Received: by mx\nDelivered-To: a@x\n\n", 0},
      {"Subject: x\n Received: no header\nDelivered-To: a@x\n\n", 0},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    HeaderScanner scanner(LoopRule::below_received);
    scanner.feed(text);
    scanner.end();
    CHECK(scanner.delivered_to().size() == expected);
  }
}

TEST_CASE("the scan of headers is bounded") {
  std::string many;
  for (int i = 0; i < 1200; ++i) {
    many += "Delivered-To: user" + std::to_string(i) + "@example.com\n";
  }
  HeaderScanner scanner;
  scanner.feed(many);
  CHECK(scanner.delivered_to().size() == 1000);

  HeaderScanner long_line;
  long_line.feed("Delivered-To: ");
  for (int i = 0; i < 1000; ++i) {
    long_line.feed(std::string(1000, 'x'));
  }
  long_line.feed("\nDelivered-To: next@x\n\n");
  REQUIRE(long_line.delivered_to().size() == 2);
  CHECK(long_line.delivered_to().contains("next@x"));
  CHECK(long_line.delivered_to().rbegin()->size() < 2048);
}

TEST_CASE("the name of a header ends at its colon") {
  const std::pair<std::string_view, std::size_t> rows[] = {
      {"Subject: x", 7},
      {"Subject : x", 7},
      {"X-Y:", 3},
      {":", 0},
      {"", 0},
      {"no colon", 0},
      {"two words: x", 0},
      {" x: y", 0},
      {"caf\xc3\xa9: x", 0},
      {"a\001b: x", 0},
  };
  for (const auto& [line, expected] : rows) {
    CAPTURE(line);
    CHECK(header_name_length(line) == expected);
  }
}

}  // namespace lastmile
