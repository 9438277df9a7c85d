// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/delivery_record.h"

#include <unistd.h>

#include "local/delivering/ledger_file.h"
#include "local/delivering/report_failures.h"
#include "local/delivering/status_filter.h"
#include "tests/support/catch.h"
#include "tests/support/in_child.h"
#include "tests/support/recording_agents.h"
#include "tests/support/small_host.h"
#include "tests/support/temporary_directory.h"
#include "transports/agents/spooled_message.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;
using Outcome = DeliveryStatus::Outcome;
using Kind = RecipientVerdict::Kind;

/// A message that is brought again and again, on a host with a ledger.
struct Site {
  TemporaryDirectory directory = {};
  SmallHost host = {};
  RecordingLog log = {};
  Address sender = {"sender", "remote.test"};
  std::string key = "message";
  RecordingAgents agents = {};

  std::unique_ptr<Ledger> ledger() {
    LedgerOptions options;
    options.path = directory.path("ledger.sqlite");
    options.patience = std::chrono::milliseconds(20);
    options.warn = [this](const std::string& text) { log.warn(text); };
    return open_ledger(std::move(options));
  }

  std::vector<Trace> resolve(const Lines& recipients) {
    std::vector<Trace> traces;
    for (const std::string& recipient : recipients) {
      ResolveRequest request;
      request.recipient.address = *parse_address(recipient);
      request.recipient.original = recipient;
      request.sender = sender;
      request.resubmissions = Resubmissions::stop;
      traces.push_back(host.trace(request));
    }
    return traces;
  }

  /// One attempt. \return what was performed
  Lines attempt(const Lines& recipients, Kind expected) {
    return attempt(recipients, expected, log);
  }
  Lines attempt(const Lines& recipients, Kind expected, DeliveryLog& status_log) {
    const std::size_t before = agents.lines().size();
    const auto traces = resolve(recipients);
    DeliveryRecord record(ledger(), key, traces);
    const auto message = SpooledMessage::from_text("Subject: test\n\nHello.\n");
    REQUIRE(message.ok());
    const auto settings = load_settings(host.world(), "/etc/postfix");
    REQUIRE(settings.ok());
    StatusFilter filter(*settings, host.world());
    Envelope envelope;
    envelope.sender = sender;
    const DeliveryTools tools{agents, status_log, filter, record, *settings};
    DeliveryResult result = deliver(traces, envelope, *message, tools);
    report_failures(result, traces, envelope, *message, Told::by_one_status, tools);
    record.finish(comes_back(result.verdicts) ? DeliveryRecord::End::comes_back
                                              : DeliveryRecord::End::settled);
    CHECK(result.verdicts.back().kind == expected);
    return {agents.lines().begin() + static_cast<std::ptrdiff_t>(before), agents.lines().end()};
  }
};

TEST_CASE("a retry delivers what is missing and nothing else") {
  Site site;
  site.host.alias("team", "alice, \"|later\", x@remote.test, bob");
  site.agents.answer("command:later", Outcome::deferred);
  CHECK(site.attempt({"team@example.com"}, Kind::deferred) ==
        Lines{"mailbox:/var/mail/alice alice@example.com from sender@remote.test",
              "command:later team@example.com from sender@remote.test",
              "mailbox:/var/mail/bob bob@example.com from sender@remote.test",
              "remote: x@remote.test from sender@remote.test"});
  CHECK(site.attempt({"team@example.com"}, Kind::deferred) ==
        Lines{"command:later team@example.com from sender@remote.test"});
  site.agents.answer("command:later", Outcome::delivered);
  CHECK(site.attempt({"team@example.com"}, Kind::delivered) ==
        Lines{"command:later team@example.com from sender@remote.test"});
  CHECK(site.log.warnings.empty());
}

/// Ends the process instead of writing the line of the log.
class FatalLog final : public DeliveryLog {
 public:
  void record(const FinalStatus& /*status*/, const DeliveryDelays& /*delays*/) override {
    _exit(0);
  }
  void warn(std::string_view /*text*/) override {}
};

TEST_CASE("what is done is written down before it is told") {
  Site site;
  CHECK(in_child([&] {
          FatalLog log;
          site.attempt({"alice@example.com"}, Kind::delivered, log);
          return 1;
        }) == 0);
  CHECK(site.attempt({"alice@example.com"}, Kind::delivered).empty());
}

TEST_CASE("a message that was settled is delivered again when it is brought again") {
  Site site;
  const Lines expected = {"mailbox:/var/mail/alice alice@example.com from sender@remote.test"};
  CHECK(site.attempt({"alice@example.com"}, Kind::delivered) == expected);
  CHECK(site.attempt({"alice@example.com"}, Kind::delivered) == expected);
}

TEST_CASE("nothing is hidden behind a deferred line, since each line is remembered") {
  Site site;
  site.host.forward("alice", "~/first\nfriend@remote.test\n\"|later\"\n~/second\n");
  site.agents.answer("command:later", Outcome::deferred);
  CHECK(site.attempt({"alice@example.com"}, Kind::deferred) ==
        Lines{"file:/home/alice/first alice@example.com from sender@remote.test",
              "command:later alice@example.com from sender@remote.test",
              "file:/home/alice/second alice@example.com from sender@remote.test",
              "remote: friend@remote.test from sender@remote.test"});
  CHECK(site.attempt({"alice@example.com"}, Kind::deferred) ==
        Lines{"command:later alice@example.com from sender@remote.test"});
}

TEST_CASE("a recipient that is done is not delivered to when another makes the message come back") {
  Site site;
  site.agents.answer("mailbox:/var/mail/bob", Outcome::deferred);
  site.attempt({"alice@example.com", "bob@example.com"}, Kind::deferred);
  CHECK(site.attempt({"alice@example.com", "bob@example.com"}, Kind::deferred) ==
        Lines{"mailbox:/var/mail/bob bob@example.com from sender@remote.test"});
}

TEST_CASE("what one invocation settles does not make a retry of another recipient forget") {
  Site site;
  site.host.alias("team", "alice, \"|later\"");
  site.agents.answer("command:later", Outcome::deferred);
  site.attempt({"team@example.com"}, Kind::deferred);
  site.attempt({"bob@example.com"}, Kind::delivered);
  CHECK(site.attempt({"team@example.com"}, Kind::deferred).size() == 1);
}

TEST_CASE("of the recipients of an LMTP transaction those that are missing are sent again") {
  Site site;
  site.host.main_cf("mailbox_transport = lmtp:unix:/run/lmtp")
      .alias("team", "alice, bob, \"|later\"");
  site.agents.answer("command:later", Outcome::deferred);
  site.agents.answer_recipient("bob@example.com", Outcome::deferred);
  CHECK(site.attempt({"team@example.com"}, Kind::deferred)[0] ==
        "lmtp:unix:/run/lmtp alice@example.com bob@example.com from sender@remote.test");
  CHECK(site.attempt({"team@example.com"}, Kind::deferred)[0] ==
        "lmtp:unix:/run/lmtp bob@example.com from sender@remote.test");
}

TEST_CASE("a delivery whose end nobody knows is repeated, with a warning") {
  Site site;
  site.agents.answer("mailbox:/var/mail/alice", Outcome::deferred);
  site.agents.leave_open("mailbox:/var/mail/alice");
  site.attempt({"alice@example.com"}, Kind::deferred);
  CHECK(site.log.warnings.empty());
  CHECK(site.attempt({"alice@example.com"}, Kind::deferred).size() == 1);
  REQUIRE(site.log.warnings.size() == 1);
  CHECK(site.log.warnings[0] ==
        "delivering to alice@example.com (mailbox:/var/mail/alice) again: it is not known how an "
        "earlier attempt ended");
}

TEST_CASE("a process that is killed in the middle of a delivery leaves it to the next one") {
  Site site;
  const auto traces = site.resolve({"alice@example.com"});
  CHECK(in_child([&] {
          DeliveryRecord record(site.ledger(), site.key, traces);
          const LeafRef leaf{0, traces[0].acts()[0]};
          return record.claim({&leaf, 1})[0] == Claim::mine ? 0 : 1;
        }) == 0);
  CHECK(site.attempt({"alice@example.com"}, Kind::delivered).size() == 1);
  CHECK(site.log.warnings.size() == 1);
}

TEST_CASE("what another process is delivering is deferred, and found done by the retry") {
  Site site;
  const auto traces = site.resolve({"alice@example.com"});
  const LeafRef leaf{0, traces[0].acts()[0]};
  DeliveryRecord other(site.ledger(), site.key, traces);
  REQUIRE(other.claim({&leaf, 1})[0] == Claim::mine);
  CHECK(site.attempt({"alice@example.com"}, Kind::deferred).empty());
  CHECK(site.log.statuses == Lines{"alice@example.com deferred 4.3.0"});
  other.settle(leaf, Settlement::done);
  other.finish(DeliveryRecord::End::settled);
  CHECK(site.attempt({"alice@example.com"}, Kind::delivered).empty());
  CHECK(site.attempt({"alice@example.com"}, Kind::delivered).size() == 1);
}

TEST_CASE("a failure is reported once, and again when the report was not accepted") {
  Site site;
  site.host.alias("team", "nosuch, \"|later\"");
  site.agents.answer("command:later", Outcome::deferred);
  site.agents.answer("remote:", Outcome::deferred);
  const Lines all = {"command:later team@example.com from sender@remote.test",
                     "remote: sender@remote.test from "};
  CHECK(site.attempt({"team@example.com"}, Kind::deferred) == all);
  CHECK(site.attempt({"team@example.com"}, Kind::deferred) == all);
  site.agents.answer("remote:", Outcome::delivered);
  CHECK(site.attempt({"team@example.com"}, Kind::deferred) == all);
  CHECK(site.attempt({"team@example.com"}, Kind::deferred).size() == 1);
}

TEST_CASE("a failure after others were reported is reported, too") {
  Site site;
  site.host.alias("team", "nosuch, \"|later\"");
  site.agents.answer("command:later", Outcome::deferred);
  site.attempt({"team@example.com"}, Kind::deferred);
  site.agents.answer("command:later", Outcome::bounced);
  CHECK(site.attempt({"team@example.com"}, Kind::delivered) ==
        Lines{"command:later team@example.com from sender@remote.test",
              "remote: sender@remote.test from "});
}

TEST_CASE("destinations that look alike get a copy each") {
  Site site;
  site.agents.answer("mailbox:/var/mail/bob", Outcome::deferred);
  const Lines recipients = {"alice@example.com", "alice@example.com", "bob@example.com"};
  CHECK(site.attempt(recipients, Kind::deferred).size() == 3);
  CHECK(site.attempt(recipients, Kind::deferred).size() == 1);
}

TEST_CASE("another message is not taken for this one") {
  Site site;
  site.host.alias("team", "alice, \"|later\"");
  site.agents.answer("command:later", Outcome::deferred);
  site.attempt({"team@example.com"}, Kind::deferred);
  site.key = "another";
  CHECK(site.attempt({"team@example.com"}, Kind::deferred).size() == 2);
}

TEST_CASE("without a ledger that works a deferred line hides the lines after it") {
  Site site;
  site.host.forward("alice", "\"|later\"\n~/second\n");
  site.agents.answer("command:later", Outcome::deferred);
  site.directory.make_directory("ledger.sqlite");
  for (int attempt = 0; attempt < 2; ++attempt) {
    CHECK(site.attempt({"alice@example.com"}, Kind::deferred) ==
          Lines{"command:later alice@example.com from sender@remote.test"});
  }
  CHECK(site.log.statuses.size() == 2);
  CHECK(site.log.warnings.size() == 2);
}

}  // namespace
}  // namespace lastmile::test
