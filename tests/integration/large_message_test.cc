// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/integration/process.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

constexpr std::size_t kMessageSize = std::size_t{300} * 1024 * 1024;
constexpr long kMostMemory = 32L * 1024;  // KiB
#ifdef LASTMILE_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// Writes a message of kMessageSize octets and ends.
[[noreturn]] void feed(int pipe) {
  std::string block = "Subject: large\n\n";
  while (block.size() < std::size_t{64} * 1024) {
    block += "From here on, line after line of the same text, again and again.\n";
  }
  std::size_t written = 0;
  while (written < kMessageSize) {
    const ssize_t count = write(pipe, block.data(), block.size());
    if (count <= 0) {
      _exit(1);
    }
    written += static_cast<std::size_t>(count);
  }
  _exit(0);
}

struct Measured {
  int status = -1;
  long peak_kib = 0;  ///< Of lastmile and of the children that it waited for.
};

/// Runs `lastmile deliver` with such a message on its standard input.
Measured deliver_large_message(const std::string& config_directory, const char* recipient) {
  std::array<int, 2> ends = {};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t feeder = fork();
  if (feeder == 0) {
    close(ends[0]);
    feed(ends[1]);
  }
  close(ends[1]);
  const pid_t program = fork();
  if (program == 0) {
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    execl(lastmile_program(), "lastmile", "-C", config_directory.c_str(), "deliver", "-f",
          "sender@remote.example", "--", recipient, nullptr);
    _exit(127);
  }
  close(ends[0]);
  Measured measured;
  int status = 0;
  rusage usage = {};
  REQUIRE(wait4(program, &status, 0, &usage) == program);
  measured.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  measured.peak_kib = usage.ru_maxrss;
  REQUIRE(waitpid(feeder, &status, 0) == feeder);
  return measured;
}

TEST_CASE("300 MiB are delivered in less than 32 MiB of memory") {
  if (kSanitized) {
    std::cout << "skipped: a sanitizer's own memory would be measured\n";
    return;
  }
  const TemporaryDirectory directory;
  const Identity owner = unprivileged_identity();
  const std::string home = directory.path() + "/home";
  std::filesystem::create_directory(home);
  std::ofstream(directory.path() + "/main.cf")
      << "myhostname = mail.example.com\nmyorigin = example.com\nmydestination = example.com\n"
         "sendmail_path = /nonexistent/sendmail\n"
      << "alias_maps =\nmailbox_size_limit = 0\nmessage_size_limit = 0\nlastmile_log = stderr\n"
         "lastmile_ledger =\n"
      << "home_mailbox = Maildir/\n"
      << "lastmile_account_maps = inline:{ {alice = alice:x:" << owner.uid << ':' << owner.gid
      << "::" << home << ":/bin/sh} }\n";
  chmod(directory.path().c_str(), 0755);
  give_to(home, owner);

  const Measured measured = deliver_large_message(directory.path(), "alice@example.com");
  CHECK(measured.status == 0);
  CHECK(measured.peak_kib < kMostMemory);
  std::uintmax_t stored = 0;
  for (const auto& entry : std::filesystem::directory_iterator(home + "/Maildir/new")) {
    stored += entry.file_size();
  }
  CHECK(stored >= kMessageSize);
}

}  // namespace
}  // namespace lastmile::test
