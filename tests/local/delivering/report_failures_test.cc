// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/report_failures.h"

#include <string>
#include <vector>

#include "tests/local/delivering/test_delivery.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;
using Outcome = DeliveryStatus::Outcome;
using Kind = RecipientVerdict::Kind;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a failed member is reported to the sender, and the others count") {
  TestDelivery delivery;
  delivery.host.alias("team", "alice, nosuch");
  const auto result = delivery.run({"team@example.com"});
  CHECK(result.verdicts[0].kind == Kind::delivered);
  REQUIRE(delivery.agents.lines().size() == 2);
  CHECK(delivery.agents.lines()[1] == "remote: sender@remote.test from ");
  CHECK(delivery.agents.messages()[1].find("unknown user: \"nosuch\"") != std::string::npos);
  CHECK(delivery.agents.messages()[1].find("multipart/report") != std::string::npos);
}

TEST_CASE("several failed members are in one report") {
  TestDelivery delivery;
  delivery.host.alias("team", "alice, nosuch, \"|broken\", nobodyelse");
  delivery.agents.answer("command:broken", Outcome::bounced);
  delivery.orcpt = "rfc822;Team@Example.com";
  delivery.run({"team@example.com"});
  REQUIRE(delivery.agents.lines().size() == 3);
  const std::string& report = delivery.agents.messages()[2];
  for (const char* part :
       {"Final-Recipient: rfc822; nosuch@example.com\n",
        "Final-Recipient: rfc822; team@example.com\n",
        "Final-Recipient: rfc822; nobodyelse@example.com\n",
        "Original-Recipient: rfc822;Team@Example.com\n", "Original-Envelope-Id: envid-1\n",
        "X-lastmile-Sender: rfc822; sender@remote.test\n",
        "Return-Path: <sender@remote.test>\nSubject: test\n\nHello.\n"}) {
    INFO(part);
    CHECK(contains(report, part));
  }
}

TEST_CASE("when a failure is reported to an owner, the sender's own failures are, too") {
  TestDelivery delivery;
  delivery.host.alias("list", "\"|broken\"")
      .alias("owner-list", "bob")
      .alias("both", "list, nosuch");
  delivery.agents.answer("command:broken", Outcome::bounced);
  const auto result = delivery.run({"both@example.com"});
  CHECK(result.verdicts[0].kind == Kind::delivered);
  REQUIRE(delivery.agents.lines().size() == 3);
  CHECK(delivery.agents.lines()[1] == "remote: owner-list@example.com from ");
  CHECK_FALSE(contains(delivery.agents.messages()[1], "Original-Envelope-Id"));
  CHECK(delivery.agents.lines()[2] == "remote: sender@remote.test from ");
}

TEST_CASE("a failure that the sender does not want to hear of is dealt with") {
  for (const DsnNotify& notify : {DsnNotify{.never = true, .on_failure = false},
                                  DsnNotify{.on_success = true, .on_failure = false}}) {
    TestDelivery delivery;
    delivery.notify = notify;
    delivery.host.alias("team", "alice, nosuch");
    const auto result = delivery.run({"team@example.com"});
    CHECK(result.verdicts[0].kind == Kind::delivered);
    CHECK(delivery.agents.lines().size() == 1);
  }
}

TEST_CASE("a report returns the header alone where that was asked for, or the message is large") {
  TestDelivery delivery;
  SECTION("asked for") {
    delivery.returned_content = ReturnedContent::headers;
  }
  SECTION("large") {
    delivery.host.main_cf("bounce_size_limit = 20");
  }
  SECTION("large, and all header") {
    delivery.host.main_cf("bounce_size_limit = 20");
    delivery.text = "Subject: test\nX-Filler: " + std::string(100, 'x') + "\n\nHello.\n";
  }
  delivery.host.alias("team", "alice, nosuch");
  delivery.run({"team@example.com"});
  REQUIRE(delivery.agents.messages().size() == 2);
  const std::string& report = delivery.agents.messages()[1];
  CHECK(contains(report, "Content-Type: text/rfc822-headers\n"));
  CHECK(contains(report, "\n\nReturn-Path: <sender@remote.test>\nSubject: test\n\n--"));
  CHECK_FALSE(contains(report, "Hello."));
}

TEST_CASE("a notification about a notification ends here") {
  for (const char* sender : {"double-bounce@example.com", "Double-Bounce"}) {
    TestDelivery delivery;
    delivery.sender = *parse_address(sender);
    delivery.host.alias("team", "alice, nosuch");
    const auto result = delivery.run({"team@example.com"});
    CHECK(result.verdicts[0].kind == Kind::delivered);
    CHECK(delivery.agents.lines().size() == 1);
    CHECK(delivery.log.warnings == Lines{"undeliverable postmaster notification discarded"});
  }
}

TEST_CASE("when everything failed the exit status says so, and no report is sent") {
  TestDelivery delivery;
  const auto result = delivery.run({"nosuch@example.com"});
  CHECK(result.verdicts[0].kind == Kind::failed);
  CHECK(result.verdicts[0].code == "5.1.1"_dsn);
  CHECK(delivery.agents.lines().empty());
}

TEST_CASE("nothing is reported to the null sender") {
  TestDelivery delivery;
  delivery.sender = {};
  delivery.host.alias("team", "alice, nosuch");
  const auto result = delivery.run({"team@example.com"});
  CHECK(result.verdicts[0].kind == Kind::delivered);
  CHECK(delivery.agents.lines() == Lines{"mailbox:/var/mail/alice alice@example.com from "});
}

TEST_CASE("a command that fails below an owner alias is reported to the owner") {
  TestDelivery delivery;
  delivery.host.alias("list", "\"|broken\"").alias("owner-list", "bob");
  delivery.agents.answer("command:broken", Outcome::bounced);
  const auto result = delivery.run({"list@example.com"});
  CHECK(delivery.agents.lines() ==
        Lines{"command:broken list@example.com from owner-list@example.com",
              "remote: owner-list@example.com from "});
  CHECK(result.verdicts[0].kind == Kind::delivered);
}

TEST_CASE("a report that cannot be sent makes the recipient be tried again") {
  TestDelivery delivery;
  delivery.host.alias("team", "alice, nosuch");
  delivery.agents.answer("remote:", Outcome::deferred);
  const auto result = delivery.run({"team@example.com"});
  CHECK(result.verdicts[0].kind == Kind::deferred);
  CHECK(delivery.log.warnings.size() == 1);
}

}  // namespace
}  // namespace lastmile::test
