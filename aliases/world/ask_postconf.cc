// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/ask_postconf.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "aliases/world/watched_child.h"

namespace lastmile {
namespace {

constexpr std::chrono::seconds kLimit{5};
constexpr std::size_t kLongestAnswer = 64;  // Octets.

/// A descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int file) : file_(file) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int get() const { return file_; }
  void close() {
    if (file_ >= 0) {
      (void)::close(std::exchange(file_, -1));
    }
  }

 private:
  int file_;
};

/// Starts the program with its output on `output`. \return its process; nullopt: there is none
std::optional<pid_t> start(const std::string& program, const std::string& name, int output) {
  std::string words[] = {program, "-dh", name};
  std::array<char*, 4> arguments = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) {
    return std::nullopt;
  }
  pid_t process = -1;
  const bool is_set =
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
      posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0;
  const bool is_started = is_set && posix_spawn(&process, program.c_str(), &actions, nullptr,
                                                arguments.data(), environment.data()) == 0;
  (void)posix_spawn_file_actions_destroy(&actions);
  return is_started ? std::optional(process) : std::nullopt;
}

/// All that comes from `input`, as far as it is short and in time.
std::optional<std::string> read_answer(WatchedChild& child, int input) {
  const auto deadline = WatchedChild::Clock::now() + kLimit;
  std::string answer;
  while (answer.size() <= kLongestAnswer) {
    const auto event = child.wait_for(input, deadline);
    if (event == WatchedChild::Event::ended) {
      return answer;
    }
    std::array<char, kLongestAnswer> buffer = {};
    const ssize_t count =
        event == WatchedChild::Event::readable ? read(input, buffer.data(), buffer.size()) : -1;
    if (count < 0) {
      return std::nullopt;
    }
    if (count == 0) {
      return answer;
    }
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ask_postconf(const std::string& program, const std::string& name) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  const Descriptor input(ends[0]);
  Descriptor output(ends[1]);
  const auto process = start(program, name, output.get());
  output.close();
  if (!process) {
    return std::nullopt;
  }
  WatchedChild child(*process);
  auto answer = read_answer(child, input.get());
  if (!answer) {
    child.kill_alone();
    return std::nullopt;
  }
  const auto status = child.reap();
  if (!status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0 || !answer->ends_with('\n')) {
    return std::nullopt;
  }
  answer->pop_back();
  return answer;
}

}  // namespace lastmile
