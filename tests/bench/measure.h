// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lastmile::bench {

/// A program to be measured.
struct Contestant {
  std::string name = {};
  std::vector<std::string> arguments = {};
  std::string input_file = {};  ///< Standard input; empty: /dev/null.
};

/// Runs a contestant once; its output is thrown away.
/// \return the time from before the start to after the exit; nullopt when it failed
std::optional<std::chrono::nanoseconds> run_once(const Contestant& contestant);

/// What a process took.
struct Usage {
  std::chrono::nanoseconds wall = {};
  std::chrono::nanoseconds cpu = {};  ///< User and system time.
  /// Most memory at any time, looked at every millisecond. The pages of mapped files are in the
  /// first and not in the second: the system has them back whenever it wants them.
  long peak_kib = 0;
  long peak_anonymous_kib = 0;
};

/// Runs a contestant once.
/// \param output_file  receives its standard output
/// \return nullopt when it failed
std::optional<Usage> run_measured(const Contestant& contestant, const std::string& output_file);

/// How often a contestant opens a file, or connects to a UNIX-domain socket; nullopt when it fails,
/// or strace(1) is not there.
std::optional<int> count_opens(const Contestant& contestant, const std::string& path);

struct Comparison {
  std::string title = {};
  std::vector<Contestant> contestants = {};  ///< The first is lastmile.
  int rounds = 0;
  bool counts_calls = true;  ///< Off for what would take strace(1) minutes.
};

/// Runs the contestants in turn, so that what disturbs the machine disturbs all alike, and prints
/// the median, the ratio to lastmile, and the number of system calls where it is
/// wanted and strace(1) is there.
void compare(const Comparison& comparison);

}  // namespace lastmile::bench
