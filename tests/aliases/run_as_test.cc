// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/run_as.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using namespace std::chrono_literals;

const Rights kAlice = {2001, 2002, {2003}, "alice"};

bool no_child_is_left() {
  return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

/// "uid gid groups", as the process sees itself.
std::string identity() {
  std::array<gid_t, 8> groups = {};
  const int count = getgroups(static_cast<int>(groups.size()), groups.data());
  std::ostringstream text;
  text << getuid() << '/' << geteuid() << ' ' << getgid() << '/' << getegid();
  for (int i = 0; i < count; ++i) {
    text << ' ' << groups.at(static_cast<std::size_t>(i));
  }
  return text.str();
}

std::string error_of(const Result<std::string>& result) {
  return result.ok() ? "no error: " + *result : result.error().message();
}

constexpr std::size_t kLargest = std::size_t{1024} * 1024;  // Octets that run_as() brings back.

TEST_CASE("run_as: work with one's own rights is done in this process") {
  const pid_t here = getpid();
  const auto result = run_as(
      {geteuid(), getegid(), {}, "me"}, [] { return std::to_string(getpid()); }, 0ms);
  REQUIRE(result.ok());
  CHECK(*result == std::to_string(here));
}

TEST_CASE("run_as: an ordinary user cannot act as someone else") {
  if (!test::running_as_root()) {
    bool done = false;
    const auto result = run_as(
        {geteuid() + 1, getegid(), {}, "bob"},
        [&done] {
          done = true;
          return std::string();
        },
        0ms);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == Error::Kind::denied);
    CHECK_FALSE(done);
    return;
  }
  const auto result = run_as(
      kAlice,
      [] {
        return error_of(run_as(
            {2009, 2009, {}, "bob"}, [] { return "done"; }, 0ms));
      },
      0ms);
  REQUIRE(result.ok());
  CHECK(*result == "only root can act as bob (uid 2009); this process has uid 2001");
}

TEST_CASE("run_as: the child has exactly the rights that were asked for") {
  if (!test::running_as_root()) {
    return;
  }
  struct Row {
    Rights rights;
    std::string identity;
  };
  const Row row = GENERATE(values<Row>({{{2001, 2002, {}, "a"}, "2001/2001 2002/2002 2002"},
                                        {kAlice, "2001/2001 2002/2002 2002 2003"},
                                        {{2001, 0, {}, "b"}, "2001/2001 0/0 0"}}));
  const auto result = run_as(row.rights, identity, 0ms);
  REQUIRE(result.ok());
  CHECK(*result == row.identity);
  CHECK(geteuid() == 0);
  CHECK(no_child_is_left());
}

TEST_CASE("run_as: the user whose rights the child has cannot look into it") {
  if (!test::running_as_root()) {
    return;
  }
  const auto result = run_as(
      kAlice, [] { return std::to_string(prctl(PR_GET_DUMPABLE)); }, 0ms);
  REQUIRE(result.ok());
  // 0, or 2 where /proc/sys/fs/suid_dumpable says so: then only root may.
  CHECK((*result == "0" || *result == "2"));
}

TEST_CASE("run_as: root cannot be had back, and root's files cannot be read") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  const std::string secret = directory.write("secret", "s", 0600);
  const auto result = run_as(
      kAlice,
      [&secret] {
        std::string text = setuid(0) == 0 || seteuid(0) == 0 ? "root again, " : "";
        text += setgid(0) == 0 ? "group again, " : "";
        const int fd = open(secret.c_str(), O_RDONLY | O_CLOEXEC);
        return text + (fd < 0 && errno == EACCES ? "denied" : "read");
      },
      0ms);
  REQUIRE(result.ok());
  CHECK(*result == "denied");
}

TEST_CASE("run_as: an answer may have any bytes, up to a limit") {
  if (!test::running_as_root()) {
    return;
  }
  const std::string bytes("a\0b\n", 4);
  const auto binary = run_as(
      kAlice, [&bytes] { return bytes; }, 0ms);
  REQUIRE(binary.ok());
  CHECK(*binary == bytes);
  const auto largest = run_as(
      kAlice, [] { return std::string(kLargest, 'x'); }, 10s);
  REQUIRE(largest.ok());
  CHECK(largest->size() == kLargest);
  CHECK(error_of(run_as(
            kAlice, [] { return std::string(kLargest + 1, 'x'); }, 0ms)) ==
        "acting as alice (uid 2001): the answer is longer than 1048576 bytes");
  CHECK(no_child_is_left());
}

TEST_CASE("run_as: a child that ends early is an error, never an answer") {
  if (!test::running_as_root()) {
    return;
  }
  const auto exits = run_as(
      kAlice, []() -> std::string { _exit(3); }, 0ms);
  CHECK(error_of(exits) ==
        "acting as alice (uid 2001): the child ended without an answer, exit status 3");
  CHECK(exits.error().kind == Error::Kind::unavailable);
  CHECK(error_of(run_as(
            kAlice,
            []() -> std::string {
              static_cast<void>(raise(SIGKILL));
              return "not reached";
            },
            0ms)) == "acting as alice (uid 2001): the child was killed by signal 9");
  CHECK(no_child_is_left());
}

TEST_CASE("run_as: a failure tells whether the work may have been begun") {
  if (!test::running_as_root()) {
    return;
  }
  Begun begun = Begun::perhaps;
  const auto work = [] { return std::string("done"); };
  const Rights nobody_at_all = {static_cast<uid_t>(-1), 2001, {}, "x"};
  CHECK_FALSE(run_as(nobody_at_all, work, 0ms, &begun).ok());
  CHECK(begun == Begun::no);
  const auto killed = run_as(
      kAlice, []() -> std::string { _exit(3); }, 0ms, &begun);
  CHECK_FALSE(killed.ok());
  CHECK(begun == Begun::perhaps);
  // More groups than there can be: the child cannot become who it should be.
  Rights too_many = kAlice;
  too_many.groups.assign(100000, 2003);
  CHECK_FALSE(run_as(too_many, work, 0ms, &begun).ok());
  CHECK(begun == Begun::no);
  CHECK(no_child_is_left());
}

TEST_CASE("run_as: a child that overruns its limit is killed with what it started") {
  if (!test::running_as_root()) {
    return;
  }
  std::array<int, 2> ends = {};
  REQUIRE(pipe(ends.data()) == 0);
  const auto result = run_as(
      kAlice,
      [&ends]() -> std::string {
        close(ends[0]);
        if (fork() < 0) {
          return "no fork";
        }
        for (;;) {
          pause();
        }
      },
      50ms);
  CHECK(error_of(result) == "acting as alice (uid 2001): not done after 50 ms");
  CHECK(no_child_is_left());
  // Both held the writing end: it is at its end only when both are gone.
  close(ends[1]);
  char octet = 0;
  CHECK(read(ends[0], &octet, 1) == 0);
  close(ends[0]);
}

TEST_CASE("run_as: what the work leaves behind does not hold up the answer") {
  if (!test::running_as_root()) {
    return;
  }
  const auto result = run_as(
      kAlice,
      [] {
        const pid_t pid = fork();
        if (pid == 0) {
          for (;;) {
            pause();
          }
        }
        return std::to_string(pid);
      },
      10s);
  REQUIRE(result.ok());
  CHECK(kill(static_cast<pid_t>(std::stoi(*result)), SIGKILL) == 0);
}

TEST_CASE("run_as: a child that somebody stops is ended, and not waited for") {
  if (!test::running_as_root()) {
    return;
  }
  const auto stopped = run_as(
      kAlice,
      []() -> std::string {
        static_cast<void>(raise(SIGSTOP));
        for (;;) {
          pause();
        }
      },
      0ms);
  CHECK(error_of(stopped) == "acting as alice (uid 2001): the child was stopped by a signal");
  // One that goes on between two looks is ended by the limit.
  const auto stuttering = run_as(
      kAlice,
      []() -> std::string {
        const pid_t self = getpid();
        if (fork() == 0) {
          for (int i = 0; i < 1000; ++i) {
            kill(self, SIGSTOP);
            kill(self, SIGCONT);
            usleep(1000);
          }
          _exit(0);
        }
        for (;;) {
          pause();
        }
      },
      300ms);
  CHECK_FALSE(stuttering.ok());
  CHECK(no_child_is_left());
}

TEST_CASE("run_as: a child dies with its parent") {
  if (!test::running_as_root()) {
    return;
  }
  std::array<int, 2> ends = {};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t parent = fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    close(ends[0]);
    static_cast<void>(run_as(
        kAlice,
        [&ends]() -> std::string {
          const char octet = 'x';
          if (write(ends[1], &octet, 1) != 1) {
            return "the test is gone";
          }
          for (;;) {
            pause();
          }
        },
        0ms));
    _exit(0);
  }
  close(ends[1]);
  char octet = 0;
  REQUIRE(read(ends[0], &octet, 1) == 1);
  REQUIRE(kill(parent, SIGKILL) == 0);
  REQUIRE(waitpid(parent, nullptr, 0) == parent);
  // The child has the writing end for as long as it lives.
  CHECK(read(ends[0], &octet, 1) == 0);
  close(ends[0]);
}

volatile std::sig_atomic_t signals_seen = 0;

TEST_CASE("run_as: signal handlers and masks of the parent are not the child's") {
  if (!test::running_as_root()) {
    return;
  }
  struct sigaction counting = {};
  counting.sa_handler = [](int) { signals_seen = signals_seen + 1; };
  struct sigaction before = {};
  REQUIRE(sigaction(SIGUSR1, &counting, &before) == 0);
  struct sigaction pipe_before = {};
  struct sigaction ignoring = {};
  ignoring.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGPIPE, &ignoring, &pipe_before) == 0);
  const auto result = run_as(
      kAlice,
      [] {
        struct sigaction now = {};
        struct sigaction broken_pipe = {};
        sigset_t mask = {};
        sigaction(SIGUSR1, nullptr, &now);
        sigaction(SIGPIPE, nullptr, &broken_pipe);
        sigprocmask(SIG_SETMASK, nullptr, &mask);
        return std::string(now.sa_handler == SIG_DFL ? "default" : "handler") +
               (broken_pipe.sa_handler == SIG_DFL ? " default" : " ignored") +
               (sigismember(&mask, SIGTERM) == 0 ? " open" : " blocked");
      },
      0ms);
  // The parent goes on as before: its handler runs, and nothing is blocked.
  CHECK(raise(SIGUSR1) == 0);
  sigaction(SIGUSR1, &before, nullptr);
  sigaction(SIGPIPE, &pipe_before, nullptr);
  REQUIRE(result.ok());
  CHECK(*result == "default default open");
  CHECK(signals_seen == 1);
}

TEST_CASE("run_as: an answer is heard whatever interrupts the wait for it") {
  if (!test::running_as_root()) {
    return;
  }
  // A child that has answered and ended between two looks has answered.
  struct sigaction nothing = {};
  nothing.sa_handler = [](int) {};
  struct sigaction before = {};
  REQUIRE(sigaction(SIGALRM, &nothing, &before) == 0);
  const itimerval often = {{0, 200}, {0, 200}};
  const itimerval never = {};
  setitimer(ITIMER_REAL, &often, nullptr);
  int heard = 0;
  constexpr int kTimes = 200;
  for (int i = 0; i < kTimes; ++i) {
    const auto answer = run_as(
        kAlice, [] { return "done"; }, 0ms);
    heard += answer.ok() ? 1 : 0;
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  CHECK(heard == kTimes);
}

TEST_CASE("run_as: answers arrive also where SIGCHLD is ignored") {
  if (!test::running_as_root()) {
    return;
  }
  struct sigaction ignoring = {};
  ignoring.sa_handler = SIG_IGN;
  struct sigaction before = {};
  REQUIRE(sigaction(SIGCHLD, &ignoring, &before) == 0);
  const auto answer = run_as(
      kAlice, [] { return "done"; }, 0ms);
  const auto none = run_as(
      kAlice, []() -> std::string { _exit(0); }, 0ms);
  sigaction(SIGCHLD, &before, nullptr);
  REQUIRE(answer.ok());
  CHECK(*answer == "done");
  CHECK(error_of(none) == "acting as alice (uid 2001): the child ended without an answer");
}

}  // namespace
}  // namespace lastmile
