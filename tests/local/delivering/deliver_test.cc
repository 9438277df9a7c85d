// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/deliver.h"

#include "tests/local/delivering/test_delivery.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;
using Outcome = DeliveryStatus::Outcome;
using Kind = RecipientVerdict::Kind;

TEST_CASE("recipients of one command share it, sorted and up to its limit") {
  TestDelivery delivery;
  delivery.stage = Stage::full;
  delivery.host.world().add_file("/etc/postfix/master.cf",
                                 "local unix - n n - - local\n"
                                 "job unix - n n - - pipe user=bob argv=/bin/job\n");
  delivery.host.main_cf(
      "job_destination_recipient_limit = 2\n"
      "transport_maps = inline:{a.test=job:here, b.test=job:here, c.test=job:there}\n");
  delivery.run({"y@b.test", "x@b.test", "x@c.test", "x@a.test"});
  CHECK(delivery.agents.lines() ==
        Lines{"pipe:job:here /bin/job y@b.test from sender@remote.test",
              "pipe:job:here /bin/job x@a.test x@b.test from sender@remote.test",
              "pipe:job:there /bin/job x@c.test from sender@remote.test"});
}

TEST_CASE("leaves are performed in the order of the trace") {
  TestDelivery delivery;
  delivery.host.alias("team", "bob, \"|archive\", alice");
  const auto result = delivery.run({"team@example.com"});
  CHECK(delivery.agents.lines() ==
        Lines{"mailbox:/var/mail/bob bob@example.com from sender@remote.test",
              "command:archive team@example.com from sender@remote.test",
              "mailbox:/var/mail/alice alice@example.com from sender@remote.test"});
  CHECK(result.verdicts[0].kind == Kind::delivered);
}

TEST_CASE("recipients of one LMTP server share a transaction, and have a status each") {
  TestDelivery delivery;
  delivery.host.main_cf("mailbox_transport = lmtp:unix:/run/lmtp").alias("team", "bob, carol");
  const auto result = delivery.run({"alice@example.com", "team@example.com"});
  CHECK(delivery.agents.lines() ==
        Lines{"lmtp:unix:/run/lmtp alice@example.com bob@example.com carol@example.com from "
              "sender@remote.test"});
  CHECK(result.statuses.size() == 3);
  CHECK(result.verdicts.size() == 2);
}

TEST_CASE("no more than fifty recipients share a transaction") {
  TestDelivery delivery;
  delivery.host.main_cf("mailbox_transport = lmtp:unix:/run/lmtp");
  Lines recipients;
  for (int number = 0; number < 120; ++number) {
    recipients.push_back("user" + std::to_string(number) + "@example.com");
  }
  delivery.run(recipients);
  REQUIRE(delivery.agents.jobs().size() == 3);
  CHECK(delivery.agents.jobs()[0].recipients.size() == 50);
  CHECK(delivery.agents.jobs()[2].recipients.size() == 20);
}

TEST_CASE("a deferred line of a .forward file hides the lines after it and what is submitted") {
  TestDelivery delivery;
  delivery.host.forward("alice", "~/first\nfriend@remote.test\n\"|later\"\n~/second\n");
  delivery.agents.answer("command:later", Outcome::deferred);
  const auto result = delivery.run({"alice@example.com"});
  CHECK(delivery.agents.lines() ==
        Lines{"file:/home/alice/first alice@example.com from sender@remote.test",
              "command:later alice@example.com from sender@remote.test"});
  CHECK(result.verdicts[0].kind == Kind::deferred);
}

TEST_CASE("what is submitted again goes out as one message, after everything else") {
  TestDelivery delivery;
  delivery.host.alias("team", "x@remote.test, alice, y@remote.test");
  delivery.run({"team@example.com"});
  CHECK(delivery.agents.lines() ==
        Lines{"mailbox:/var/mail/alice alice@example.com from sender@remote.test",
              "remote: x@remote.test y@remote.test from sender@remote.test"});
  CHECK(delivery.log.statuses ==
        Lines{"alice@example.com sent 2.0.0", "team@example.com sent 2.0.0"});
}

TEST_CASE("a submission is reported with the original recipient, as all else is") {
  TestDelivery delivery;
  delivery.host.forward("alice", "friend@remote.test\n");
  delivery.original = "postmaster@example.com";
  delivery.orcpt = "rfc822;webmaster@example.com";
  const auto result = delivery.run({"alice@example.com"});
  REQUIRE(result.statuses.size() == 1);
  CHECK(result.statuses[0].report.orig_to == "postmaster@example.com");
  CHECK(result.statuses[0].report.orcpt == "rfc822;webmaster@example.com");
}

TEST_CASE("a submission of which one part failed is deferred") {
  TestDelivery delivery;
  delivery.host.alias("team", "x@remote.test, y@remote.test");
  delivery.agents.answer_recipient("y@remote.test", Outcome::deferred);
  const auto result = delivery.run({"team@example.com"});
  CHECK(result.verdicts[0].kind == Kind::deferred);
  CHECK(delivery.log.statuses == Lines{"team@example.com deferred 4.2.0"});
}

TEST_CASE("members do not inherit the wish to hear of a success") {
  const std::pair<DsnNotify, DsnNotify> rows[] = {
      {{}, {}},
      {{.on_success = true, .on_failure = false}, {.never = true, .on_failure = false}},
      {{.on_success = true}, {}},
      {{.never = true, .on_failure = false}, {.never = true, .on_failure = false}},
  };
  for (const auto& [given, expected] : rows) {
    for (const char* recipient : {"team@example.com", "bob@example.com"}) {
      TestDelivery delivery;
      delivery.notify = given;
      delivery.host.alias("team", "alice").forward("bob", "\\bob\n");
      delivery.run({recipient});
      REQUIRE(delivery.agents.jobs().size() == 1);
      CHECK(delivery.agents.jobs()[0].recipients[0].notify == expected);
    }
  }
}

TEST_CASE("the log has the reason behind a status that hides it") {
  TestDelivery delivery;
  delivery.host.alias("list", ":include:/etc/missing");
  delivery.host.world().add_file("/home/alice/.forward", "bob\n", {2001, 2001, 0666});
  delivery.run({"list@example.com", "alice@example.com"});
  CHECK(delivery.log.warnings ==
        Lines{"unable to lookup :include: file /etc/missing: No such file or directory",
              "file /home/alice/.forward is world writable"});
}

TEST_CASE("soft_bounce turns failures into deferrals") {
  TestDelivery delivery;
  delivery.host.main_cf("soft_bounce = yes");
  const auto result = delivery.run({"nosuch@example.com"});
  CHECK(result.verdicts[0].kind == Kind::deferred);
  CHECK(delivery.log.statuses == Lines{"nosuch@example.com SOFTBOUNCE 4.1.1"});
}

TEST_CASE("a delivery status filter changes a bounce into a deferral, never a success") {
  TestDelivery delivery;
  delivery.host.main_cf("local_delivery_status_filter = regexp:/etc/dsn");
  delivery.host.world().add_file("/etc/dsn", "/^5\\.1\\.1 /  4.1.1 later\n/^2/  5.0.0 no\n");
  const auto result = delivery.run({"nosuch@example.com", "alice@example.com"});
  CHECK(result.verdicts[0].kind == Kind::deferred);
  CHECK(result.verdicts[1].kind == Kind::delivered);
}

TEST_CASE("a delivery status filter without a text leaves the text") {
  TestDelivery delivery;
  delivery.host.main_cf("local_delivery_status_filter = static:4.2.0");
  const auto result = delivery.run({"nosuch@example.com"});
  CHECK(result.statuses.at(0).report.status.code == "4.2.0"_dsn);
  CHECK(result.statuses.at(0).report.status.text == "unknown user: \"nosuch\"");
}

}  // namespace
}  // namespace lastmile::test
