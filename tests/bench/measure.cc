// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/measure.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

extern char** environ;

namespace lastmile::bench {
namespace {

using Duration = std::chrono::nanoseconds;

constexpr const char* kStrace = "/usr/bin/strace";

Duration median(std::vector<Duration> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The number in the line "100.00  0.001234  12  103  5 total" of `strace -c`.
std::optional<long> total_calls(const std::string& report) {
  std::ifstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 6 && line.ends_with(" total")) {
      std::istringstream words(line);
      std::string share;
      std::string seconds;
      std::string microseconds;
      long calls = 0;
      words >> share >> seconds >> microseconds >> calls;
      return calls;
    }
  }
  return std::nullopt;
}

/// Runs a contestant under strace(1), and reads the report with `count`.
template <class Number>
std::optional<Number> count_in_report(
    const Contestant& contestant, const std::vector<std::string>& options,
    const std::function<std::optional<Number>(std::string)>& count) {
  if (access(kStrace, X_OK) != 0) {
    return std::nullopt;
  }
  const std::string report =
      (std::filesystem::temp_directory_path() / ("strace." + std::to_string(getpid()))).string();
  Contestant traced = contestant;
  std::vector<std::string> strace = {kStrace, "-f", "-o", report};
  strace.insert(strace.end(), options.begin(), options.end());
  traced.arguments.insert(traced.arguments.begin(), strace.begin(), strace.end());
  const bool ran = run_once(traced).has_value();
  const auto counted = ran ? count(report) : std::nullopt;
  std::filesystem::remove(report);
  return counted;
}

std::optional<long> count_system_calls(const Contestant& contestant) {
  return count_in_report<long>(contestant, {"-c"}, total_calls);
}

/// \return nullopt when it cannot be started
std::optional<pid_t> start(const Contestant& contestant, const char* output) {
  std::vector<char*> argv;
  for (const std::string& argument : contestant.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn takes it so, and keeps it
  }
  argv.push_back(nullptr);
  const char* input = contestant.input_file.empty() ? "/dev/null" : contestant.input_file.c_str();
  constexpr mode_t kMode = 0600;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, kMode);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int status = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return status == 0 ? std::optional(pid) : std::nullopt;
}

/// Looks at the memory of a process until it ends. getrusage(2) would count what the process that
/// started it had before exec, and knows nothing of mapped files.
void watch_memory(pid_t pid, Usage& usage) {
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  pollfd ended = {descriptor, POLLIN, 0};
  constexpr int kMilliseconds = 1;
  while (descriptor >= 0 && poll(&ended, 1, kMilliseconds) == 0) {
    std::ifstream status(path);
    long anonymous = 0;
    for (std::string word; status >> word;) {
      long kib = 0;
      if (word == "VmHWM:" && status >> kib) {
        usage.peak_kib = std::max(usage.peak_kib, kib);
      } else if (word == "RssAnon:" && status >> anonymous) {
        usage.peak_anonymous_kib = std::max(usage.peak_anonymous_kib, anonymous);
        break;
      }
    }
  }
  if (descriptor >= 0) {
    close(descriptor);
  }
}

Duration duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

void print_row(const Contestant& contestant, Duration time, Duration ours,
               std::optional<long> calls) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  std::printf("  %-28s %10.3f ms %8.2f x %10s\n", contestant.name.c_str(),
              Milliseconds(time).count(), Milliseconds(time) / Milliseconds(ours),
              calls ? (std::to_string(*calls) + " calls").c_str() : "");
  std::cout.flush();
}

}  // namespace

std::optional<Duration> run_once(const Contestant& contestant) {
  const auto begin = std::chrono::steady_clock::now();
  const auto pid = start(contestant, "/dev/null");
  int status = -1;
  const bool ran = pid && waitpid(*pid, &status, 0) == *pid;
  const auto end = std::chrono::steady_clock::now();
  return ran && status == 0 ? std::optional<Duration>(end - begin) : std::nullopt;
}

std::optional<Usage> run_measured(const Contestant& contestant, const std::string& output_file) {
  const auto begin = std::chrono::steady_clock::now();
  const auto pid = start(contestant, output_file.c_str());
  if (!pid) {
    return std::nullopt;
  }
  Usage usage;
  watch_memory(*pid, usage);
  int status = -1;
  rusage used = {};
  const bool ran = wait4(*pid, &status, 0, &used) == *pid;
  usage.wall = std::chrono::steady_clock::now() - begin;
  usage.cpu = duration_of(used.ru_utime) + duration_of(used.ru_stime);
  return ran && status == 0 ? std::optional(usage) : std::nullopt;
}

std::optional<int> count_opens(const Contestant& contestant, const std::string& path) {
  const auto count = [&path](const std::string& report) {
    std::ifstream lines(report);
    int opens = 0;
    for (std::string line; std::getline(lines, line);) {
      const bool names_path = line.find('"' + path + '"') != std::string::npos;
      opens += names_path && line.find("= -1") == std::string::npos ? 1 : 0;
    }
    return std::optional(opens);
  };
  return count_in_report<int>(
      contestant, {"--seccomp-bpf", "-s", "4096", "-e", "trace=openat,openat2,open,connect"},
      count);
}

void compare(const Comparison& comparison) {
  std::printf("\n%s (median of %d)\n", comparison.title.c_str(), comparison.rounds);
  std::cout.flush();
  const std::size_t count = comparison.contestants.size();
  std::vector<std::vector<Duration>> times(count);
  for (int round = 0; round <= comparison.rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto time = run_once(comparison.contestants[i]);
      if (time && round > 0) {  // the first round warms the caches
        times[i].push_back(*time);
      }
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    // One that fails must not win.
    if (times[i].size() < static_cast<std::size_t>(comparison.rounds) || times[0].empty()) {
      std::printf("  %-28s failed\n", comparison.contestants[i].name.c_str());
    } else {
      const auto calls =
          comparison.counts_calls ? count_system_calls(comparison.contestants[i]) : std::nullopt;
      print_row(comparison.contestants[i], median(times[i]), median(times[0]), calls);
    }
  }
}

}  // namespace lastmile::bench
