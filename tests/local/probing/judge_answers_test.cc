// SPDX-License-Identifier: Apache-2.0
#include "local/probing/judge_answers.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "transports/delivery_status.h"

namespace lastmile {
namespace {

DeliveryStatus reply(const std::string& text) {
  DeliveryStatus status;
  status.outcome = text.starts_with('2')   ? DeliveryStatus::Outcome::delivered
                   : text.starts_with('4') ? DeliveryStatus::Outcome::deferred
                                           : DeliveryStatus::Outcome::bounced;
  status.code = parse_enhanced_status(std::string_view(text).substr(4, 5)).value_or("4.0.0"_dsn);
  status.text = text.starts_with('2')
                    ? text
                    : "host mx[/run/lmtp] said: " + text + " (in reply to RCPT TO command)";
  return status;
}

/// "ok subject text [rule]", a line each, for a server that alice goes to.
std::string judged(const std::vector<std::string>& replies, const std::vector<std::string>& offers,
                   Settings settings) {
  settings.recipient_delimiter.value = "+";
  settings.smtputf8_enable.value = false;
  ProbedServer server;
  server.recipients = {{"alice", "example.com"}};
  const auto asked = recipients_to_ask(server, settings);
  ServerAnswers answers;
  answers.offers = offers;
  answers.has_greeted = !offers.empty();
  for (const std::string& text : replies) {
    answers.statuses.push_back(reply(text));
  }
  std::string text;
  for (const ProbeStep& step : judge_answers(asked, answers, settings)) {
    text += std::string(name_of(step.verdict)) + ' ' +
            (step.subject.empty() ? step.step : step.subject) +
            (step.rule.empty() ? "" : " [" + step.rule + "]") + '\n';
  }
  return text;
}

TEST_CASE("probe: what answers mean") {
  // Of alice, alice+probe, ALICE and nobody.
  const std::pair<std::vector<std::string>, std::string> rows[] = {
      {{"250 2.1.5 ok", "250 2.1.5 ok", "250 2.1.5 ok", "550 5.1.1 no"},
       "ok alice@example.com\nok alice+probe@example.com\nok ALICE@example.com\n"
       "ok lastmile-sample@example.com\n"},
      {{"250 2.1.5 ok", "550 5.1.1 no", "550 5.1.1 no", "550 5.1.1 no"},
       "ok alice@example.com\nwrong alice+probe@example.com [lmtp-extension-mismatch]\n"
       "wrong ALICE@example.com [lmtp-extension-mismatch]\nok lastmile-sample@example.com\n"},
      {{"452 4.2.2 full", "452 4.2.2 full", "452 4.2.2 full", "550 5.1.1 no"},
       "temporary alice@example.com\nok alice+probe@example.com\nok ALICE@example.com\n"
       "ok lastmile-sample@example.com\n"},
      {{"552 5.2.2 full", "552 5.2.2 full", "552 5.2.2 full", "550 5.1.1 no"},
       "wrong alice@example.com\nok alice+probe@example.com\nok ALICE@example.com\n"
       "ok lastmile-sample@example.com\n"},
      {{"550 5.1.1 no", "550 5.1.1 no", "550 5.1.1 no", "550 5.1.1 no"},
       "wrong alice@example.com\nok alice+probe@example.com\nok ALICE@example.com\n"
       "ok lastmile-sample@example.com\n"},
      {{"250 2.1.5 ok", "250 2.1.5 ok", "250 2.1.5 ok", "250 2.1.5 ok"},
       "ok alice@example.com\nok alice+probe@example.com\nok ALICE@example.com\n"
       "temporary lastmile-sample@example.com\n"},
      {{"250 2.1.5 ok", "250 2.1.5 ok", "250 2.1.5 ok", "450 4.1.1 later"},
       "ok alice@example.com\nok alice+probe@example.com\nok ALICE@example.com\n"
       "temporary lastmile-sample@example.com\n"},
  };
  for (const auto& [replies, expected] : rows) {
    INFO(replies.front());
    CHECK(judged(replies, {}, Settings()) == expected);
  }
}

TEST_CASE("probe: what a server offers, and no session at all") {
  Settings settings;
  settings.message_size_limit.value = 1000;
  const std::vector<std::string> fine = {"250 2.1.5 ok", "250 2.1.5 ok", "250 2.1.5 ok",
                                         "550 5.1.1 no"};
  CHECK_THAT(judged(fine, {"PIPELINING", "SIZE 999"}, settings),
             Catch::StartsWith("ok offer\nwrong offer [lmtp-extension-mismatch]\n"));
  CHECK_THAT(judged(fine, {"PIPELINING", "SIZE 1000"}, settings),
             Catch::StartsWith("ok offer\nok alice"));
  CHECK_THAT(judged(fine, {"PIPELINING", "SIZE"}, settings),
             Catch::StartsWith("ok offer\nok alice"));
  ProbedServer server;
  server.recipients = {{"alice", "example.com"}};
  settings.smtputf8_enable.value = true;
  const auto asked = recipients_to_ask(server, settings);
  ServerAnswers answers;
  DeliveryStatus gone;
  gone.text = "connect to mx[/run/lmtp]: No such file or directory";
  answers.statuses.assign(asked.size(), gone);
  const auto steps = judge_answers(asked, answers, settings);
  REQUIRE(steps.size() == 1);
  CHECK(steps.front().rule == "lmtp-socket-missing");
  CHECK(worst_of(steps) == ProbeVerdict::temporary);
  answers.statuses.assign(asked.size(), reply("250 2.1.5 ok"));
  answers.has_greeted = true;
  CHECK_THAT(judge_answers(asked, answers, settings).at(1).text, Catch::StartsWith("no SMTPUTF8"));
}

}  // namespace
}  // namespace lastmile
