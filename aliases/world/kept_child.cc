// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/kept_child.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <utility>

#include "aliases/world/child_answers.h"
#include "aliases/world/termination.h"
#include "aliases/world/watched_child.h"

namespace lastmile {
namespace {

using Clock = WatchedChild::Clock;
using Event = WatchedChild::Event;

/// Said before the work, so that it is known whether there is a doubt.
constexpr char kBegun = 'b';

// In the child

/// \return false at the end of the input, and where nothing comes for so long
bool read_whole(int fd, void* bytes, std::size_t size, std::chrono::milliseconds limit) {
  char* next = static_cast<char*>(bytes);
  while (size > 0) {
    pollfd input = {fd, POLLIN, 0};
    const int ready = ::poll(&input, 1, static_cast<int>(limit.count()));
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    const ssize_t count = ready > 0 ? ::read(fd, next, size) : 0;
    if (count < 0 && errno == EINTR) {
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

[[noreturn]] void be_the_kept_child(pid_t parent, const Rights& rights, const KeptChild::Work& work,
                                    std::chrono::milliseconds idle_limit, int fd) noexcept {
  (void)::setpgid(0, 0);
  reset_signals();
  if (auto refused = give_up_root(rights)) {
    ::_exit(write_answer(fd, AnswerHeader::Kind::not_begun, *std::move(refused)) ? 0 : 1);
  }
  if (!die_with(parent) || !write_answer(fd, AnswerHeader::Kind::result, "")) {
    ::_exit(1);
  }
  std::uint32_t length = 0;
  std::string request;
  while (read_whole(fd, &length, sizeof length, idle_limit)) {
    request.resize(length);
    if (!read_whole(fd, request.data(), request.size(), idle_limit) ||
        !write_to_process(fd, &kBegun, sizeof kBegun) ||
        !write_answer(fd, AnswerHeader::Kind::result, work.answer(request))) {
      break;
    }
  }
  work.end();
  ::_exit(0);
}

// In the parent

/// Writes, as long as the child can take it: it may be stopped, and then take nothing for ever.
bool send_all(int fd, std::string_view bytes, WatchedChild& child) {
  constexpr std::chrono::milliseconds kLook{20};
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    const bool is_full = count < 0 && errno == EAGAIN;
    const bool may_go_on = (count < 0 && errno == EINTR) ||
                           (is_full && child.wait_for(-1, Clock::now() + kLook) == Event::overdue);
    if (!may_go_on) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct KeptChild::Process {
  Process(const Rights& who, pid_t pid, int file) : rights(who), socket(file), child(pid) {}

  Rights rights;
  OwnedFile socket;
  WatchedChild child;
  bool is_gone = false;
};

KeptChild::KeptChild(std::unique_ptr<Process> process) : process_(std::move(process)) {}

KeptChild::~KeptChild() {
  if (!process_->is_gone) {
    process_->socket.reset();
    if (process_->child.wait_for(-1, std::nullopt) == Event::ended) {
      (void)process_->child.reap();
    }
  }
}

Result<std::unique_ptr<KeptChild>> KeptChild::start(const Rights& rights, const Work& work,
                                                    std::chrono::milliseconds idle_limit) {
  std::array<int, 2> ends = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return child_failure(rights, failed_call("socketpair"));
  }
  OwnedFile other(ends[1]);
  const pid_t parent = ::getpid();
  pid_t pid = 0;
  {
    const BlockedSignals blocked;
    pid = ::fork();
    if (pid == 0) {
      (void)::close(ends[0]);
      be_the_kept_child(parent, rights, work, idle_limit, other.get());
    }
  }
  if (pid < 0) {
    const Error error = child_failure(rights, failed_call("fork"));
    (void)::close(ends[0]);
    return error;
  }
  other.reset();
  auto process = std::make_unique<Process>(rights, pid, ends[0]);
  AnswerHeader header;
  std::string answer;
  AnswerReader reader(process->socket.get(), process->child, std::chrono::milliseconds::zero());
  if (const auto missing = reader.read_answer(header, answer)) {
    return child_failure(
        rights, why_no_answer(*missing, process->child, std::chrono::milliseconds::zero()));
  }
  if (header.kind != AnswerHeader::Kind::result) {
    return child_failure(rights, answer);
  }
  return std::unique_ptr<KeptChild>(new KeptChild(std::move(process)));
}

Result<std::string> KeptChild::ask(std::string_view request, Begun& begun) {
  begun = Begun::no;
  Process& process = *process_;
  if (process.is_gone) {
    return child_failure(process.rights, "the child has ended");
  }
  const auto length = static_cast<std::uint32_t>(request.size());
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(request);
  AnswerReader reader(process.socket.get(), process.child, std::chrono::milliseconds::zero());
  std::optional<Event> missing = Event::ended;
  char word = 0;
  AnswerHeader header;
  std::string answer;
  if (send_all(process.socket.get(), bytes, process.child)) {
    missing = reader.read_exactly(&word, sizeof word);
    if (!missing) {
      begun = Begun::perhaps;
      missing = reader.read_answer(header, answer);
    }
  }
  if (missing) {
    process.is_gone = true;
    return child_failure(process.rights,
                         why_no_answer(*missing, process.child, std::chrono::milliseconds::zero()));
  }
  if (header.kind != AnswerHeader::Kind::result) {
    return child_failure(process.rights, answer);
  }
  return answer;
}

}  // namespace lastmile
