// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/sendmail_agent.h"

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"
#include "transports/agents/rehearsal_agents.h"

namespace lastmile {
namespace {

Recipient recipient_of(const std::string& local_part, const std::string& domain) {
  Recipient recipient;
  recipient.address = {local_part, domain};
  return recipient;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "[" : " [") + word + ']';
  }
  return text;
}

/// A sendmail(1) that writes down its arguments and its input, and ends as a script says.
class RecordingSendmail {
 public:
  explicit RecordingSendmail(const std::string& ending) {
    settings_ = test::delivery_settings();
    settings_.sendmail_path.value =
        directory_.write("sendmail",
                         "#!/bin/sh\nprintf '[%s]' \"$@\" >>" + directory_.path("arguments") +
                             "\necho >>" + directory_.path("arguments") + "\ncat >" +
                             directory_.path("input") + "\n" + ending + "\n",
                         0755);
  }
  const Settings& settings() const { return settings_; }
  std::string arguments() const { return directory_.read("arguments"); }
  std::string input() const { return directory_.read("input"); }
  const std::string& path() const { return settings_.sendmail_path.value; }

 private:
  test::TemporaryDirectory directory_;
  Settings settings_;
};

}  // namespace

TEST_CASE("the arguments of sendmail name the envelope and nothing that could be an option") {
  Envelope envelope;
  envelope.sender = {"john doe", "example.com"};
  const std::vector<Recipient> recipients = {recipient_of("-oQ/tmp", ""),
                                             recipient_of("a b", "example.org")};
  CHECK(joined(sendmail_arguments("/usr/sbin/sendmail", envelope, recipients)) ==
        "[/usr/sbin/sendmail] [-i] [-f] [\"john doe\"@example.com] [--] [-oQ/tmp] [\"a "
        "b\"@example.org]");
  envelope.sender = {};
  envelope.envelope_id = "id-1";
  CHECK(joined(sendmail_arguments("sendmail", envelope, std::span(recipients).first(1))) ==
        "[sendmail] [-i] [-f] [] [-V] [id-1] [--] [-oQ/tmp]");
}

TEST_CASE("what the sender asked to be told about goes along") {
  const std::pair<DsnNotify, std::string> rows[] = {
      {DsnNotify{}, ""},
      {DsnNotify{true, false, false, false, true}, "[-N] [never] "},
      {DsnNotify{false, true, true, true, true}, "[-N] [success,failure,delay] "},
      {DsnNotify{false, true, false, false, true}, "[-N] [success] "},
      {DsnNotify{false, false, true, true, true}, "[-N] [failure,delay] "},
  };
  for (const auto& [notify, expected] : rows) {
    Recipient recipient = recipient_of("a", "b");
    recipient.notify = notify;
    CHECK(joined(sendmail_arguments("s", Envelope{}, {&recipient, 1})) ==
          "[s] [-i] [-f] [] " + expected + "[--] [a@b]");
  }
}

TEST_CASE("a message is submitted again with its Delivered-To: line") {
  const RecordingSendmail sendmail("exit 0");
  Job job = test::job_for(test::somebody());
  job.recipients = {recipient_of("Bob", "Example.net"), recipient_of("eve", "example.net")};
  const auto statuses = forward_message(job, test::message_of("Subject: x\n\nFrom me\nbody"),
                                        test::context_of(sendmail.settings()));
  REQUIRE(statuses.size() == 2);
  for (const auto& status : statuses) {
    CHECK(test::line_of(status, "PATH") == "2.0.0 forwarded");
  }
  CHECK(sendmail.arguments() ==
        "[-i][-f][sender@example.org][--][Bob@Example.net][eve@example.net]\n");
  CHECK(sendmail.input() == "Received: by mx.example.test (lastmile); " +
                                std::string(test::kHeaderDate) +
                                "\nDelivered-To: list@example.com\nSubject: x\n\nFrom me\nbody\n");
}

TEST_CASE("the answer of sendmail is the status") {
  struct Row {
    std::string ending;
    std::string expected;
  };
  const Row rows[] = {
      {"echo '250 2.0.0 Ok: queued as 4TESTID'", "2.0.0 forwarded as 4TESTID"},
      {"exit 75", "4.3.0 unable to forward message: PATH ended with status 75"},
      {"echo 'sendmail: fatal: no space' >&2; exit 69",
       "4.3.0 unable to forward message: PATH ended with status 69: sendmail: fatal: no space "},
      {"kill -9 $$", "4.3.0 unable to forward message: PATH died with signal 9"},
  };
  for (const Row& row : rows) {
    const RecordingSendmail sendmail(row.ending);
    const auto statuses = forward_message(test::job_for(test::somebody()), test::message_of("x\n"),
                                          test::context_of(sendmail.settings()));
    REQUIRE(statuses.size() == 1);
    CHECK(test::line_of(statuses[0], sendmail.path()) == row.expected);
  }
}

TEST_CASE("a sendmail that is missing, or does not read the message, defers") {
  Settings settings = test::delivery_settings();
  const Job job = test::job_for(test::somebody());
  const auto missing = forward_message(job, test::message_of("x\n"), test::context_of(settings));
  CHECK(test::line_of(missing.at(0), settings.sendmail_path.value) ==
        "4.3.0 unable to forward message: PATH ended with status 75: local: fatal: execvp PATH: No "
        "such file or directory ");

  settings.sendmail_path.value = "/bin/true";
  const auto unread =
      forward_message(job, test::message_of(std::string(300000, 'x')), test::context_of(settings));
  CHECK(test::line_of(unread.at(0), "PATH") ==
        "4.3.0 unable to forward message: /bin/true did not read the whole message");
}

TEST_CASE("many recipients go in several submissions, each with its own notifications") {
  const RecordingSendmail sendmail("exit 0");
  Job job = test::job_for(test::somebody());
  job.recipients.clear();
  for (int i = 0; i < 2000; ++i) {
    job.recipients.push_back(recipient_of("user" + std::to_string(i), "example.com"));
  }
  job.recipients[0].notify = {.never = true, .on_failure = false, .is_asked = true};
  const auto statuses =
      forward_message(job, test::message_of("x\n"), test::context_of(sendmail.settings()));
  CHECK(statuses.size() == 2000);
  const std::string arguments = sendmail.arguments();
  CHECK(arguments.starts_with(
      "[-i][-f][sender@example.org][-N][never][--][user0@example.com]\n[-i][-f][sender@example.org]"
      "[--][user1@example.com]"));
  CHECK(arguments.find("[user1999@example.com]\n") != std::string::npos);
  CHECK(std::count(arguments.begin(), arguments.end(), '\n') == 4);
}

TEST_CASE("a report has the null sender, and is submitted as it was composed") {
  const RecordingSendmail sendmail("exit 0");
  Job job;
  job.destination = Remote{};
  job.recipients = {recipient_of("sender", "example.org")};
  const auto statuses = forward_message(job, test::message_of("Subject: y\n\nbody\n"),
                                        test::context_of(sendmail.settings()));
  REQUIRE(statuses.size() == 1);
  CHECK(statuses[0].outcome == DeliveryStatus::Outcome::delivered);
  CHECK(sendmail.arguments() == "[-i][-f][][--][sender@example.org]\n");
  CHECK(sendmail.input() == "Subject: y\n\nbody\n");
}

TEST_CASE("a rehearsal says what it would do") {
  const std::pair<Destination, std::string> rows[] = {
      {Mailbox{"/nonexistent/alice"}, "delivers to mailbox: /nonexistent/alice"},
      {Maildir{"/nonexistent/"}, "delivers to maildir: /nonexistent/"},
      {File{"/nonexistent/file"}, "delivers to file: /nonexistent/file"},
      {Command{"exit 1"}, "delivers to command: exit 1"},
      {Lmtp{lmtp::UnixEndpoint{"/run/lmtp"}}, "delivers to unix:/run/lmtp"},
      {Pipe{"maildrop", "", "/bin/x"}, "delivers to command: /bin/x"},
      {Transport{"dovecot", ""}, "delivers to transport dovecot"},
      {Remote{}, "forwards to User+Ext@Example.com"},
  };
  RehearsalAgents agents;
  for (const auto& [destination, expected] : rows) {
    Job job = test::job_for(test::somebody());
    job.destination = destination;
    const auto statuses = agents.perform(job, test::message_of("x\n"));
    REQUIRE(statuses.size() == 1);
    CHECK(test::line_of(statuses[0], "PATH") == "2.0.0 " + expected);
  }
}

}  // namespace lastmile
