// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <thread>

#include "aliases/world/termination.h"
#include "transports/agents/file_output.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

/// Octets of output that are read, as in Postfix.
constexpr std::size_t kMaxOutput = 4096;

struct Pipe {
  OutputFile read_end;
  OutputFile write_end;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  return Pipe{OutputFile(real_system(), ends[0]), OutputFile(real_system(), ends[1])};
}

void set_non_blocking(int file) {
  const int flags = ::fcntl(file, F_GETFL);
  // A pipe that was just made takes any flag.
  (void)::fcntl(file, F_SETFL, flags | O_NONBLOCK);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    // exec(3) takes pointers to what it does not change.
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// What is ready before the fork, so that the child needs no memory.
struct Prepared {
  std::vector<char*> words;
  std::vector<char*> when_not_found;
  std::vector<char*> environment;
  std::string exec_failure;  ///< "local: fatal: execvp NAME: ", as Postfix has it.
};

Prepared prepare(const ChildProgram& program) {
  const bool as_words = program.command.by_configured_shell || program.daemon != "local";
  const std::string function = as_words ? "pipe_command: " : "";
  return {pointers_to(program.command.words), pointers_to(program.command.when_not_found),
          pointers_to(program.environment),
          program.daemon + ": fatal: " + function + "execvp " + program.command.words.at(0) + ": "};
}

[[noreturn]] void exec(const Prepared& prepared) {
  environ = const_cast<char**>(prepared.environment.data());
  ::execvp(prepared.words[0], prepared.words.data());
  int error = errno;
  if (error == ENOENT && prepared.when_not_found[0] != nullptr) {
    ::execvp(prepared.when_not_found[0], prepared.when_not_found.data());
    error = errno;
  }
  const std::string text = prepared.exec_failure + error_text(error) + "\n";
  // The last words of a child: nobody is left to tell when they cannot be written.
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(EX_TEMPFAIL);
}

/// The hard limit, too, as Postfix: the program must not be able to lift it.
void limit_file_size(std::int64_t octets) {
  rlimit limit = {};
  if (octets <= 0 || ::getrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return;
  }
  limit.rlim_max = std::min(static_cast<rlim_t>(octets), limit.rlim_max);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) {
    ::_exit(EX_TEMPFAIL);
  }
}

void enter_one_of(const std::vector<std::string>& directories) {
  const bool entered =
      std::any_of(directories.begin(), directories.end(),
                  [](const std::string& directory) { return ::chdir(directory.c_str()) == 0; });
  if (!entered) {
    ::_exit(EX_TEMPFAIL);
  }
}

/// Puts `file` where the program expects it. Both numbers may be equal when this process was
/// started with a standard descriptor closed.
void move_descriptor(int file, int number) {
  const bool moved =
      file == number ? ::fcntl(file, F_SETFD, 0) == 0 : ::dup2(file, number) == number;
  if (!moved) {
    ::_exit(EX_TEMPFAIL);
  }
}

/// Signals as the children of a Postfix daemon find them.
void set_signals() {
  sigset_t none = {};
  if (::sigemptyset(&none) != 0 || ::sigprocmask(SIG_SETMASK, &none, nullptr) != 0 ||
      std::signal(SIGCHLD, SIG_DFL) == SIG_ERR || std::signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
      std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
    ::_exit(EX_TEMPFAIL);
  }
}

[[noreturn]] void become(const ChildProgram& program, const Prepared& prepared, pid_t parent,
                         int input, int output) {
  if (::setsid() < 0 || !die_with(parent)) {
    ::_exit(EX_TEMPFAIL);
  }
  // First out of the way of 0, 1 and 2, where a pipe may have come to lie.
  const int high_input = ::fcntl(input, F_DUPFD_CLOEXEC, 3);
  const int high_output = ::fcntl(output, F_DUPFD_CLOEXEC, 3);
  move_descriptor(high_input, STDIN_FILENO);
  move_descriptor(high_output, STDOUT_FILENO);
  move_descriptor(high_output, STDERR_FILENO);
  if (::close_range(3, UINT_MAX, 0) != 0) {
    ::_exit(EX_TEMPFAIL);
  }
  ::umask(077);
  set_signals();
  limit_file_size(program.file_size_limit);
  enter_one_of(program.directories);
  exec(prepared);
}

using Clock = std::chrono::steady_clock;

/// Waits until one of `events` happens on `file`.
/// \return false when the time is over, or when this process was asked to end
bool wait_for(int file, short events, Clock::time_point deadline) {
  constexpr std::chrono::milliseconds kLook{250};
  while (!is_asked_to_end()) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd entry = {file, events, 0};
    const int ready =
        ::poll(&entry, 1, static_cast<int>(std::clamp<long>(rest.count(), 0, kLook.count())));
    if (ready > 0) {
      return true;
    }
    if (Clock::now() >= deadline) {
      return false;
    }
    if (ready < 0 && errno != EINTR) {
      // The system has no memory for the moment, which is no word on the program.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  return false;
}

/// The process group of the program that runs, for the handler of a signal; 0: none.
std::atomic<pid_t> running_group = 0;
static_assert(std::atomic<pid_t>::is_always_lock_free);

extern "C" void end_with_program(int /*signal*/) {
  if (const pid_t group = running_group; group > 0) {
    (void)::kill(-group, SIGKILL);
  }
  ::_exit(EX_TEMPFAIL);
}

/// In a child of run_as(), which dies with its parent: lets the program die then with all that is
/// in its process group, and not this process alone. For as long as this object lives.
class EndTogether {
 public:
  EndTogether() {
    int signal = 0;
    is_child_ = ::prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL;
    if (is_child_) {
      // These fail for what is no signal.
      (void)std::signal(SIGTERM, end_with_program);
      (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
  }
  EndTogether(const EndTogether&) = delete;
  EndTogether& operator=(const EndTogether&) = delete;
  ~EndTogether() {
    running_group = 0;
    if (is_child_) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      (void)std::signal(SIGTERM, SIG_DFL);
    }
  }

 private:
  bool is_child_ = false;
};

/// Holds SIGTERM back while it is not yet known whom it would have to reach.
class TerminationHeldBack {
 public:
  TerminationHeldBack() {
    sigset_t termination = {};
    (void)::sigemptyset(&termination);
    (void)::sigaddset(&termination, SIGTERM);
    (void)::sigprocmask(SIG_BLOCK, &termination, &before_);
  }
  TerminationHeldBack(const TerminationHeldBack&) = delete;
  TerminationHeldBack& operator=(const TerminationHeldBack&) = delete;
  ~TerminationHeldBack() { (void)::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_ = {};
};

/// A program that runs.
class Child {
 public:
  Child(pid_t process, std::chrono::milliseconds limit)
      : process_(process), deadline_(Clock::now() + limit) {}

  void feed(OutputFile input, const Feeder& feeder, ChildEnd& result);
  std::string read_output(OutputFile output);
  void wait(CommandEnd& end);

  bool timed_out() const { return timed_out_; }

 private:
  int write_pieces(int file, std::span<const std::string_view> pieces);
  void kill();
  bool wait_for_exit();

  pid_t process_;
  Clock::time_point deadline_;
  bool timed_out_ = false;
  bool stopped_reading_ = false;
  bool killed_ = false;
};

void Child::kill() {
  killed_ = true;
  // Before setsid() the child is not yet the leader of its group.
  (void)::kill(-process_, SIGKILL);
  (void)::kill(process_, SIGKILL);
}

int Child::write_pieces(int file, std::span<const std::string_view> pieces) {
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const ssize_t count = ::write(file, piece.data(), piece.size());
      if (count >= 0) {
        piece.remove_prefix(static_cast<std::size_t>(count));
        continue;
      }
      const int error = errno;
      if (error == EAGAIN && !wait_for(file, POLLOUT, deadline_)) {
        timed_out_ = true;
        return ETIMEDOUT;
      }
      stopped_reading_ = error == EPIPE;
      if (error != EAGAIN && error != EINTR) {
        return error;
      }
    }
  }
  return 0;
}

void Child::feed(OutputFile input, const Feeder& feeder, ChildEnd& result) {
  set_non_blocking(input.get());
  auto failure = feeder(
      [&](std::span<const std::string_view> pieces) { return write_pieces(input.get(), pieces); });
  if (!failure) {
    return;
  }
  if (!stopped_reading_) {
    // Before the pipe is closed: the program must not take a part for the whole.
    kill();
  }
  if (failure->side == CopyFailure::Side::reading) {
    result.unread = std::move(failure);
  } else if (!stopped_reading_ && !timed_out_) {
    result.end.write_error = failure->error;
  }
}

std::string Child::read_output(OutputFile output) {
  std::string text(kMaxOutput, '\0');
  std::size_t size = 0;
  while (size < text.size() && !killed_) {
    if (!wait_for(output.get(), POLLIN, deadline_)) {
      timed_out_ = true;
      kill();
      break;
    }
    const ssize_t count = ::read(output.get(), text.data() + size, text.size() - size);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
      break;
    }
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  text.resize(size);
  return text;
}

/// \return false when the time is over
bool Child::wait_for_exit() {
  // By its number: the declaration in the C library has no C linkage in its first versions.
  const OutputFile handle(real_system(), static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
  // Without such handles (Linux before 5.3) the time limit does not hold for this last wait.
  return !handle.is_open() || wait_for(handle.get(), POLLIN, deadline_);
}

void Child::wait(CommandEnd& end) {
  if (!killed_ && !wait_for_exit()) {
    timed_out_ = true;
    kill();
  }
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(process_, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  if (reaped < 0) {
    end.kind = CommandEnd::Kind::unknown;
  } else if (timed_out_) {
    end.kind = is_asked_to_end() ? CommandEnd::Kind::unknown : CommandEnd::Kind::timed_out;
  } else if (WIFSIGNALED(status)) {
    end.kind = CommandEnd::Kind::signaled;
    end.value = WTERMSIG(status);
  } else {
    end.kind = CommandEnd::Kind::exited;
    end.value = WEXITSTATUS(status);
  }
}

ChildEnd not_started(int error) {
  ChildEnd result = {};
  result.end.value = error;
  return result;
}

}  // namespace

ChildEnd run_child(const ChildProgram& program, const Feeder& feeder,
                   std::chrono::milliseconds limit) {
  ignore_write_signals();
  auto input = make_pipe();
  auto output = make_pipe();
  if (!input || !output) {
    return not_started(errno);
  }
  set_non_blocking(output->write_end.get());
  const Prepared prepared = prepare(program);
  const EndTogether end_together;
  const pid_t parent = ::getpid();
  pid_t process = 0;
  {
    const TerminationHeldBack held_back;
    process = ::fork();
    if (process == 0) {
      become(program, prepared, parent, input->read_end.get(), output->write_end.get());
    }
    running_group = process;
  }
  if (process < 0) {
    return not_started(errno);
  }
  (void)input->read_end.close();
  (void)output->write_end.close();

  ChildEnd result = {};
  Child child(process, limit);
  child.feed(std::move(input->write_end), feeder, result);
  result.end.output = child.read_output(std::move(output->read_end));
  child.wait(result.end);
  return result;
}

}  // namespace lastmile
