#include "tests/bench/measure.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
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

std::optional<long> count_system_calls(const Contestant& contestant) {
  if (access(kStrace, X_OK) != 0) {
    return std::nullopt;
  }
  const std::string report =
      (std::filesystem::temp_directory_path() / ("strace." + std::to_string(getpid()))).string();
  Contestant traced = contestant;
  const std::vector<std::string> strace = {kStrace, "-f", "-c", "-o", report};
  traced.arguments.insert(traced.arguments.begin(), strace.begin(), strace.end());
  const bool ran = run_once(traced).has_value();
  const auto calls = ran ? total_calls(report) : std::nullopt;
  std::filesystem::remove(report);
  return calls;
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
  std::vector<char*> argv;
  for (const std::string& argument : contestant.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn takes it so, and keeps it
  }
  argv.push_back(nullptr);
  const char* input = contestant.input_file.empty() ? "/dev/null" : contestant.input_file.c_str();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  const auto begin = std::chrono::steady_clock::now();
  pid_t pid = -1;
  int status = -1;
  const bool ran = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0 &&
                   waitpid(pid, &status, 0) == pid;
  const auto end = std::chrono::steady_clock::now();
  posix_spawn_file_actions_destroy(&actions);
  return ran && status == 0 ? std::optional<Duration>(end - begin) : std::nullopt;
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
