#include "aliases/world/run_as.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/world/termination.h"
#include "aliases/world/watched_child.h"

namespace lastmile {
namespace {

using Clock = WatchedChild::Clock;
using Event = WatchedChild::Event;

/// What the child says before its answer. The length makes an answer complete or not, whoever
/// else still holds the pipe open.
struct AnswerHeader {
  enum class Kind : std::uint32_t { result, failure, not_begun, refused };
  Kind kind = Kind::failure;
  std::uint32_t length = 0;
};

/// More than any agent has to say; a child that says more is out of order.
constexpr std::size_t kMaxAnswer = std::size_t{1024} * 1024;

std::string identity_of(const Rights& rights) {
  const std::string uid = "uid " + std::to_string(rights.uid);
  return rights.name.empty() ? uid : rights.name + " (" + uid + ")";
}

Error failure(const Rights& rights, const std::string& what) {
  return unavailable("acting as " + identity_of(rights) + ": " + what);
}

std::string failed_call(const char* call) {
  return std::string(call) + ": " + strerror(errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
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

// In the child

/// A handler of the parent must not run in the child, and an ignored SIGPIPE or SIGCHLD must not be
/// inherited by what it executes.
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

/// setuid(2) drops them, unless securebits(7) of the process say otherwise.
bool has_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data = {};
  if (syscall(SYS_capget, &header, data.data()) != 0) {
    return true;
  }
  return data[0].effective != 0 || data[0].permitted != 0 || data[1].effective != 0 ||
         data[1].permitted != 0;
}

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

bool write_all(int fd, const void* bytes, std::size_t size) {
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

/// What the child does. An exception that leaves it ends the child, never the parent's stack.
[[noreturn]] void be_the_child(pid_t parent, const Rights& rights,
                               const std::function<std::string()>& work, const std::string& root,
                               int answer_fd) noexcept {
  // A group of its own: what it starts can be killed together with it.
  setpgid(0, 0);
  reset_signals();
  AnswerHeader header;
  std::string answer;
  if (!root.empty() && (chroot(root.c_str()) != 0 || chdir("/") != 0)) {
    answer = "cannot change the root directory to " + root + ": " + strerror(errno);
    header.kind = AnswerHeader::Kind::refused;
  } else if (auto refused = give_up_root(rights)) {
    header.kind = AnswerHeader::Kind::not_begun;
    answer = std::move(*refused);
  } else {
    if (!die_with(parent)) {
      _exit(1);
    }
    answer = work();
    header.kind = AnswerHeader::Kind::result;
  }
  if (answer.size() > kMaxAnswer) {
    header.kind = AnswerHeader::Kind::failure;
    answer = "the answer is longer than " + std::to_string(kMaxAnswer) + " bytes";
  }
  header.length = static_cast<std::uint32_t>(answer.size());
  // In one piece: what was done must not go untold for a call more than it has to.
  answer.insert(0, reinterpret_cast<const char*>(&header), sizeof header);
  _exit(write_all(answer_fd, answer.data(), answer.size()) ? 0 : 1);
}

// In the parent

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

std::string describe(std::optional<int> status) {
  if (!status) {
    return "the child ended without an answer";
  }
  if (WIFSIGNALED(*status)) {
    return "the child was killed by signal " + std::to_string(WTERMSIG(*status));
  }
  return "the child ended without an answer, exit status " + std::to_string(WEXITSTATUS(*status));
}

/// Reads what a child answers, until a deadline.
class AnswerReader {
 public:
  AnswerReader(int fd, WatchedChild& child, std::chrono::milliseconds limit)
      : fd_(fd), child_(child) {
    if (limit > std::chrono::milliseconds::zero()) {
      deadline_ = Clock::now() + limit;
    }
  }

  /// \return nothing when all of it has come, else why it does not come
  std::optional<Event> read_exactly(void* bytes, std::size_t size) {
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

 private:
  int fd_;
  WatchedChild& child_;
  std::optional<Clock::time_point> deadline_;
};

/// Why there is no answer. The child is gone afterwards.
std::string describe(Event event, WatchedChild& child, std::chrono::milliseconds limit) {
  if (event == Event::ended) {
    // It has closed the pipe, or is gone: soon it is gone in either case.
    if (child.wait_for(-1, Clock::now() + std::chrono::seconds(1)) != Event::ended) {
      child.end();
    }
    return describe(child.reap());
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

Result<std::string> await_answer(const Rights& rights, WatchedChild& child, int fd,
                                 std::chrono::milliseconds limit, Begun& begun) {
  begun = Begun::perhaps;
  AnswerReader reader(fd, child, limit);
  AnswerHeader header;
  std::string answer;
  auto missing = reader.read_exactly(&header, sizeof header);
  if (!missing && header.length > kMaxAnswer) {
    missing = Event::ended;
  }
  if (!missing) {
    answer.resize(header.length);
    missing = reader.read_exactly(answer.data(), answer.size());
  }
  if (missing) {
    return failure(rights, describe(*missing, child, limit));
  }
  // All is said. A child that is stopped now, before its exit, must not be waited for.
  child.kill_alone();
  (void)child.reap();
  if (header.kind == AnswerHeader::Kind::refused) {
    begun = Begun::no;
    return denied(answer, std::nullopt);
  }
  if (header.kind == AnswerHeader::Kind::not_begun) {
    begun = Begun::no;
  }
  if (header.kind != AnswerHeader::Kind::result) {
    return failure(rights, answer);
  }
  return answer;
}

Result<std::string> run_in_child(const Rights& rights, const std::function<std::string()>& work,
                                 std::chrono::milliseconds limit, Begun& begun,
                                 const std::string& root) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return failure(rights, failed_call("pipe"));
  }
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t parent = getpid();
  pid_t pid = 0;
  {
    const BlockedSignals blocked;
    pid = fork();
    if (pid == 0) {
      reading.reset();
      be_the_child(parent, rights, work, root, writing.get());
    }
  }
  if (pid < 0) {
    return failure(rights, failed_call("fork"));
  }
  writing.reset();
  WatchedChild child(pid);
  return await_answer(rights, child, reading.get(), limit, begun);
}

}  // namespace

std::optional<std::string> give_up_root(const Rights& rights) {
  // With the primary group, so that a set-group-id program that is run has not lost it.
  std::vector<gid_t> groups = {rights.gid};
  groups.insert(groups.end(), rights.groups.begin(), rights.groups.end());
  if (setgroups(groups.size(), groups.data()) != 0) {
    return failed_call("setgroups");
  }
  if (setresgid(rights.gid, rights.gid, rights.gid) != 0) {
    return failed_call("setresgid");
  }
  if (setresuid(rights.uid, rights.uid, rights.uid) != 0) {
    return failed_call("setresuid");
  }
  uid_t uid = 0;
  uid_t effective_uid = 0;
  uid_t saved_uid = 0;
  gid_t gid = 0;
  gid_t effective_gid = 0;
  gid_t saved_gid = 0;
  getresuid(&uid, &effective_uid, &saved_uid);
  getresgid(&gid, &effective_gid, &saved_gid);
  const bool taken = uid == rights.uid && effective_uid == rights.uid && saved_uid == rights.uid &&
                     gid == rights.gid && effective_gid == rights.gid && saved_gid == rights.gid;
  if (!taken || has_capabilities() || setresuid(0, 0, 0) == 0 || seteuid(0) == 0 ||
      (rights.gid != 0 && setegid(0) == 0)) {
    return "root could not be given up for good";
  }
  return std::nullopt;
}

Result<std::string> run_as(const Rights& rights, const std::function<std::string()>& work,
                           std::chrono::milliseconds limit, Begun* begun, const std::string& root) {
  Begun unasked = Begun::no;
  Begun& begun_here = begun == nullptr ? unasked : *begun;
  begun_here = Begun::no;
  const uid_t caller = geteuid();
  if (!root.empty() && caller != 0) {
    return denied("only root can change the root directory to " + root, std::nullopt);
  }
  if (rights.uid == caller && root.empty()) {
    return work();
  }
  if (caller != 0) {
    return denied("only root can act as " + identity_of(rights) + "; this process has uid " +
                      std::to_string(caller),
                  std::nullopt);
  }
  // To setresuid(2) and setresgid(2) these mean "leave it as it is".
  if (rights.uid == static_cast<uid_t>(-1) || rights.gid == static_cast<gid_t>(-1)) {
    return failure(rights, "no such uid or gid");
  }
  return run_in_child(rights, work, limit, begun_here, root);
}

}  // namespace lastmile
