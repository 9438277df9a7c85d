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
