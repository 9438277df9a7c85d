// SPDX-License-Identifier: Apache-2.0
// The fault matrix: a delivery is killed, stopped, or meets an error at each of its system calls in
// turn. Then it is tried again, as an MTA does for whatever did not end with 0. A message must
// arrive whole, once, and soon.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/arguments.h"
#include "tests/faults/sites.h"
#include "tests/faults/tracer.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

constexpr int kAttempts = 8;
constexpr std::chrono::seconds kLimit{60};

struct Options {
  std::string_view program = {};  ///< Empty: the one that was built.
  std::string_view way = {};      ///< Empty: all.
  std::string_view fault = {};    ///< Empty: all.
  std::optional<FaultSite::WithLedger> ledger = {};
  int every = 1;   ///< Only each such call is struck.
  int last = 0;    ///< Only so many calls at the end are struck; 0: all.
  int sample = 0;  ///< So many runs from all over the matrix, and no more; 0: all of it.
  bool tells = false;
};

std::string program_of(const Options& options) {
  return options.program.empty() ? lastmile_program() : std::string(options.program);
}

struct Tally {
  int runs = 0;
  int lost = 0;
  int torn = 0;
  int doubled = 0;
  int stuck = 0;
  int bounced = 0;
  int calls = 0;
  std::map<std::string, int> doubled_at = {};
  int window = 0;  ///< The most calls at which one kind of kill has doubled a message.

  Tally& operator+=(const Tally& other) {
    runs += other.runs;
    lost += other.lost;
    torn += other.torn;
    doubled += other.doubled;
    stuck += other.stuck;
    bounced += other.bounced;
    window = std::max(window, other.window);
    return *this;
  }
};

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (const auto kind : {Fault::Kind::kill_caller, Fault::Kind::kill_main, Fault::Kind::kill_all,
                          Fault::Kind::stop_child, Fault::Kind::short_write}) {
    faults.push_back({.kind = kind});
  }
  for (const int error : {ENOSPC, EIO, EDQUOT, EINTR, EMFILE, ENOMEM}) {
    faults.push_back({.kind = Fault::Kind::fail, .error = error});
  }
  return faults;
}

/// Whether an MTA tries again.
bool is_to_be_retried(int status) {
  // 127: the C library's loader met the fault, before the program began.
  return status == 75 || status >= 127 || status < 0;
}

enum class End { delivered, bounced, stuck };

End bring_again(const FaultSite& site, int status) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!is_to_be_retried(status)) {
      return status == 0 ? End::delivered : End::bounced;
    }
    status = run_with_fault(site.command(), site.message(), site.output(), {}, kLimit).exit_status;
  }
  return status == 0 ? End::delivered : is_to_be_retried(status) ? End::stuck : End::bounced;
}

/// One run. \return whether the fault has struck
bool run_once(const FaultSite& site, const Fault& fault, const Options& options, Tally& tally) {
  site.lay_out();
  const Traced traced =
      run_with_fault(site.command(), site.message(), site.output(), fault, kLimit);
  if (!traced.struck) {
    tally.calls = traced.calls;
    return false;
  }
  const std::string first = site.printed();
  End end = traced.overdue ? End::stuck : bring_again(site, traced.exit_status);
  const Copies copies = site.copies();
  if (end == End::delivered && copies.reports > 0) {
    end = End::bounced;
  }
  const bool is_lost = end == End::delivered && copies.fewest == 0;
  const bool is_doubled = copies.most > 1;
  ++tally.runs;
  tally.lost += is_lost ? 1 : 0;
  tally.torn += copies.torn > 0 ? 1 : 0;
  tally.doubled += is_doubled ? 1 : 0;
  tally.stuck += end == End::stuck ? 1 : 0;
  tally.bounced += end == End::bounced ? 1 : 0;
  if (is_doubled) {
    ++tally.doubled_at[traced.struck_call];
  }
  const bool is_remarkable =
      is_lost || copies.torn > 0 || end != End::delivered || (is_doubled && options.tells);
  if (is_remarkable) {
    std::cout << "  " << to_string(fault) << " at call " << fault.call << " (" << traced.struck_call
              << "), exit status " << traced.exit_status << ": " << copies.fewest << ".."
              << copies.most << " copies, " << copies.torn << " torn"
              << (end == End::stuck     ? ", stuck"
                  : end == End::bounced ? ", bounced"
                                        : "")
              << "\n";
    if (options.tells) {
      std::cout << first << "  ---\n" << site.printed();
    }
  }
  return true;
}

/// How many calls a delivery makes that this fault could strike.
int count_calls(const FaultSite& site, Fault fault) {
  constexpr int kNever = 1'000'000'000;
  fault.call = kNever;
  site.lay_out();
  return run_with_fault(site.command(), site.message(), site.output(), fault, kLimit).calls;
}

/// \param first  where a sample begins, so that those of several faults strike different calls
Tally run_all_calls(const FaultSite& site, Fault fault, int first, const Options& options) {
  Tally tally;
  const int begin = options.last == 0 ? 0 : std::max(0, count_calls(site, fault) - options.last);
  for (fault.call = begin + first % options.every;; fault.call += options.every) {
    if (!run_once(site, fault, options, tally)) {
      return tally;
    }
  }
}

void print_row(std::string_view name, const Tally& tally) {
  std::cout << "| " << std::left << std::setw(28) << name << std::right;
  for (const int number : {tally.runs, tally.lost, tally.torn, tally.doubled, tally.stuck,
                           tally.bounced, tally.window}) {
    std::cout << " | " << std::setw(7) << number;
  }
  std::cout << " |" << std::endl;
}

bool is_kill(const Fault& fault) {
  return fault.kind == Fault::Kind::kill_caller || fault.kind == Fault::Kind::kill_main ||
         fault.kind == Fault::Kind::kill_all || fault.kind == Fault::Kind::stop_child;
}

/// \return whether the goals are met
bool run_way(const Way& way, FaultSite::WithLedger ledger, const Options& options, Tally& total) {
  const FaultSite site(way, ledger, program_of(options));
  const bool has_ledger = ledger == FaultSite::WithLedger::yes;
  constexpr int kBetweenFaults = 41;
  bool is_met = true;
  int first = 0;
  Tally sum;
  for (const Fault& fault : all_faults()) {
    if (!options.fault.empty() && options.fault != to_string(fault)) {
      continue;
    }
    Tally tally = run_all_calls(site, fault, first += kBetweenFaults, options);
    tally.window = is_kill(fault) ? tally.doubled * options.every : 0;
    sum += tally;
    is_met = is_met && tally.lost == 0 && tally.torn == 0 && tally.stuck == 0;
    // A sample of n calls tells the width of a window but for n.
    if (has_ledger && tally.window > way.window + options.every) {
      is_met = false;
    }
    if (options.tells) {
      print_row(to_string(fault), tally);
      for (const auto& [call, count] : tally.doubled_at) {
        std::cout << "    doubled at " << call << ": " << count << "\n";
      }
    }
  }
  print_row(std::string(way.name) + (has_ledger ? ", ledger" : ""), sum);
  total += sum;
  return is_met;
}

int run_matrix(const Options& options) {
  std::cout << "| way                          |    runs |    lost |    torn | doubled |   stuck | "
               "bounced |  window |\n|---|---|---|---|---|---|---|---|\n";
  bool is_met = true;
  Tally total;
  for (const Way& way : all_ways()) {
    if (!options.way.empty() && options.way != way.name) {
      continue;
    }
    for (const auto ledger : {FaultSite::WithLedger::no, FaultSite::WithLedger::yes}) {
      if (!options.ledger || *options.ledger == ledger) {
        is_met = run_way(way, ledger, options, total) && is_met;
      }
    }
  }
  print_row("all", total);
  std::cout << (is_met ? "the goals are met\n" : "the goals are NOT met\n");
  return is_met ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// A few runs from all over the matrix, the same each time.
int run_sample(const Options& options) {
  constexpr int kStride = 7919;
  constexpr int kCalls = 700;
  constexpr int kFewCalls = 150;
  const std::vector<Fault> faults = all_faults();
  const std::vector<Way>& ways = all_ways();
  Tally tally;
  for (int number = 0; number < options.sample; ++number) {
    const auto index = static_cast<std::size_t>(number);
    const Way& way = ways[index % ways.size()];
    const bool has_ledger = index / ways.size() % 2 == 0;
    const FaultSite site(way, has_ledger ? FaultSite::WithLedger::yes : FaultSite::WithLedger::no,
                         program_of(options));
    Fault fault = faults[index / ways.size() % faults.size()];
    fault.call = number * kStride % kCalls;
    if (!run_once(site, fault, options, tally)) {
      fault.call %= kFewCalls;
      run_once(site, fault, options, tally);
    }
  }
  print_row("a sample", tally);
  const bool is_met = tally.runs > 0 && tally.lost == 0 && tally.torn == 0 && tally.stuck == 0;
  std::cout << (is_met ? "the goals are met\n" : "the goals are NOT met\n");
  return is_met ? EXIT_SUCCESS : EXIT_FAILURE;
}

int usage() {
  std::cerr << "usage: fault_matrix [--way NAME] [--fault NAME] [--ledger yes|no] [--every N] "
               "[--last N] [--sample N] [--program PATH] [--tell]\n";
  return 64;
}

/// \return false for what is no option
bool read_option(std::string_view name, std::string_view value, Options& options) {
  const std::map<std::string_view, int*> numbers = {
      {"--every", &options.every}, {"--last", &options.last}, {"--sample", &options.sample}};
  const std::map<std::string_view, std::string_view*> texts = {
      {"--way", &options.way}, {"--fault", &options.fault}, {"--program", &options.program}};
  if (const auto found = numbers.find(name); found != numbers.end()) {
    return read_number(value, *found->second);
  }
  if (const auto found = texts.find(name); found != texts.end()) {
    *found->second = value;
    return true;
  }
  options.ledger = value == "yes" ? FaultSite::WithLedger::yes : FaultSite::WithLedger::no;
  return name == "--ledger";
}

int run(const std::vector<std::string_view>& arguments) {
  Options options;
  const auto take = [&options](std::string_view name, std::string_view value) {
    return read_option(name, value, options);
  };
  if (!read_arguments(arguments, options.tells, take)) {
    return usage();
  }
  if (geteuid() != 0 || !can_trace()) {
    std::cout << "skipped: only root that may trace processes can run the matrix\n";
    return EXIT_SUCCESS;
  }
  return options.sample > 0 ? run_sample(options) : run_matrix(options);
}

}  // namespace
}  // namespace lastmile::test

int main(int count, char** arguments) {
  return lastmile::test::run({arguments + 1, arguments + count});
}
