// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scale.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/many_aliases.h"
#include "tests/bench/measure.h"

namespace lastmile::bench {
namespace {

constexpr const char* kLastmile = LASTMILE_PROGRAM;

/// Runs of each program, of which the one with the least CPU time counts.
constexpr int kRounds = 3;

/// A program and how many lines it prints when it has done all its work.
struct Candidate {
  Contestant contestant = {};
  long lines = 0;
};

std::vector<Candidate> candidates_for(const AliasTable& table, const ManyAliases& site) {
  const long asked = site.asked();
  const std::string input = site.addresses();
  const auto trace = [&](const std::string& format) {
    return Contestant{"lastmile trace - (" + format + ")",
                      {kLastmile, "-C", table.directory, "trace", "--format", format, "-"},
                      input};
  };
  return {
      {{"postmap -q -", {"/usr/sbin/postmap", "-c", table.directory, "-q", "-", table.name}, input},
       asked},
      {{"lastmile lookup -", {kLastmile, "lookup", table.name, "-"}, input}, asked},
      {trace("tsv"), asked + 1},  // The names of the columns.
      {trace("json"), asked},
  };
}

long count_lines(const std::string& file) {
  std::ifstream content(file, std::ios::binary);
  return std::count(std::istreambuf_iterator<char>(content), {}, '\n');
}

/// \return nullopt when a run failed, or did not print what it should
std::optional<Usage> best_of(const Candidate& candidate, const ManyAliases& site) {
  std::optional<Usage> best;
  for (int round = 0; round < kRounds; ++round) {
    const auto usage = run_measured(candidate.contestant, site.output());
    if (!usage || count_lines(site.output()) != candidate.lines) {
      return std::nullopt;
    }
    if (!best || usage->cpu < best->cpu) {
      best = usage;
    }
  }
  return best;
}

void print_row(const Candidate& candidate, const Usage& usage, double ratio,
               std::optional<int> opens, int asked) {
  using Seconds = std::chrono::duration<double>;
  constexpr double kKibPerMib = 1024.0;
  std::printf("  %-24s %10.0f %8.3f %8.2f %9.1f %9.1f %9s\n", candidate.contestant.name.c_str(),
              asked / Seconds(usage.wall).count(), Seconds(usage.cpu).count(), ratio,
              static_cast<double>(usage.peak_kib) / kKibPerMib,
              static_cast<double>(usage.peak_anonymous_kib) / kKibPerMib,
              opens ? std::to_string(*opens).c_str() : "");
  std::cout.flush();
}

void compare_table(const AliasTable& table, const ManyAliases& site) {
  if (!table.unavailable.empty()) {
    std::printf("\n%s: left out: %s\n", table.type.c_str(), table.unavailable.c_str());
    return;
  }
  std::printf("\n%s: %d addresses over %d virtual aliases (best of %d)\n", table.type.c_str(),
              site.asked(), site.count(), kRounds);
  std::printf("  %-24s %10s %8s %8s %9s %9s %9s\n", "", "per second", "CPU s", "x postmap",
              "peak MiB", "anonymous", "opens");
  std::optional<Usage> postmap;
  for (const Candidate& candidate : candidates_for(table, site)) {
    const auto usage = best_of(candidate, site);
    if (!usage) {
      std::printf("  %-24s failed\n", candidate.contestant.name.c_str());
      return;
    }
    postmap = postmap ? postmap : usage;  // It is the first.
    print_row(candidate, *usage,
              usage->cpu / std::chrono::duration<double, std::nano>(postmap->cpu),
              count_opens(candidate.contestant, table.opened), site.asked());
  }
}

}  // namespace

void compare_scale(int aliases, int addresses) {
  ManyAliases site(aliases, addresses);
  for (const char* type : {"cdb", "lmdb", "sqlite", "pgsql"}) {
    compare_table(site.make(type), site);
  }
}

}  // namespace lastmile::bench
