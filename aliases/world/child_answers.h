// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/world/watched_child.h"

namespace lastmile {

// What run_as() and KeptChild have in common: a child process, and how it is heard.

/// What a child says before its answer. The length makes an answer complete or not, whoever
/// else still holds the pipe open.
struct AnswerHeader {
  enum class Kind : std::uint32_t { result, failure, not_begun, refused };
  Kind kind = Kind::failure;
  std::uint32_t length = 0;
};

/// More than any agent has to say; a child that says more is out of order.
inline constexpr std::size_t kMaxAnswer = std::size_t{1024} * 1024;

/// "alice (uid 2001)".
std::string identity_of(const Rights& rights);

/// What went wrong with a child that has or was to have `rights`.
Error child_failure(const Rights& rights, const std::string& what);

/// "fork: Cannot allocate memory", of the call that has just failed.
std::string failed_call(const char* call);

/// An open file, closed at its end.
class OwnedFile {
 public:
  explicit OwnedFile(int fd) : fd_(fd) {}
  OwnedFile(const OwnedFile&) = delete;
  OwnedFile& operator=(const OwnedFile&) = delete;
  ~OwnedFile() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) {
      close(fd_);
    }
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Holds back signals around fork(2): a handler must run in the parent or not at all.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all = {};
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_ = {};
};

/// In a child: a handler of the parent must not run in it, and an ignored SIGPIPE or SIGCHLD must
/// not be inherited by what it executes.
void reset_signals();

/// Writes to a pipe or socket between two of our processes. \return whether all was written
bool write_to_process(int fd, const void* bytes, std::size_t size);

/// In one piece: what was done must not go untold for a call more than it has to.
bool write_answer(int fd, AnswerHeader::Kind kind, std::string answer);

/// Reads what a child answers, until a deadline.
class AnswerReader {
 public:
  using Event = WatchedChild::Event;

  /// \param limit  zero: none
  AnswerReader(int fd, WatchedChild& child, std::chrono::milliseconds limit);

  /// \return nothing when all of it has come, else why it does not come
  std::optional<Event> read_exactly(void* bytes, std::size_t size);

  /// The same for a header and what follows it.
  std::optional<Event> read_answer(AnswerHeader& header, std::string& answer);

 private:
  int fd_;
  WatchedChild& child_;
  std::optional<WatchedChild::Clock::time_point> deadline_ = {};
};

/// Why there is no answer. The child is gone afterwards.
std::string why_no_answer(WatchedChild::Event event, WatchedChild& child,
                          std::chrono::milliseconds limit);

}  // namespace lastmile
