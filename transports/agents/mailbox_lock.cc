// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/mailbox_lock.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "aliases/path.h"
#include "transports/agents/file_output.h"

namespace lastmile {
namespace {

constexpr std::chrono::microseconds kShortestPause{100};

int try_record_lock(int file, const SystemCalls& system) {
  struct flock whole_file = {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  return system.set_lock(file, &whole_file) == 0 ? 0 : errno;
}

int try_flock(int file, const SystemCalls& system) {
  return system.flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

bool is_held_by_another(int error) {
  return error == EAGAIN || error == EACCES || error == EINTR;
}

int lock_patiently(int file, const LockPolicy& policy, const SystemCalls& system,
                   int (*attempt)(int, const SystemCalls&)) {
  Patience patience(policy, system);
  for (;;) {
    const int error = attempt(file, system);
    if (!is_held_by_another(error)) {
      return error;
    }
    if (patience.is_over()) {
      // fcntl(2) may say either; it means the same.
      return EAGAIN;
    }
    patience.wait();
  }
}

}  // namespace

LockPolicy lock_policy(const Settings& settings, const NameSet& kinds) {
  LockPolicy policy;
  policy.dotlock = kinds.contains("dotlock");
  policy.fcntl = kinds.contains("fcntl");
  policy.flock = kinds.contains("flock");
  policy.attempts = settings.deliver_lock_attempts.value;
  policy.delay = settings.deliver_lock_delay.value;
  policy.stale_after = settings.stale_lock_time.value;
  return policy;
}

LockPolicy lock_policy(const Settings& settings) {
  LockPolicy policy = lock_policy(settings, settings.mailbox_delivery_lock.value);
  // That program locked its mailbox for as long as it ran.
  const bool dotlock_alone = settings.sun_mailtool_compatibility.value;
  policy.fcntl = policy.fcntl && !dotlock_alone;
  policy.flock = policy.flock && !dotlock_alone;
  return policy;
}

Patience::Patience(const LockPolicy& policy, const SystemCalls& system)
    : system_(system),
      total_(policy.delay * std::max(policy.attempts - 1, 0L)),
      longest_(std::max<std::chrono::microseconds>(policy.delay, kShortestPause)) {}

void Patience::wait() {
  const auto shortest = std::min(kShortestPause, longest_);
  auto pause = std::clamp<std::chrono::microseconds>(waited_ / 8, shortest, longest_);
  // Between three and five quarters, so that processes that wait together do not stay together.
  pause = pause * (768 + system_.now().tv_nsec / 1000 % 512 + ::getpid() % 7) / 1024;
  pause = std::min(pause, total_ - waited_);
  system_.pause(pause);
  waited_ += pause;
}

DotLock::DotLock(const std::string& mailbox, const SystemCalls& system, HeldLock* shared)
    : path_(mailbox + ".lock"), system_(system), shared_(shared) {}

DotLock::~DotLock() {
  (void)release();
}

int DotLock::acquire(const LockPolicy& policy) {
  if (held_) {
    return 0;
  }
  Patience patience(policy, system_);
  for (;;) {
    const int error = create();
    if (error == 0) {
      held_ = true;
      return 0;
    }
    if (error == EINTR) {
      continue;
    }
    if (error != EEXIST || patience.is_over()) {
      return error;
    }
    if (is_stale(policy)) {
      // Another process may have removed it first, which is as good.
      (void)system_.unlink(path_.c_str());
    }
    patience.wait();
  }
}

/// \return 0 or an errno
int DotLock::create() {
  if (shared_ != nullptr) {
    if (const int error = create_told(); error == 0 || error == EEXIST) {
      return error;
    }
  }
  const int file =
      system_.open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0);
  if (file < 0) {
    return errno;
  }
  tell_of(file);
  // The file is empty and its name is all that counts.
  (void)system_.close(file);
  return 0;
}

/// Tells the parent of the lock file before it has a name, so that it knows of it whenever this
/// process dies. \return 0, EEXIST, or the errno of what this file system cannot do
int DotLock::create_told() {
  const OutputFile file(
      system_, system_.open(parent_directory(path_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0));
  if (!file.is_open()) {
    return errno;
  }
  tell_of(file.get());
  if (system_.link_open_file(file.get(), path_.c_str()) == 0) {
    return 0;
  }
  const int error = errno;
  shared_->held = false;
  return error;
}

bool DotLock::is_stale(const LockPolicy& policy) const {
  struct stat status = {};
  return system_.lstat(path_.c_str(), &status) == 0 &&
         std::chrono::seconds(system_.now().tv_sec - status.st_ctim.tv_sec) > policy.stale_after;
}

void DotLock::tell_of(int file) {
  struct stat status = {};
  if (shared_ == nullptr || system_.fstat(file, &status) != 0) {
    return;
  }
  shared_->device = status.st_dev;
  shared_->inode = status.st_ino;
  shared_->modified = status.st_mtim;
  shared_->held = true;
}

bool DotLock::adopt() {
  struct stat status = {};
  held_ =
      held_ || (shared_ != nullptr && shared_->held && system_.lstat(path_.c_str(), &status) == 0 &&
                status.st_dev == shared_->device && status.st_ino == shared_->inode &&
                status.st_mtim.tv_sec == shared_->modified.tv_sec &&
                status.st_mtim.tv_nsec == shared_->modified.tv_nsec);
  return held_;
}

int DotLock::release() {
  if (!std::exchange(held_, false)) {
    return 0;
  }
  const int error = system_.unlink(path_.c_str()) == 0 ? 0 : errno;
  if (shared_ != nullptr && error == 0) {
    shared_->held = false;
  }
  return error;
}

int lock_open_file(int file, const LockPolicy& policy, const SystemCalls& system) {
  if (policy.flock) {
    if (const int error = lock_patiently(file, policy, system, try_flock); error != 0) {
      return error;
    }
  }
  return policy.fcntl ? lock_patiently(file, policy, system, try_record_lock) : 0;
}

}  // namespace lastmile
