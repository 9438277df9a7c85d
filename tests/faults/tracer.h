// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lastmile::test {

/// What happens to a program at one of its system calls, before the call is made.
struct Fault {
  enum class Kind {
    none,
    kill_caller,  ///< The process that makes the call dies.
    kill_main,    ///< The process that was started dies, whoever makes the call.
    kill_all,     ///< It and its process group die, and all that it has started.
    stop_child,   ///< A child that makes the call is stopped by SIGSTOP.
    fail,         ///< The call is not made (but for close(2)), and fails with `error`.
    short_write,  ///< Of a write only the first octet is written.
  };
  Kind kind = Kind::none;
  int error = 0;
  /// Which call is struck, counted from 0 over all processes of the program: for stop_child those
  /// of children, for short_write the writes of more than one octet.
  int call = 0;
};

/// Names it: "kill_all", "ENOSPC".
std::string to_string(const Fault& fault);

/// What became of a traced program.
struct Traced {
  int exit_status = -1;  ///< Or 128 and the number of the signal.
  int calls = 0;         ///< Those that the fault could have struck.
  bool struck = false;
  std::string struck_call = {};  ///< "fsync of a child"
  bool overdue = false;          ///< It had to be killed.
};

/// One system call of the program, as it returned. Its process waits meanwhile.
struct SystemCall {
  pid_t pid = 0;
  long number = 0;
  std::array<std::uint64_t, 6> arguments = {};
  long result = 0;  ///< Or a negative error number.
};

/// An address in another process, as the calls that look into it want it.
inline void* address_there(std::uint64_t address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr): not ours
}

using Observer = std::function<void(const SystemCall&)>;

/// Runs a program with a fault, by ptrace(2). Its calls and those of its children count until they
/// execute another program; from then on they only run. All processes are gone at the end.
/// \param input  a file for standard input
/// \param output  a file that gets standard output and error
/// \param observe  is told of each call, in the order in which they return; may be empty
Traced run_with_fault(const std::vector<std::string>& arguments, const std::string& input,
                      const std::string& output, const Fault& fault,
                      std::chrono::milliseconds limit, const Observer& observe = {});

/// Whether a program can be traced here.
bool can_trace();

}  // namespace lastmile::test
