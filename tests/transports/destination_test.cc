// SPDX-License-Identifier: Apache-2.0
#include "transports/destination.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("destinations read back as they were written") {
  const std::vector<std::string> rows = {
      "mailbox:/var/mail/alice",
      "maildir:/home/alice/Maildir/",
      "file:/var/log/archive",
      "command:/usr/bin/vacation alice",
      "command:echo a:b",
      "lmtp:unix:/var/imap/socket/lmtp",
      "lmtp:unix:private/dovecot-lmtp",
      "lmtp:inet:mail.example.com:24",
      "lmtp:inet:[::1]:2003",
      "pipe:maildrop",
      "pipe:maildrop:example.com /usr/bin/maildrop -d 'a b'",
      "transport:dovecot:nexthop",
      "transport:maildrop",
      "transport:smtp:[127.0.0.1]:2526",
      "remote:",
      "bounce:5.1.1 unknown user: \"nosuch\"",
      "bounce:5.1.1",
      "defer:4.3.0 alias database unavailable",
      "discard:",
  };
  for (const std::string& text : rows) {
    INFO(text);
    const auto destination = parse_destination(text);
    REQUIRE(destination.ok());
    CHECK(to_string(*destination) == text);
    CHECK(text.starts_with(kind_of(*destination)));
  }
}

TEST_CASE("destinations: what is not shown, and what is only read") {
  CHECK(to_string(Discard{"2.3.4"_dsn, "because"}) == "discard:");
  CHECK(to_string(Mailbox{"/var/mail/a", true}) == "mailbox:/var/mail/a");
  CHECK(to_string(Lmtp{lmtp::InetEndpoint{"127.0.0.1", "2526", {}}, "smtp", Dialect::smtp}) ==
        "transport:smtp:127.0.0.1:2526");
  CHECK(to_string(Bounce{"5.0.0"_dsn, ""}) == "bounce:5.0.0");
  CHECK(to_string(Defer{"4.3.0"_dsn, "/x may not be read", "why", true}) ==
        "unknown: /x may not be read");
  const auto unknown = parse_destination("unknown: /x may not be read");
  REQUIRE(unknown.ok());
  CHECK(std::get<Defer>(*unknown).unseen);
  CHECK(to_string(*unknown) == "unknown: /x may not be read");
  const auto remote = parse_destination("remote:bob@partner.example");
  REQUIRE(remote.ok());
  CHECK(std::holds_alternative<Remote>(*remote));
}

TEST_CASE("destinations: faults") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"maibox:/var/mail/x", "did you mean \"mailbox\"?"},
      {"", "unknown kind"},
      {"mailbox:alice", "begins with \"/\""},
      {"maildir:/home/alice/Maildir", "ends in \"/\""},
      {"command:", "the command is missing"},
      {"lmtp:unx:/run/lmtp", "unx"},
      {"transport::x", "the name of a transport is missing"},
      {"bounce:unknown user", "begins with a status code such as 5.1.1"},
      {"bounce:4.1.1 x", "begins with 5"},
      {"defer:5.1.1 x", "begins with 4"},
  };
  for (const auto& [text, problem] : rows) {
    INFO(text);
    const auto destination = parse_destination(text);
    REQUIRE_FALSE(destination.ok());
    CHECK(destination.error().kind == Error::Kind::malformed);
    CHECK(destination.error().message().find(problem) != std::string::npos);
  }
}

}  // namespace
}  // namespace lastmile
