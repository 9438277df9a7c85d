// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/command_agent.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

constexpr std::string_view kMessage = "Subject: x\n\nFrom here\n>From there\nlast";

AgentReport run(const std::string& line, const Settings& settings = test::delivery_settings(),
                std::string_view text = kMessage, const Command& command = {}) {
  Command whole = command;
  whole.line = line;
  const Job job = test::job_for(test::somebody());
  return deliver_to_command(whole, job, test::message_of(text), test::context_of(settings));
}

std::string result(const std::string& line) {
  return test::line_of(run(line).status, "PATH");
}

Settings with_time_limit(std::chrono::seconds limit) {
  Settings settings = test::delivery_settings();
  settings.command_time_limit.value = limit;
  return settings;
}

}  // namespace

TEST_CASE("a command gets the message and its end is a status") {
  const test::Home home;
  const auto copy = home.path("copy");
  CHECK(result("cat >" + copy) == "2.0.0 delivered to command: cat >" + copy);
  CHECK(home.read("copy") == test::mbox_head() + std::string(kMessage) + "\n");

  const std::pair<std::string, std::string> rows[] = {
      {"exit 2", R"(5.3.0 Command died with status 2: "exit 2")"},
      {"exit 64", "5.3.0 command line usage error"},
      {"exit 73", "5.2.0 can't create user output file"},
      {"exit 75", "4.3.0 temporary failure"},
      {"exit 78", "5.3.5 local configuration error"},
      {"exit 79", R"(5.3.0 Command died with status 79: "exit 79")"},
      {"nosuchcmd 'x'",
       "5.3.0 Command died with status 127: \"nosuchcmd 'x'\". Command output: sh: 1: nosuchcmd: "
       "not found "},
      {"nosuchcmd",
       "5.3.0 Command died with status 127: \"nosuchcmd\". Command output: sh: 1: nosuchcmd: not "
       "found "},
      {"/no/such/cmd",
       "4.3.0 temporary failure. Command output: local: fatal: execvp /no/such/cmd: No such file "
       "or directory "},
      {"/etc/passwd",
       "4.3.0 temporary failure. Command output: local: fatal: execvp /etc/passwd: Permission "
       "denied "},
      {"kill -TERM $$", "4.3.0 Command died with signal 15: \"kill -TERM $$\""},
      {"printf 'a\\tb\\nc\\001d\\n'; exit 1",
       "5.3.0 Command died with status 1: \"printf 'a\\tb\\nc\\001d\\n'; exit 1\". Command output: "
       "a b c_d "},
      {"echo 5.7.7 nope; exit 75", "5.7.7 nope "},
      {"echo 5.7.7; exit 75", "5.7.7 "},
      {"echo 2.1.2 ok; exit 1", "5.0.0 ok "},
      {"echo 5.7.7 nope; exit 0", "2.0.0 delivered to command: echo 5.7.7 nope; exit 0"},
      {"echo first line; echo second line >&2; exit 77",
       "5.7.0 permission denied. Command output: first line second line "},
      {"", "2.0.0 delivered to command: "},
  };
  for (const auto& [command, expected] : rows) {
    CHECK(result(command) == expected);
  }
}

TEST_CASE("a time limit bounces and kills all that the command has started") {
  const test::Home home;
  const Settings settings = with_time_limit(std::chrono::seconds(1));
  const std::string sleeping = "sleep 30; touch " + home.path("late");
  CHECK(test::line_of(run(sleeping, settings).status, "PATH") ==
        "5.3.0 Command time limit exceeded: \"" + sleeping + '"');
  // Output that ends does not help a command that goes on.
  const std::string silent = "exec >/dev/null 2>&1; sleep 30";
  CHECK(test::line_of(run(silent, settings).status, "PATH") ==
        "5.3.0 Command time limit exceeded: \"" + silent + '"');
  CHECK_FALSE(home.exists("late"));
}

TEST_CASE("the time limit holds for all of a command, however often it shows a sign of life") {
  const auto begin = std::chrono::steady_clock::now();
  const std::string large(1000000, 'x');
  for (const std::string drip : {"for i in 1 2 3 4 5 6 7 8; do sleep 0.5; echo $i; done",
                                 "while dd bs=4096 count=1 >/dev/null 2>&1; do sleep 0.5; done"}) {
    CHECK(test::line_of(run(drip, with_time_limit(std::chrono::seconds(1)), large).status, "PATH")
              .starts_with("5.3.0 Command time limit exceeded"));
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4));
}

TEST_CASE("a command cannot lift its limit on the size of files") {
  const test::Home home;
  const auto facts = home.path("facts");
  CHECK(run("cat >/dev/null; ulimit -H -f >" + facts).status.outcome ==
        DeliveryStatus::Outcome::delivered);
  CHECK(home.read("facts") == "100000\n");  // In 512 octets.
}

TEST_CASE("a command that stops who waits for it is deferred") {
  if (!is_root()) {
    return;
  }
  const auto report = run("kill -STOP $PPID; sleep 30");
  CHECK(test::line_of(report.status, "PATH") ==
        "4.3.0 acting as user (uid 2001): the child was stopped by a signal");
  CHECK(report.status.perhaps_delivered);
}

TEST_CASE("a command that never reads stops the writer for no longer than the limit") {
  const Settings settings = with_time_limit(std::chrono::seconds(1));
  const std::string large(1000000, 'x');
  CHECK(run("sleep 30", settings, large).status.code == "5.3.0"_dsn);
}

TEST_CASE("a command need not read a large message") {
  const std::string large(1000000, 'x');
  CHECK(run("exit 0", test::delivery_settings(), large).status.outcome ==
        DeliveryStatus::Outcome::delivered);
  CHECK(run("exec /bin/true <&-", test::delivery_settings(), large).status.outcome ==
        DeliveryStatus::Outcome::delivered);
}

TEST_CASE("a large message comes through whole") {
  const test::Home home;
  std::string large = "Subject: x\n\n";
  for (int i = 0; i < 50000; ++i) {
    large += "From line " + std::to_string(i) + "\n";
  }
  const auto copy = home.path("copy");
  CHECK(run("cat >" + copy, test::delivery_settings(), large).status.outcome ==
        DeliveryStatus::Outcome::delivered);
  CHECK(home.read("copy") == test::mbox_head() + large);
}

TEST_CASE("output behind the first 4096 octets is not read") {
  const auto report = run("exec yes");
  CHECK(report.status.code == "5.3.0"_dsn);
  CHECK(report.status.text.starts_with(
      "Command died with status 1: \"exec yes\". Command output: y y"));
  CHECK(report.status.text.size() < 4200);
}

TEST_CASE("a command runs alone: session, descriptors, mask, signals, limits, environment") {
  const test::Home home;
  Settings settings = test::delivery_settings();
  settings.mailbox_size_limit.value = 51200000;
  const auto facts = home.path("facts");
  const std::string script =
      "exec >" + facts +
      " 2>&1; cat >/dev/null; pwd; umask; ulimit -f; ls /proc/self/fd | wc -l; "
      "test $(ps -o sid= -p $$) = $$ && echo leader; "
      "grep SigIgn: /proc/$$/status; id -u; id -g; id -G; env";
  REQUIRE(::setenv("LEAK", "secret", 1) == 0);
  const auto report = run(script, settings);
  CHECK(report.status.outcome == DeliveryStatus::Outcome::delivered);
  const auto text = home.read("facts");
  const Rights rights = test::somebody();
  CAPTURE(text);
  // ls itself has the directory open as a fourth descriptor; ulimit counts in 512 octets.
  CHECK(text.starts_with("/\n0077\n100000\n4\nleader\nSigIgn:\t0000000001001000\n"));
  if (is_root()) {
    CHECK(text.find("\n2001\n2001\n2001\n") != std::string::npos);
  }
  CHECK(text.find("LEAK") == std::string::npos);
  CHECK(text.find("\nUSER=user\n") != std::string::npos);
  CHECK(text.find("\nEXTENSION=ext\n") != std::string::npos);
  CHECK(text.find("\nRECIPIENT=User+Ext@Example.com\n") != std::string::npos);
  CHECK(text.find("\nPATH=/usr/bin:/bin\n") != std::string::npos);
}

TEST_CASE("the working directory is the configured one, the queue directory, or the root") {
  const test::Home home;
  const auto where = home.path("where");
  Settings settings = test::delivery_settings();
  settings.queue_directory.value = home.path();
  CHECK(run("pwd >" + where, settings).status.outcome == DeliveryStatus::Outcome::delivered);
  CHECK(home.read("where") == home.path() + "\n");
  Command elsewhere;
  elsewhere.directory = "/usr";
  CHECK(run("pwd >" + where, settings, kMessage, elsewhere).status.outcome ==
        DeliveryStatus::Outcome::delivered);
  CHECK(home.read("where") == "/usr\n");

  REQUIRE(::mkdir(home.path("sub").c_str(), 0755) == 0);
  elsewhere.directory = "sub";
  CHECK(run("pwd >" + where, settings, kMessage, elsewhere).status.outcome ==
        DeliveryStatus::Outcome::delivered);
  CHECK(home.read("where") == home.path("sub") + "\n");

  elsewhere.directory = home.path("missing");
  const auto report = run("pwd >" + where, settings, kMessage, elsewhere);
  CHECK(test::line_of(report.status, "PATH") == "4.3.0 temporary failure");
  const Rights rights = test::somebody();
  CHECK(report.warnings ==
        std::vector<std::string>{"cannot change directory to \"" + home.path("missing") +
                                 "\" for uid=" + std::to_string(rights.uid) + " gid=" +
                                 std::to_string(rights.gid) + ": No such file or directory"});
}

TEST_CASE("local_command_shell runs every command") {
  const test::Home home;
  const auto shell = home.write("shell", "#!/bin/sh\nprintf '[%s]' \"$@\"\nexit 1\n", 0755);
  Settings settings = test::delivery_settings();
  settings.local_command_shell.value = shell + " -c";
  CHECK(test::line_of(run("/bin/true x", settings).status, "PATH") ==
        "5.3.0 Command died with status 1: \"/bin/true x\". Command output: [-c][/bin/true x]");
  settings.local_command_shell.value = "/no/such/shell";
  CHECK(test::line_of(run("true", settings).status, "PATH") ==
        "4.3.0 temporary failure. Command output: local: fatal: pipe_command: execvp "
        "/no/such/shell: No such file or directory ");
}

TEST_CASE("a message that cannot be read is not taken for a short one") {
  const test::Home home;
  const auto copy = home.path("done");
  const std::string large(600000, 'x');
  // Two calls store the message; the second chunk is the second read.
  const test::FaultySystem faulty(test::FaultySystem::Fault::error, 4, EIO);
  const auto message = SpooledMessage::from_text(large, faulty.calls());
  REQUIRE(message);
  Command command;
  command.line = "cat >/dev/null; touch " + copy;
  const Settings settings = test::delivery_settings();
  const auto report = deliver_to_command(command, test::job_for(test::somebody()), *message,
                                         test::context_of(settings));
  CHECK(faulty.has_struck());
  CHECK(test::line_of(report.status, "PATH") ==
        "4.3.0 Command failed: error reading message: Input/output error");
  CHECK_FALSE(home.exists("done"));
}

TEST_CASE("no command is run as root") {
  if (!test::running_as_root()) {
    return;
  }
  const test::Home home;
  Command command;
  command.line = "touch " + home.path("done");
  const Settings settings = test::delivery_settings();
  for (const Rights& rights :
       {Rights{0, 0, {}, "root"}, Rights{0, 2001, {}, "root"}, Rights{2001, 0, {}, "user"}}) {
    const auto report = deliver_to_command(command, test::job_for(rights),
                                           test::message_of(kMessage), test::context_of(settings));
    CHECK(report.status.code == "4.3.5"_dsn);
  }
  CHECK_FALSE(home.exists("done"));
}

}  // namespace lastmile
