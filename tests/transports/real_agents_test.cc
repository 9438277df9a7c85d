// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/real_agents.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <regex>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

constexpr std::string_view kMessage = "Subject: x\n\nbody\n";

std::string perform(Agents& agents, const Destination& destination, const std::string& path) {
  Job job = test::job_for(test::somebody());
  job.destination = destination;
  const auto statuses = agents.perform(job, test::message_of(kMessage));
  REQUIRE(statuses.size() == 1);
  return test::line_of(statuses[0], path);
}

/// The signal by which a process ends that performs a job for `destination`.
int ending_of(const Destination& destination) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)!::freopen("/dev/null", "w", stderr);
    static_cast<void>(std::signal(SIGABRT, SIG_DFL));
    const Settings settings = test::delivery_settings();
    RealAgents agents(settings, {});
    Job job = test::job_for(test::somebody());
    job.destination = destination;
    (void)agents.perform(job, test::message_of(kMessage));
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("each destination has its agent") {
  const test::Home home;
  Settings settings = test::delivery_settings();
  settings.sendmail_path.value = home.write("sendmail", "#!/bin/sh\ncat >/dev/null\n", 0755);
  std::vector<std::string> warnings;
  RealAgents agents(settings, {}, [&](const std::string& line) { warnings.push_back(line); });
  const auto& path = home.path();
  CHECK(perform(agents, Mailbox{path + "/box"}, path) == "2.0.0 delivered to mailbox");
  CHECK(perform(agents, Maildir{path + "/d/"}, path) == "2.0.0 delivered to maildir");
  CHECK(perform(agents, File{path + "/f"}, path) == "2.0.0 delivered to file: PATH/f");
  CHECK(perform(agents, Command{"exit 67"}, path) == "5.1.1 user unknown");
  CHECK(perform(agents, Remote{}, path) == "2.0.0 forwarded");
  CHECK(perform(agents, Transport{"dovecot", "x"}, path) ==
        "4.3.0 mail transport unavailable: dovecot");
  CHECK(perform(agents, Lmtp{}, path) == "4.3.0 mail transport unavailable: lmtp");
  CHECK(warnings.empty());
  CHECK(perform(agents, File{path + "/missing/f"}, path).starts_with("5.2.0 "));
  CHECK(warnings.size() == 1);
  const std::string box = home.read("box");
  static const std::regex kFromLine(
      R"(From sender@example\.org  [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\n)");
  CHECK(std::regex_search(box, kFromLine, std::regex_constants::match_continuous));
}

TEST_CASE("an LMTP server answers for each recipient") {
  const Settings settings = test::delivery_settings();
  RealAgents agents(settings, [](const Lmtp& server, const Job& job, const SpooledMessage& message,
                                 const AgentContext& context) {
    CHECK(lmtp::to_string(server.endpoint) == "unix:/run/lmtp");
    CHECK(message.size() == kMessage.size());
    CHECK(context.date.size() == test::kDate.size());
    CHECK(job.recipients.size() == 2);
    return std::vector{status_with("2.1.5"_dsn, "first"), status_with("4.2.0"_dsn, "second")};
  });
  Job job = test::job_for(test::somebody());
  job.destination = Lmtp{lmtp::UnixEndpoint{"/run/lmtp"}};
  job.recipients.push_back(job.recipients[0]);
  const auto statuses = agents.perform(job, test::message_of(kMessage));
  REQUIRE(statuses.size() == 2);
  CHECK(statuses[0].text == "first");
  CHECK(statuses[1].text == "second");
}

TEST_CASE("what a trace has decided is not a job") {
  CHECK(ending_of(Bounce{}) == SIGABRT);
  CHECK(ending_of(Defer{}) == SIGABRT);
  CHECK(ending_of(Discard{}) == SIGABRT);
}

TEST_CASE("a report comes back from a child as it was, and a broken one defers") {
  AgentReport report = {status_with("5.1.1"_dsn, "text with caf\xc3\xa9"), {"one", "two"}};
  report.status.diagnostic = "x-unix; no";
  const auto bytes = encode_report(report);
  const auto back = decode_report(bytes);
  CHECK(test::line_of(back.status, "PATH") == "5.1.1 text with caf\xc3\xa9");
  CHECK(back.status.diagnostic == "x-unix; no");
  CHECK(back.warnings == report.warnings);
  CHECK_FALSE(back.status.perhaps_delivered);
  CHECK(decode_report(encode_report({uncertain_status("killed"), {}})).status.perhaps_delivered);
  for (const std::string& broken : {std::string(), std::string("2.0.0"),
                                    std::string("9.9.9\0ok\0\0", 10), std::string("2.0.0\0ok", 8),
                                    std::string("2.0.0\0ok\0\0", 10), std::string("\0\0\0\0", 4)}) {
    CHECK(decode_report(broken).status.outcome == DeliveryStatus::Outcome::deferred);
  }
  const auto tampered = decode_report(std::string("2.0.0\0a\nb\0\0\0\0\0\0c\rd\0", 19));
  CHECK(tampered.status.text == "a?b");
  CHECK(tampered.warnings == std::vector<std::string>{"c?d"});
  CHECK(decode_report("2.0.0" + std::string(1, '\0') + std::string(100000, 'x') +
                      std::string(5, '\0'))
            .status.text.size() < 20000);
}

}  // namespace lastmile
