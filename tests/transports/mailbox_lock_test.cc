// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/mailbox_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

using std::chrono::seconds;

LockPolicy policy_of(long attempts, seconds delay) {
  LockPolicy policy;
  policy.attempts = attempts;
  policy.delay = delay;
  return policy;
}

/// The present, and later, as the clock of a StillSystem.
timespec in_the_future(seconds time) {
  timespec now = real_system().now();
  now.tv_sec += time.count();
  return now;
}

std::string path_to_free;  // NOLINT: a pause is a plain function
void free_lock() {
  if (test::StillSystem::pauses() == 3) {
    CHECK(::unlink(path_to_free.c_str()) == 0);
  }
}

}  // namespace

TEST_CASE("a dot-lock exists while it is held") {
  const test::TemporaryDirectory directory;
  {
    DotLock lock(directory.path("box"), real_system());
    CHECK(lock.path() == directory.path("box.lock"));
    REQUIRE(lock.acquire(policy_of(1, seconds(0))) == 0);
    struct stat status = {};
    REQUIRE(::stat(lock.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0);
    CHECK(status.st_size == 0);
    CHECK(lock.release() == 0);
    CHECK_FALSE(directory.exists("box.lock"));
    REQUIRE(lock.acquire(policy_of(1, seconds(0))) == 0);
  }
  CHECK_FALSE(directory.exists("box.lock"));
}

TEST_CASE("a dot-lock of somebody else is waited for as long as attempts and delay say") {
  const test::TemporaryDirectory directory;
  directory.write("box.lock", "4711");
  struct Row {
    long attempts;
    seconds delay;
    seconds waited;
  };
  for (const Row& row : {Row{1, seconds(1), seconds(0)}, Row{2, seconds(1), seconds(1)},
                         Row{20, seconds(1), seconds(19)}, Row{3, seconds(0), seconds(0)}}) {
    const test::StillSystem system(in_the_future(seconds(0)));
    DotLock lock(directory.path("box"), system.calls());
    CHECK(lock.acquire(policy_of(row.attempts, row.delay)) == EEXIST);
    CHECK(test::StillSystem::paused() == row.waited);
    CHECK(test::StillSystem::pauses() < 200);
    CHECK(lock.release() == 0);
    CHECK(directory.read("box.lock") == "4711");
  }
}

TEST_CASE("a dot-lock that becomes free is taken at the next look") {
  const test::TemporaryDirectory directory;
  path_to_free = directory.write("box.lock", "");
  const test::StillSystem system(in_the_future(seconds(0)));
  test::StillSystem::on_pause(free_lock);
  DotLock lock(directory.path("box"), system.calls());
  CHECK(lock.acquire(policy_of(20, seconds(1))) == 0);
  CHECK(test::StillSystem::pauses() == 3);
  CHECK(test::StillSystem::paused() < std::chrono::milliseconds(2));
}

TEST_CASE("a stale dot-lock is removed, by the change of its status alone") {
  const test::TemporaryDirectory directory;
  directory.write("box.lock", "");
  const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, directory.path("box.lock").c_str(), long_ago, 0) == 0);
  {
    const test::StillSystem system(in_the_future(seconds(400)));
    DotLock lock(directory.path("box"), system.calls());
    CHECK(lock.acquire(policy_of(2, seconds(1))) == EEXIST);
  }
  {
    const test::StillSystem system(in_the_future(seconds(502)));
    DotLock lock(directory.path("box"), system.calls());
    CHECK(lock.acquire(policy_of(1, seconds(1))) == EEXIST);  // The last try breaks none.
    CHECK(lock.acquire(policy_of(2, seconds(1))) == 0);
  }
}

TEST_CASE("a lock that cannot be made at all is not waited for") {
  const test::TemporaryDirectory directory;
  const test::StillSystem system(in_the_future(seconds(0)));
  DotLock lock(directory.path("missing/box"), system.calls());
  CHECK(lock.acquire(policy_of(20, seconds(1))) == ENOENT);
  CHECK(test::StillSystem::pauses() == 0);
}

TEST_CASE("locks on the open file keep others out") {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("box", "");
  LockPolicy both = policy_of(3, seconds(1));
  both.flock = true;
  LockPolicy record = both;
  record.flock = false;
  LockPolicy whole = both;
  whole.fcntl = false;
  const int mine = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  REQUIRE(lock_open_file(mine, both, real_system()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // A record lock belongs to a process: only another one can be kept out.
    const test::StillSystem system(in_the_future(seconds(0)));
    const int other = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    const bool kept_out = lock_open_file(other, record, system.calls()) == EAGAIN &&
                          test::StillSystem::paused() == seconds(2) &&
                          lock_open_file(other, whole, system.calls()) == EAGAIN;
    ::_exit(kept_out ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(::close(mine) == 0);
}

TEST_CASE("the policy is that of the parameters") {
  Settings settings = test::delivery_settings();
  settings.mailbox_delivery_lock.value = {"flock"};
  settings.deliver_lock_attempts.value = 7;
  settings.deliver_lock_delay.value = seconds(3);
  settings.stale_lock_time.value = seconds(9);
  const LockPolicy policy = lock_policy(settings);
  CHECK(policy.flock);
  CHECK_FALSE(policy.dotlock);
  CHECK_FALSE(policy.fcntl);
  CHECK(policy.attempts == 7);
  CHECK(policy.delay == seconds(3));
  CHECK(policy.stale_after == seconds(9));

  settings.mailbox_delivery_lock.value = {"flock", "fcntl", "dotlock"};
  settings.sun_mailtool_compatibility.value = true;
  const LockPolicy mailtool = lock_policy(settings);
  CHECK(mailtool.dotlock);
  CHECK_FALSE(mailtool.fcntl);
  CHECK_FALSE(mailtool.flock);
}

}  // namespace lastmile
