// SPDX-License-Identifier: Apache-2.0
// A delivery that is killed in the middle of a large message: what the next one makes of the
// mailbox.

#include <fcntl.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/integration/process.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

const std::string kOld = "From a@b  Sat Nov 21 02:56:11 2026\n\nold\n\n";

std::string large_message() {
  std::string text = "Subject: large\n\n";
  while (text.size() < std::size_t{24} * 1024 * 1024) {
    text += "From here on, line after line of the same text, again and again.\n";
  }
  return text;
}

/// The first child of a process; 0 when it has none.
pid_t child_of(pid_t process) {
  const std::string number = std::to_string(process);
  std::ifstream children("/proc/" + number + "/task/" + number + "/children");
  pid_t child = 0;
  children >> child;
  return child;
}

/// Waits until a process that is about to die has let go of everything.
void wait_until_gone(pid_t process) {
  while (kill(process, 0) == 0) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    std::getline(stat, text);
    if (text.find(") Z ") != std::string::npos) {
      return;
    }
  }
}

enum class Killed { child, all };

/// Starts a delivery of `message` and kills it when the mailbox has grown.
/// \return whether it was killed before it had ended
bool kill_delivery(const std::string& directory, const std::string& message,
                   const std::string& mailbox, Killed killed) {
  const pid_t program = fork();
  REQUIRE(program >= 0);
  if (program == 0) {
    const int input = open(message.c_str(), O_RDONLY);
    dup2(input, STDIN_FILENO);
    execl(lastmile_program(), "lastmile", "-C", directory.c_str(), "deliver", "-f",
          "sender@remote.example", "--", "alice@example.com", nullptr);
    _exit(127);
  }
  struct stat status = {};
  int end = 0;
  pid_t ended = 0;
  while (ended == 0 && stat(mailbox.c_str(), &status) == 0 &&
         status.st_size == static_cast<off_t>(kOld.size())) {
    ended = waitpid(program, &end, WNOHANG);
  }
  const pid_t child = ended == 0 ? child_of(program) : 0;
  if (killed == Killed::all && ended == 0) {
    kill(program, SIGKILL);
  }
  if (child > 0) {
    kill(child, SIGKILL);
  }
  if (ended == 0) {
    REQUIRE(waitpid(program, &end, 0) == program);
  }
  if (child > 0) {
    wait_until_gone(child);
  }
  return WIFSIGNALED(end) || (WIFEXITED(end) && WEXITSTATUS(end) == 75);
}

TEST_CASE("a mailbox has no part of a message after the next delivery, whoever is killed") {
  const TemporaryDirectory directory;
  const Identity owner = unprivileged_identity();
  const std::string home = directory.path("home");
  std::filesystem::create_directory(home);
  chmod(directory.path().c_str(), 0755);
  directory.write(
      "main.cf",
      "myhostname = mail.example.com\nmyorigin = example.com\nmydestination = example.com\n"
      "sendmail_path = /nonexistent/sendmail\n"
      "alias_maps =\nmailbox_size_limit = 0\nmessage_size_limit = 0\nlastmile_log = stderr\n"
      "lastmile_ledger =\nhome_mailbox = mbox\n"
      "lastmile_account_maps = inline:{ {alice = alice:x:" +
          std::to_string(owner.uid) + ":" + std::to_string(owner.gid) + "::" + home +
          ":/bin/sh} }\n");
  const std::string message = directory.write("message", large_message());
  for (const Killed killed : {Killed::child, Killed::all}) {
    CAPTURE(static_cast<int>(killed));
    if (killed == Killed::child && geteuid() != 0) {
      continue;  // Only root has a child do it.
    }
    const std::string mailbox = directory.path("home/mbox");
    const auto lay_out = [&] {
      directory.write("home/mbox", kOld, 0600);
      give_to(home, owner);
      (void)unlink((mailbox + ".lock").c_str());
    };
    lay_out();
    if (setxattr(mailbox.c_str(), "user.lastmile.probe", "", 0, 0) != 0) {
      WARN("skipped: the file system of the temporary directory has no user attributes");
      return;
    }
    // On a busy host a delivery may end before it is killed.
    bool was_killed = false;
    for (int attempt = 0; attempt < 20 && !was_killed; ++attempt) {
      lay_out();
      was_killed = kill_delivery(directory.path(), message, mailbox, killed);
    }
    CHECK(was_killed);
    (void)unlink((mailbox + ".lock").c_str());
    const ProcessResult next =
        run_process({.arguments = {lastmile_program(), "-C", directory.path(), "deliver", "-f",
                                   "sender@remote.example", "--", "alice@example.com"},
                     .input = "Subject: new\n\nnew\n"});
    CAPTURE(next.err);
    CHECK(next.status == 0);
    const std::string content = directory.read("home/mbox");
    CHECK(content.size() < 1000);
    CHECK(content.starts_with(kOld + "From sender@remote.example  "));
    CHECK(content.ends_with("\nSubject: new\n\nnew\n\n"));
  }
}

}  // namespace
}  // namespace lastmile::test
