// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/termination.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <initializer_list>

namespace lastmile {
namespace {

/// Seconds for what is to be put in order; service managers wait longer before they use force.
constexpr unsigned kPatience = 5;

// A signal handler has no other way to tell.
std::atomic<bool> asked = false;
std::atomic<bool> in_order = false;
std::atomic<int> status_at_end = 1;

static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void end_now(int /*signal*/) {
  ::_exit(status_at_end);
}

extern "C" void end_when_asked(int /*signal*/) {
  if (!in_order) {
    ::_exit(status_at_end);
  }
  if (!asked.exchange(true)) {
    ::alarm(kPatience);
  }
}

/// It can fail for no signal that can be caught.
void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
    return;
  }
  action = {};
  action.sa_handler = handler;
  (void)::sigaction(signal, &action, nullptr);
}

}  // namespace

void end_at_once_when_asked(int exit_status) {
  status_at_end = exit_status;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    handle(signal, end_when_asked);
  }
}

void end_in_order_when_asked() {
  handle(SIGALRM, end_now);
  in_order = true;
}

bool is_asked_to_end() {
  return asked;
}

bool die_with(pid_t parent) {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

}  // namespace lastmile
