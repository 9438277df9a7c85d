// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/child_answers.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace lastmile {
namespace {

using Clock = WatchedChild::Clock;
using Event = WatchedChild::Event;

/// Whether a failed call on a pipe between two of our processes is made again. Nothing is wrong
/// with a pipe for long, and to give up what has been said would be to do it twice.
class Persistence {
 public:
  bool tries_again(int error) {
    return error == EINTR || (error != EPIPE && error != EBADF && left_-- > 0);
  }

 private:
  int left_ = 5;
};

std::string how_it_ended(std::optional<int> status) {
  if (!status) {
    return "the child ended without an answer";
  }
  if (WIFSIGNALED(*status)) {
    return "the child was killed by signal " + std::to_string(WTERMSIG(*status));
  }
  return "the child ended without an answer, exit status " + std::to_string(WEXITSTATUS(*status));
}

}  // namespace

std::string identity_of(const Rights& rights) {
  const std::string uid = "uid " + std::to_string(rights.uid);
  return rights.name.empty() ? uid : rights.name + " (" + uid + ")";
}

Error child_failure(const Rights& rights, const std::string& what) {
  return unavailable("acting as " + identity_of(rights) + ": " + what);
}

std::string failed_call(const char* call) {
  return std::string(call) + ": " + strerror(errno);
}

void reset_signals() {
  constexpr int kLastStandardSignal = 31;
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  // Nobody has a use for those of real time, which are as many again.
  for (int number = 1; number <= kLastStandardSignal; ++number) {
    sigaction(number, &standard, nullptr);
  }
  sigset_t none = {};
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool write_to_process(int fd, const void* bytes, std::size_t size) {
  Persistence persistence;
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t count = write(fd, next, size);
    if (count < 0 && persistence.tries_again(errno)) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    next += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool write_answer(int fd, AnswerHeader::Kind kind, std::string answer) {
  AnswerHeader header{kind, 0};
  if (answer.size() > kMaxAnswer) {
    header.kind = AnswerHeader::Kind::failure;
    answer = "the answer is longer than " + std::to_string(kMaxAnswer) + " bytes";
  }
  header.length = static_cast<std::uint32_t>(answer.size());
  answer.insert(0, reinterpret_cast<const char*>(&header), sizeof header);
  return write_to_process(fd, answer.data(), answer.size());
}

AnswerReader::AnswerReader(int fd, WatchedChild& child, std::chrono::milliseconds limit)
    : fd_(fd), child_(child) {
  if (limit > std::chrono::milliseconds::zero()) {
    deadline_ = Clock::now() + limit;
  }
}

std::optional<Event> AnswerReader::read_exactly(void* bytes, std::size_t size) {
  char* next = static_cast<char*>(bytes);
  Persistence persistence;
  while (size > 0) {
    if (const Event event = child_.wait_for(fd_, deadline_); event != Event::readable) {
      return event;
    }
    const ssize_t count = read(fd_, next, size);
    if (count < 0 && persistence.tries_again(errno)) {
      continue;
    }
    if (count <= 0) {
      return Event::ended;
    }
    next += count;
    size -= static_cast<std::size_t>(count);
  }
  return std::nullopt;
}

std::optional<Event> AnswerReader::read_answer(AnswerHeader& header, std::string& answer) {
  auto missing = read_exactly(&header, sizeof header);
  if (!missing && header.length > kMaxAnswer) {
    missing = Event::ended;
  }
  if (!missing) {
    answer.resize(header.length);
    missing = read_exactly(answer.data(), answer.size());
  }
  return missing;
}

std::string why_no_answer(Event event, WatchedChild& child, std::chrono::milliseconds limit) {
  if (event == Event::ended) {
    // It has closed the pipe, or is gone: soon it is gone in either case.
    if (child.wait_for(-1, Clock::now() + std::chrono::seconds(1)) != Event::ended) {
      child.end();
    }
    return how_it_ended(child.reap());
  }
  child.end();
  switch (event) {
    case Event::overdue:
      return "not done after " + std::to_string(limit.count()) + " ms";
    case Event::stopped:
      return "the child was stopped by a signal";
    default:
      return "this process was asked to end";
  }
}

}  // namespace lastmile
