// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/pipe_agent.h"

#include <string>
#include <utility>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"
#include "transports/agents/pipe_message.h"

namespace lastmile {
namespace {

constexpr std::string_view kMessage = "Subject: x\n\nFrom here\n.dot\nlast";

Settings settings_with(const std::string& arguments) {
  Settings settings = test::delivery_settings();
  auto master_cf =
      MasterCf::parse("job unix - n n - - pipe " + arguments + '\n', "master.cf", false);
  REQUIRE(master_cf.ok());
  settings.master_cf = *std::move(master_cf);
  return settings;
}

AgentReport run(const std::string& arguments, std::size_t recipients = 1,
                std::string_view text = kMessage) {
  const Settings settings = settings_with("user=nobody " + arguments);
  Job job = test::job_for(test::somebody());
  job.service = "job";
  job.recipients.resize(recipients, job.recipients[0]);
  return deliver_to_pipe(Pipe{"job", "hop"}, job, test::message_of(text),
                         test::context_of(settings));
}

std::string result(const std::string& arguments, std::size_t recipients = 1,
                   std::string_view text = kMessage) {
  return test::line_of(run(arguments, recipients, text).status, "PATH");
}

std::string encoded(const PipeService& service, std::string_view text, std::size_t cut) {
  PipeEncoder encoder(service);
  std::string out;
  encoder.encode(text.substr(0, cut), out);
  encoder.encode(text.substr(cut), out);
  encoder.end(out);
  return out;
}

}  // namespace

TEST_CASE("pipe: a command gets the message and its end is a status") {
  const test::Home home;
  const std::string copy = home.path("copy");
  CHECK(result("argv=/bin/sh -c {cat >" + copy + "}") == "2.0.0 delivered via job service");
  CHECK(home.read("copy") == std::string(kMessage) + "\n");
  const std::pair<std::string, std::string> rows[] = {
      {"argv=/bin/sh -c {echo some; echo words}", "2.0.0 delivered via job service (some words)"},
      {"argv=/bin/sh -c {exit 67}", "5.1.1 user unknown"},
      {"argv=/bin/sh -c {echo 4.2.1 away; exit 1}", "4.2.1 away "},
      {"argv=/bin/sh -c {exit 2}", R"(5.3.0 Command died with status 2: "/bin/sh")"},
      {"argv=/no/such",
       "4.3.0 temporary failure. Command output: pipe: fatal: pipe_command: execvp /no/such: No "
       "such file or directory "},
      {"argv=/bin/true $nosuch", "4.3.5 mail system configuration error"},
      {"size=10 argv=/bin/true", "5.2.3 message too large"},
      {"directory=/no/such argv=/bin/true", "4.3.0 temporary failure"},
      {"chroot=/no/such argv=/bin/true", "4.3.0 temporary failure"},
  };
  for (const auto& [arguments, expected] : rows) {
    CHECK(result(arguments) == expected);
  }
}

TEST_CASE("pipe: headers for one recipient are not told to another") {
  CHECK(result("flags=D argv=/bin/true", 2) == "4.3.5 mail system configuration error");
  CHECK(result("flags=O argv=/bin/true", 2) == "4.3.5 mail system configuration error");
  CHECK(
      run("flags=O argv=/bin/true", 2).warnings ==
      std::vector<std::string>{"service job: flag O requires job_destination_recipient_limit = 1"});
  CHECK(result("argv=/bin/true", 2) == "2.0.0 delivered via job service");
}

TEST_CASE("pipe: flags put lines before and behind the message") {
  const test::Home home;
  const std::string copy = home.path("copy");
  CHECK(result("flags=BDFOR argv=/bin/sh -c {cat >" + copy + "}") ==
        "2.0.0 delivered via job service");
  CHECK(home.read("copy") == "From sender@example.org  " + std::string(test::kDate) +
                                 "\nReturn-Path: <sender@example.org>\nX-Original-To: list\n"
                                 "Delivered-To: User+Ext@Example.com\n" +
                                 std::string(kMessage) + "\n\n");
}

TEST_CASE("pipe: D finds a message that was here before") {
  CHECK(result("flags=D argv=/bin/true", 1, "Delivered-To: user+ext@EXAMPLE.com\n\nx\n") ==
        "5.4.6 mail forwarding loop for User+Ext@Example.com");
}

TEST_CASE("pipe: lines are encoded alike however they are cut") {
  PipeService service;
  service.flags.quote_dots = true;
  service.flags.quote_from = true;
  service.flags.blank_line = true;
  service.end_of_line = std::string("\r\n");
  constexpr std::string_view kText = "From a\n.\n..x\nFro\n\n From b\n>From c\nFrom";
  for (std::size_t cut = 0; cut <= kText.size(); ++cut) {
    CHECK(encoded(service, kText, cut) ==
          ">From a\r\n..\r\n...x\r\nFro\r\n\r\n From b\r\n>From c\r\nFrom\r\n\r\n");
  }
  CHECK(encoded(service, "", 0) == "\r\n");
}

}  // namespace lastmile
