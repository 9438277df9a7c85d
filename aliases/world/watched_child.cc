// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/watched_child.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "aliases/world/termination.h"

namespace lastmile {
namespace {

using std::chrono::milliseconds;

/// How long one look at the descriptors lasts, before the child is asked whether it is stopped: no
/// descriptor tells of that.
constexpr milliseconds kLook{250};
/// For a child that was asked to end, and for one that was killed.
constexpr milliseconds kToEnd{1000};
constexpr milliseconds kToDie{5000};

/// Whether a read would not block: there are octets, or the end. Asked once more when a child has
/// ended: what it said behind the look at the file, before its end, may be that all is done.
bool is_readable(int file) {
  pollfd watched = {file, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&watched, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return file >= 0 && ready > 0;
}

}  // namespace

WatchedChild::WatchedChild(pid_t pid)
    : pid_(pid),
      // By its number: the declaration in the C library has no C linkage in its first versions.
      handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
      was_asked_before_(is_asked_to_end()) {}

WatchedChild::~WatchedChild() {
  if (pid_ > 0) {
    end();
    (void)reap();
  }
  if (handle_ >= 0) {
    // Nothing was written to it.
    (void)::close(handle_);
  }
}

WatchedChild::Event WatchedChild::wait_for(int file, std::optional<Clock::time_point> deadline) {
  for (;;) {
    milliseconds look = kLook;
    if (deadline) {
      look = std::min(look, std::chrono::ceil<milliseconds>(*deadline - Clock::now()));
    }
    std::array<pollfd, 2> watched = {{{file, POLLIN, 0}, {handle_, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(),
                             static_cast<int>(std::max(look.count(), milliseconds::rep{0})));
    if (ready > 0) {
      return watched[0].revents != 0 || is_readable(file) ? Event::readable : Event::ended;
    }
    if (is_asked_to_end() && !was_asked_before_) {
      return Event::asked;
    }
    if (const auto event = change_of_state()) {
      return is_readable(file) ? Event::readable : *event;
    }
    if (deadline && Clock::now() >= *deadline) {
      return Event::overdue;
    }
  }
}

std::optional<WatchedChild::Event> WatchedChild::change_of_state() const {
  siginfo_t what = {};
  // WNOWAIT: it is for the next look and for reap() as well.
  constexpr int kWithoutWaiting = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
  if (::waitid(P_PID, static_cast<id_t>(pid_), &what, kWithoutWaiting) != 0) {
    return Event::ended;  // The kernel has thrown its status away.
  }
  if (what.si_pid != pid_) {
    return std::nullopt;
  }
  return what.si_code == CLD_STOPPED ? Event::stopped : Event::ended;
}

bool WatchedChild::ends_within(milliseconds limit) const {
  if (handle_ < 0) {
    return false;
  }
  const auto end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    pollfd ended = {handle_, POLLIN, 0};
    const int ready =
        ::poll(&ended, 1, static_cast<int>(std::max(left.count(), milliseconds::rep{0})));
    if (ready >= 0 || errno != EINTR) {
      return ready > 0;
    }
  }
}

void WatchedChild::end() {
  // Its group, and itself in case it did not come so far as to make one.
  for (const int signal : {SIGTERM, SIGCONT}) {
    (void)::kill(-pid_, signal);
    (void)::kill(pid_, signal);
  }
  (void)ends_within(kToEnd);
  (void)::kill(-pid_, SIGKILL);
  (void)::kill(pid_, SIGKILL);
  killed_ = true;
}

void WatchedChild::kill_alone() {
  (void)::kill(pid_, SIGKILL);
  killed_ = true;
}

std::optional<int> WatchedChild::reap() {
  const bool hangs = killed_ && handle_ >= 0 && !ends_within(kToDie);
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid_, &status, hangs ? WNOHANG : 0);
  } while (reaped < 0 && errno == EINTR);
  pid_ = -1;
  return reaped > 0 ? std::optional(status) : std::nullopt;
}

}  // namespace lastmile
