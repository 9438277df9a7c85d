// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "transports/agents/system_calls.h"
#include "transports/settings.h"

namespace lastmile {

/// How a mailbox is locked, and how long that is tried.
struct LockPolicy {
  bool dotlock = true;
  bool fcntl = true;
  bool flock = false;
  long attempts = 20;
  std::chrono::seconds delay = std::chrono::seconds{1};  ///< Between two attempts.
  std::chrono::seconds stale_after = std::chrono::seconds{500};
};

/// The kinds of locks that a parameter names, with deliver_lock_attempts, deliver_lock_delay and
/// stale_lock_time.
LockPolicy lock_policy(const Settings& settings, const NameSet& kinds);
/// By mailbox_delivery_lock.
LockPolicy lock_policy(const Settings& settings);

/// The waiting for a lock that somebody else has: as long in all as the attempts and the delay of
/// the policy say, but looking more often, in steps of an eighth of the time that has passed, so
/// that a lock which is soon free is soon taken. Postfix sleeps a whole delay.
class Patience {
 public:
  Patience(const LockPolicy& policy, const SystemCalls& system);

  bool is_over() const { return waited_ >= total_; }
  void wait();

 private:
  const SystemCalls& system_;
  std::chrono::microseconds total_;
  std::chrono::microseconds longest_;
  std::chrono::microseconds waited_ = {};
};

/// Which lock file a process has made, in memory that it shares with its parent: after its death
/// the parent knows by this whose lock was left.
struct HeldLock {
  dev_t device = 0;
  ino_t inode = 0;
  timespec modified = {};  ///< Tells it from a later file with the same number.
  std::atomic<bool> held = false;
};

/// The file PATH.lock, by which mail programs that share no other kind of lock agree.
class DotLock {
 public:
  /// \param shared  is told of the lock, and must outlive this object; nullptr: nobody is told
  DotLock(const std::string& mailbox, const SystemCalls& system, HeldLock* shared = nullptr);
  DotLock(const DotLock&) = delete;
  DotLock& operator=(const DotLock&) = delete;
  ~DotLock();

  /// Creates the lock file. One whose status changed more than `stale_after` ago is removed: its
  /// owner has died. (The modification time can be set by anybody, so it says nothing.) Does
  /// nothing when the lock is held already.
  /// \return 0, or an errno: EEXIST when somebody else has had it all the time
  int acquire(const LockPolicy& policy);
  /// Takes over the lock file that the shared memory tells of, when it still is the same file.
  /// \return whether it was
  bool adopt();
  /// \return 0, or the errno of unlink(2)
  int release();

  bool is_held() const { return held_; }
  const std::string& path() const { return path_; }

 private:
  bool is_stale(const LockPolicy& policy) const;
  int create();
  int create_told();
  void tell_of(int file);

  std::string path_;
  const SystemCalls& system_;
  HeldLock* shared_ = nullptr;
  bool held_ = false;
};

/// Takes flock(2) and then fcntl(2) locks on an open file, as far as the policy has them. Classic
/// record locks, which other mail programs see: they are lost as soon as this process closes any
/// descriptor of the file.
/// \return 0, or an errno: EAGAIN when somebody else has had a lock all the time
int lock_open_file(int file, const LockPolicy& policy, const SystemCalls& system);

}  // namespace lastmile
