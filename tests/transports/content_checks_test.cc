// SPDX-License-Identifier: Apache-2.0
#include "transports/content_checks.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

/// "header_checks Subject: a -> DISCARD", one after the other, and what becomes of the message.
std::string checked(const std::string& main_cf, const std::string& content) {
  ConfiguredWorld world(main_cf);
  world.world().add_file("/h",
                         "/^Subject: bad/ REJECT not here\n/^Subject: old/ DISCARD\n"
                         "/^Subject: two/ FILTER scan:x\n/^X-A: 1/ REDIRECT b@c.test\n"
                         "/^Content-Type/ HOLD\n/^From:/ WARN\n");
  world.world().add_file("/b", "/^secret/ REJECT\n");
  const auto verdict = check_content(world.configuration(), content);
  REQUIRE(verdict.ok());
  std::string text;
  for (const ContentMatch& match : verdict->matches) {
    text += match.parameter + ' ' + match.line + ": " + match.value + "; ";
  }
  const MessageActions& actions = verdict->actions;
  return text + (verdict->rejection ? "rejected " + *verdict->rejection : "") +
         (actions.discard ? "discarded" : "") + (actions.hold ? "held" : "") +
         (actions.filter ? "filtered" : "") + (actions.redirect ? " redirected" : "") +
         (verdict->skips_parts ? " parts" : "");
}

TEST_CASE("content checks: what header_checks and body_checks make of a message") {
  const std::string both = "header_checks = regexp:/h\nbody_checks = regexp:/b\n";
  struct Row {
    std::string main_cf;
    std::string content;
    std::string expected;
  };
  const Row rows[] = {
      {both, "", ""},
      {both, "Subject: good\n\nhello\n", ""},
      {both, "From: a\nSubject: bad\n\n",
       "header_checks Subject: bad: REJECT not here; rejected not here"},
      {both, "Subject: two\r\nX-A: 1\r\n\r\nsecret\r\n",
       "header_checks Subject: two: FILTER scan:x; header_checks X-A: 1: REDIRECT b@c.test; "
       "body_checks secret: REJECT; rejected message content rejectedfiltered redirected"},
      {both, "Subject: old\nX-A: 1\n\nsecret\n", "header_checks Subject: old: DISCARD; discarded"},
      {both, "Content-Type: text/html\n\n",
       "mime_header_checks Content-Type: text/html: HOLD; held"},
      {both + "mime_header_checks =\n", "Content-Type: text/html\n\n", ""},
      {both, "Content-Type: multipart/mixed\n\nsecret\n",
       "mime_header_checks Content-Type: multipart/mixed: HOLD; held parts"},
      {both + "body_checks_size_limit = 3\n", "X: 1\n\nab\ncd\nsecret\n", ""},
      {"", "Subject: bad\n\nsecret\n", ""},
  };
  for (const Row& row : rows) {
    INFO(row.content);
    CHECK(checked(row.main_cf, row.content) == row.expected);
  }
}

}  // namespace
}  // namespace lastmile
