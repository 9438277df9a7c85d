// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/tracer.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace lastmile::test {
namespace {

using Clock = std::chrono::steady_clock;

// The names of calls and the place of their arguments are those of one architecture.
#if defined(__x86_64__)

struct CallName {
  long number;
  std::string_view name;
};

constexpr CallName kNames[] = {
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_writev, "writev"},
    {SYS_pwrite64, "pwrite"},
    {SYS_pread64, "pread"},
    {SYS_open, "open"},
    {SYS_openat, "open"},
    {SYS_openat2, "openat2"},
    {SYS_close, "close"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_rename, "rename"},
    {SYS_link, "link"},
    {SYS_linkat, "linkat"},
    {SYS_unlink, "unlink"},
    {SYS_mkdir, "mkdir"},
    {SYS_ftruncate, "ftruncate"},
    {SYS_fchown, "fchown"},
    {SYS_fcntl, "fcntl"},
    {SYS_flock, "flock"},
    {SYS_clone, "clone"},
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_poll, "poll"},
    {SYS_pipe2, "pipe2"},
    {SYS_kill, "kill"},
    {SYS_mmap, "mmap"},
    {SYS_munmap, "munmap"},
    {SYS_newfstatat, "fstatat"},
    {SYS_fstat, "fstat"},
    {SYS_stat, "stat"},
    {SYS_lstat, "lstat"},
    {SYS_fsetxattr, "fsetxattr"},
    {SYS_fgetxattr, "fgetxattr"},
    {SYS_fremovexattr, "fremovexattr"},
    {SYS_connect, "connect"},
    {SYS_sendto, "sendto"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_socket, "socket"},
    {SYS_exit_group, "exit_group"},
    {SYS_setresuid, "setresuid"},
    {SYS_setgroups, "setgroups"},
    {SYS_prctl, "prctl"},
};

std::string name_of(long call) {
  const auto* const found = std::find_if(std::begin(kNames), std::end(kNames),
                                         [call](const CallName& it) { return it.number == call; });
  return found == std::end(kNames) ? "call " + std::to_string(call) : std::string(found->name);
}

/// Calls that do not fail, or by failing of which nothing can be learnt.
bool cannot_fail(long call) {
  constexpr std::array kThose = {SYS_exit,
                                 SYS_exit_group,
                                 SYS_getpid,
                                 SYS_getppid,
                                 SYS_getuid,
                                 SYS_geteuid,
                                 SYS_getgid,
                                 SYS_getegid,
                                 SYS_rt_sigreturn,
                                 SYS_rt_sigaction,
                                 SYS_rt_sigprocmask,
                                 SYS_arch_prctl,
                                 SYS_set_tid_address,
                                 SYS_set_robust_list,
                                 SYS_brk,
                                 SYS_munmap,
                                 SYS_umask,
                                 SYS_execve,
                                 SYS_restart_syscall};
  return std::find(kThose.begin(), kThose.end(), call) != kThose.end();
}

struct Process {
  bool is_ours = true;   ///< It runs the program itself, nothing that it has executed.
  bool fails = false;    ///< The call that it is in is not made.
  bool is_new = false;   ///< It has yet to stop for the first time.
  SystemCall call = {};  ///< The one that it is in.
};

/// Lets a blocking wait be left from time to time, as long as this object lives.
class Ticks {
 public:
  Ticks() {
    struct sigaction nothing = {};
    nothing.sa_handler = [](int) {};
    sigaction(SIGALRM, &nothing, &before_);
    const itimerval often = {{0, 100'000}, {0, 100'000}};
    setitimer(ITIMER_REAL, &often, nullptr);
  }
  Ticks(const Ticks&) = delete;
  Ticks& operator=(const Ticks&) = delete;
  ~Ticks() {
    const itimerval never = {};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_ = {};
};

class Tracer {
 public:
  Tracer(const Fault& fault, std::chrono::milliseconds limit, const Observer& observe)
      : fault_(fault), deadline_(Clock::now() + limit), observe_(observe) {}

  Traced run(const std::vector<std::string>& arguments, const std::string& input,
             const std::string& output) {
    main_ = start(arguments, input, output);
    processes_[main_] = {};
    const Ticks ticks;
    while (!processes_.empty()) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, __WALL);
      if (pid > 0) {
        handle(pid, status);
      } else if (errno != EINTR) {
        break;
      }
      if (Clock::now() > deadline_ && !traced_.overdue) {
        traced_.overdue = true;
        kill_everybody();
      }
    }
    return traced_;
  }

 private:
  static pid_t start(const std::vector<std::string>& arguments, const std::string& input,
                     const std::string& output) {
    std::vector<char*> words;
    words.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
      words.push_back(const_cast<char*>(argument.c_str()));
    }
    words.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
      setpgid(0, 0);
      const int in = open(input.c_str(), O_RDONLY);
      const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(in, STDIN_FILENO);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      (void)raise(SIGSTOP);
      execv(words[0], words.data());
      _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, __WALL);
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                              PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    ptrace(PTRACE_SETOPTIONS, pid, nullptr, kOptions);
    ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
    return pid;
  }

  /// Nobody goes on before it is dead, however long that takes on a busy machine.
  void kill_main() {
    kill(main_, SIGKILL);
    int status = 0;
    while (processes_.contains(main_) && waitpid(main_, &status, __WALL) == main_) {
      handle(main_, status);
    }
  }

  void kill_everybody() {
    kill(-main_, SIGKILL);
    for (const auto& [pid, process] : processes_) {
      kill(pid, SIGKILL);
    }
  }

  void handle(pid_t pid, int status) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == main_) {
        traced_.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      processes_.erase(pid);
      return;
    }
    const auto known = processes_.find(pid);
    if (known == processes_.end()) {
      early_.insert(pid);  // A child before the event of its parent, which tells whose it is.
      return;
    }
    Process& process = known->second;
    const int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      at_call(pid, process);
      return;
    }
    const int event = status >> 16;
    if (event == PTRACE_EVENT_EXEC) {
      process.is_ours = !has_begun_;
      has_begun_ = true;
    } else if (event != 0) {
      adopt_child(pid, process);
    }
    // The first stop of a child, and those of events, are no signals of its own.
    const bool is_first = std::exchange(process.is_new, false) && signal == SIGSTOP;
    go_on(pid, process, event != 0 || is_first ? 0 : signal);
  }

  void adopt_child(pid_t parent, const Process& process) {
    unsigned long message = 0;
    ptrace(PTRACE_GETEVENTMSG, parent, nullptr, &message);
    const auto child = static_cast<pid_t>(message);
    Process& made = processes_[child];
    made.is_ours = process.is_ours;
    made.is_new = true;
    if (early_.erase(child) > 0) {
      made.is_new = false;
      go_on(child, made, 0);
    }
  }

  static void go_on(pid_t pid, const Process& process, int signal) {
    ptrace(process.is_ours ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr, signal);
  }

  void at_call(pid_t pid, Process& process) {
    __ptrace_syscall_info info = {};
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) {
      if (std::exchange(process.fails, false)) {
        user_regs_struct registers = registers_of(pid);
        registers.rax = static_cast<unsigned long long>(-static_cast<long long>(fault_.error));
        ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
      } else if (observe_ && has_begun_) {
        process.call.result = static_cast<long>(info.exit.rval);
        observe_(process.call);
      }
      go_on(pid, process, 0);
      return;
    }
    process.call = {.pid = pid, .number = static_cast<long>(info.entry.nr)};
    std::copy(std::begin(info.entry.args), std::end(info.entry.args),
              process.call.arguments.begin());
    if (!has_begun_ || !is_meant(pid, info) || traced_.calls++ != fault_.call) {
      go_on(pid, process, 0);
      return;
    }
    traced_.struck = true;
    traced_.struck_call =
        name_of(static_cast<long>(info.entry.nr)) + (pid == main_ ? "" : " of a child");
    user_regs_struct registers = registers_of(pid);
    strike(pid, process, registers);
  }

  static user_regs_struct registers_of(pid_t pid) {
    user_regs_struct registers = {};
    ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
    return registers;
  }

  bool is_meant(pid_t pid, const __ptrace_syscall_info& info) const {
    const auto call = static_cast<long>(info.entry.nr);
    switch (fault_.kind) {
      case Fault::Kind::none:
      case Fault::Kind::kill_caller:
      case Fault::Kind::kill_main:
      case Fault::Kind::kill_all:
        return true;
      case Fault::Kind::stop_child:
        return pid != main_;
      case Fault::Kind::fail:
        return !cannot_fail(call);
      case Fault::Kind::short_write:
        return call == SYS_writev ||
               ((call == SYS_write || call == SYS_pwrite64) && info.entry.args[2] > 1);
    }
    return false;
  }

  void strike(pid_t pid, Process& process, user_regs_struct& registers) {
    switch (fault_.kind) {
      case Fault::Kind::none:
        go_on(pid, process, 0);
        break;
      case Fault::Kind::kill_caller:
        kill(pid, SIGKILL);
        break;
      case Fault::Kind::kill_main:
        kill_main();
        if (pid != main_) {
          go_on(pid, process, 0);
        }
        break;
      case Fault::Kind::kill_all:
        kill_everybody();
        break;
      case Fault::Kind::stop_child:
        // From here on nobody but its parent sees it.
        ptrace(PTRACE_DETACH, pid, nullptr, SIGSTOP);
        processes_.erase(pid);
        break;
      case Fault::Kind::fail:
        // Linux has closed the descriptor whatever close(2) says.
        if (registers.orig_rax != SYS_close) {
          registers.orig_rax = static_cast<unsigned long long>(-1);
          ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
        }
        process.fails = true;
        go_on(pid, process, 0);
        break;
      case Fault::Kind::short_write:
        shorten(pid, registers);
        go_on(pid, process, 0);
        break;
    }
  }

  static void shorten(pid_t pid, user_regs_struct& registers) {
    if (registers.orig_rax == SYS_writev) {
      // A write of the first octet of its first piece.
      const long base = ptrace(PTRACE_PEEKDATA, pid, address_there(registers.rsi), nullptr);
      registers.orig_rax = SYS_write;
      registers.rsi = static_cast<unsigned long long>(base);
    }
    registers.rdx = 1;
    ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
  }

  Fault fault_;
  Clock::time_point deadline_;
  const Observer& observe_;
  pid_t main_ = 0;
  bool has_begun_ = false;  ///< The program was executed.
  std::map<pid_t, Process> processes_;
  std::set<pid_t> early_;
  Traced traced_;
};

#endif

}  // namespace

std::string to_string(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::none:
      return "none";
    case Fault::Kind::kill_caller:
      return "kill_caller";
    case Fault::Kind::kill_main:
      return "kill_main";
    case Fault::Kind::kill_all:
      return "kill_all";
    case Fault::Kind::stop_child:
      return "stop_child";
    case Fault::Kind::fail:
      return strerrorname_np(fault.error);
    case Fault::Kind::short_write:
      return "short_write";
  }
  return "";
}

#if defined(__x86_64__)

Traced run_with_fault(const std::vector<std::string>& arguments, const std::string& input,
                      const std::string& output, const Fault& fault,
                      std::chrono::milliseconds limit, const Observer& observe) {
  return Tracer(fault, limit, observe).run(arguments, input, output);
}

bool can_trace() {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 1);
  }
  int status = 1;
  return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

#else

Traced run_with_fault(const std::vector<std::string>& /*arguments*/, const std::string& /*input*/,
                      const std::string& /*output*/, const Fault& /*fault*/,
                      std::chrono::milliseconds /*limit*/, const Observer& /*observe*/) {
  return {};
}

bool can_trace() {
  return false;
}

#endif

}  // namespace lastmile::test
