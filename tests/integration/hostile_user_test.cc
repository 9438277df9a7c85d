// SPDX-License-Identifier: Apache-2.0
// What a user can do to the processes that work with his rights, and what becomes of the others'
// mail; and what becomes of these processes when the one that started them is killed.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "tests/integration/process.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

using namespace std::chrono_literals;

constexpr uid_t kMallory = 2666;
constexpr uid_t kAlice = 2001;

/// A host with two users, whose mail comes to mbox files in their homes.
class TwoUsers {
 public:
  explicit TwoUsers(const std::string& parameters = {}) {
    chmod(directory_.path().c_str(), 0755);
    home("mallory", kMallory);
    home("alice", kAlice);
    // Reports of failures go there, and never to the machine that the tests run on.
    const std::string sendmail =
        directory_.write("sendmail", "#!/bin/sh\nexec cat >/dev/null\n", 0755);
    directory_.write(
        "main.cf",
        "myhostname = mail.example.com\nmyorigin = example.com\nsendmail_path = " + sendmail +
            "\n"
            "mydestination = example.com\nalias_maps = inline:{ {list = mallory, alice} }\n"
            "lastmile_log = stderr\nlastmile_ledger =\nhome_mailbox = mbox\n"
            "stale_lock_time = 1s\ndeliver_lock_delay = 1s\n"
            "lastmile_account_maps = inline:{ " +
            account("mallory", kMallory) + account("alice", kAlice) + "}\n" + parameters);
  }

  std::string path(const std::string& name) const { return directory_.path(name); }

  void write_forward(const std::string& text) const {
    const std::string name = directory_.write("mallory/.forward", text, 0600);
    REQUIRE(chown(name.c_str(), kMallory, kMallory) == 0);
  }

  ProcessSpec delivery(const std::string& recipient) const {
    return {.arguments = {lastmile_program(), "-C", directory_.path(), "deliver", "-f",
                          "sender@remote.example", "--", recipient + "@example.com"},
            .input = "Subject: x\n\nx\n"};
  }

  /// Lets mallory's command tell that it has begun, and after some seconds, behind a pipe, that it
  /// still runs.
  void write_slow_command() const {
    // The command begins in the queue directory.
    write_forward("\"|cd " + path("mallory") +
                  "; : >started; (sleep 3; echo late >>late) | cat\"\n");
  }
  bool outlives_its_delivery() const {
    std::this_thread::sleep_for(3500ms);
    return exists("mallory/late");
  }

  bool exists(const std::string& name) const { return directory_.exists(name); }
  std::string read(const std::string& name) const { return directory_.read(name); }

 private:
  void home(const std::string& name, uid_t uid) {
    const std::string home = directory_.make_directory(name);
    REQUIRE(chown(home.c_str(), uid, uid) == 0);
  }

  std::string account(const std::string& name, uid_t uid) const {
    const std::string id = std::to_string(uid);
    return "{" + name + " = " + name + ":x:" + id + ":" + id + "::" + directory_.path(name) +
           ":/bin/sh} ";
  }

  TemporaryDirectory directory_;
};

bool wait_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// Starts a delivery in the background. \return its process
pid_t start(const ProcessSpec& spec, const std::string& message) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    const int input = open(message.c_str(), O_RDONLY);
    dup2(input, STDIN_FILENO);
    std::vector<char*> words;
    for (const std::string& word : spec.arguments) {
      words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    execv(words[0], words.data());
    _exit(127);
  }
  return pid;
}

}  // namespace

TEST_CASE(
    "whoever stops or kills what runs with his rights is deferred, and others get their mail") {
  if (geteuid() != 0) {
    WARN("skipped: only root delivers to several users");
    return;
  }
  const std::string attacks[] = {
      "kill -STOP $PPID; exit 0",
      "kill -STOP $PPID; sleep 1000",
      "kill -KILL $PPID; sleep 1000",
      "kill -TERM $PPID; sleep 1000",
      "(trap '' TERM; while :; do kill -STOP $PPID; kill -CONT $PPID; done) & sleep 1000",
      "prlimit --pid $PPID --cpu=0; sleep 1000",
      "prlimit --pid $PPID --nofile=0 --nproc=0 --as=1; sleep 1000",
      "kill -STOP $$",
      "exec sleep 1000",
      "trap '' TERM HUP; exec >/dev/null 2>&1 </dev/null; while :; do sleep 1; done",
      "while echo y; do sleep 0.2; done",
  };
  for (const std::string& attack : attacks) {
    CAPTURE(attack);
    const TwoUsers users("command_time_limit = 2s\n");
    users.write_forward("\"|" + attack + "\"\n");
    const auto begin = std::chrono::steady_clock::now();
    const ProcessResult result = run_process(users.delivery("list"));
    const auto time = std::chrono::steady_clock::now() - begin;
    CAPTURE(result.err);
    CHECK(time < 12s);
    CHECK(users.read("alice/mbox").ends_with("\n\nx\n\n"));
    // A command whose time is over is a failure for good, as with Postfix.
    const bool timed_out = result.err.find("Command time limit exceeded") != std::string::npos;
    CHECK((timed_out || result.status == 75));
  }
}

TEST_CASE("a command dies with all its group when the delivery is killed, and runs once") {
  if (geteuid() != 0) {
    WARN("skipped: only root has a process of the user's between");
    return;
  }
  const TwoUsers users;
  const std::string message = users.path("message");
  std::filesystem::copy_file(users.path("main.cf"), message);
  users.write_slow_command();
  const pid_t delivery = start(users.delivery("mallory"), message);
  REQUIRE(wait_until([&] { return users.exists("mallory/started"); }));
  REQUIRE(kill(delivery, SIGKILL) == 0);
  REQUIRE(waitpid(delivery, nullptr, 0) == delivery);
  CHECK_FALSE(users.outlives_its_delivery());
}

TEST_CASE("SIGTERM ends a delivery in order, with 75, and leaves no lock") {
  if (geteuid() != 0) {
    WARN("skipped: only root has a child deliver");
    return;
  }
  const TwoUsers users;
  const std::string message = users.path("message");
  std::filesystem::copy_file(users.path("main.cf"), message);
  users.write_slow_command();
  const pid_t delivery = start(users.delivery("list"), message);
  REQUIRE(wait_until([&] { return users.exists("mallory/started"); }));
  REQUIRE(kill(delivery, SIGTERM) == 0);
  int status = 0;
  REQUIRE(waitpid(delivery, &status, 0) == delivery);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 75);
  CHECK_FALSE(users.exists("alice/mbox"));
  CHECK_FALSE(users.exists("alice/mbox.lock"));
  CHECK_FALSE(users.outlives_its_delivery());
}

}  // namespace lastmile::test
