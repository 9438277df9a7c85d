// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace lastmile {

/// A child process that whoever has its rights may stop, slow down and kill. It is reaped at the
/// end of this object, and killed first when it still runs.
class WatchedChild {
 public:
  using Clock = std::chrono::steady_clock;

  /// What a wait ended with.
  enum class Event {
    readable,  ///< The descriptor.
    ended,     ///< The child, and there is nothing more to be read.
    stopped,   ///< The child, by a signal: it may never go on.
    overdue,   ///< The deadline has passed.
    asked,     ///< This process has been asked to end. \see is_asked_to_end()
  };

  explicit WatchedChild(pid_t pid);
  WatchedChild(const WatchedChild&) = delete;
  WatchedChild& operator=(const WatchedChild&) = delete;
  ~WatchedChild();

  /// Waits until `file` can be read, or something becomes of the child.
  /// \param deadline  nullopt: none
  Event wait_for(int file, std::optional<Clock::time_point> deadline);

  /// Ends the child and its process group: with SIGTERM, on which it can end what it has started,
  /// and soon after with SIGKILL. Then reap() does not wait long.
  void end();

  /// Kills the child alone, which has nothing left to do.
  void kill_alone();

  /// Waits for the end of the child: without limit, unless it was killed. One that cannot be killed
  /// because a file server does not answer is left to itself.
  /// \return its wait status; nullopt when it is not known, as where SIGCHLD is ignored
  std::optional<int> reap();

 private:
  std::optional<Event> change_of_state() const;
  bool ends_within(std::chrono::milliseconds limit) const;

  pid_t pid_;
  int handle_;  ///< A pidfd; -1 when the system has none.
  bool was_asked_before_;
  bool killed_ = false;
};

}  // namespace lastmile
