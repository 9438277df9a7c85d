// SPDX-License-Identifier: Apache-2.0
// Power loss: what a delivery changes on disk, and what it orders to be kept, is recorded at its
// system calls. From the recording come the states in which a file system may be found after the
// power has failed at any moment. In each of them the MTA calls again, unless it was answered.
//
// Two kinds of file systems are thought of. One keeps names, lengths and attributes in the order in
// which they were changed, as a journal does, and content when it was synced, or not at all, or in
// part. The other keeps nothing but what was synced by itself: a file's content and attributes by
// the file, a name by its directory. What was answered must be there in both; what was not must
// arrive whole in the first.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/arguments.h"
#include "tests/faults/recording.h"
#include "tests/faults/sites.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

using Operations = std::vector<FileOperation>;
using Kind = FileOperation::Kind;

constexpr int kAttempts = 8;
constexpr std::chrono::seconds kLimit{60};

struct Options {
  std::string program = lastmile_program();
  std::string_view way = {};  ///< Empty: all that store mail themselves.
  int every = 1;
  bool tells = false;
};

struct Tally {
  int states = 0;
  int lost = 0;
  int torn = 0;
  int doubled = 0;
  int stuck = 0;
};

/// What becomes of content that was not synced.
enum class Unsynced { kept, half, gone };

bool is_content(const FileOperation& operation) {
  return operation.kind == Kind::write;
}

/// Whether a later order keeps this change by itself.
bool is_kept_by(const FileOperation& change, const FileOperation& order) {
  return order.kind == Kind::sync &&
         order.node == (change.directory != 0 ? change.directory : change.node);
}

bool is_synced(const Operations& all, std::size_t change, std::size_t end) {
  return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(change),
                     all.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](const FileOperation& order) { return is_kept_by(all[change], order); });
}

/// What a journal holds of the first `end` operations, when the power fails then.
FileTree ordered_state(FileTree tree, const Operations& all, std::size_t end, Unsynced unsynced) {
  for (std::size_t i = 0; i < end; ++i) {
    FileOperation operation = all[i];
    if (is_content(operation) && !is_synced(all, i, end)) {
      if (unsynced == Unsynced::gone) {
        continue;
      }
      if (unsynced == Unsynced::half) {
        operation.bytes.resize(operation.bytes.size() / 2);
      }
    }
    tree.apply(operation);
  }
  return tree;
}

/// What is left where nothing is kept that was not synced by itself.
FileTree barest_state(FileTree tree, const Operations& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind == Kind::make || is_synced(all, i, all.size())) {
      tree.apply(all[i]);
    }
  }
  return tree;
}

class PowerLoss {
 public:
  PowerLoss(const Way& way, const Options& options)
      : site_(way, FaultSite::WithLedger::yes, options.program), options_(options) {}

  /// \return false when the delivery itself has failed, or nothing could be learnt from it
  bool run() {
    site_.lay_out();
    before_ = FileTree::read(site_.directory());
    Recorder recorder(site_.directory());
    const Traced traced =
        run_with_fault(site_.command(), site_.message(), site_.output(), {}, kLimit,
                       [&recorder](const SystemCall& call) { recorder.observe(call); });
    operations_ = recorder.operations();
    if (traced.exit_status != 0 || operations_.empty()) {
      std::cout << site_.printed();
      return false;
    }
    for (std::size_t end = 0; end <= operations_.size(); ++end) {
      for (const auto unsynced : {Unsynced::kept, Unsynced::half, Unsynced::gone}) {
        look_at(ordered_state(before_, operations_, end, unsynced), end,
                end == operations_.size() ? Answered::yes : Answered::no);
      }
    }
    look_at(barest_state(before_, operations_), operations_.size(), Answered::yes);
    return sees_a_loss();
  }

  const Tally& tally() const { return tally_; }
  std::size_t operations() const { return operations_.size(); }

 private:
  enum class Answered { no, yes };

  /// Whether a delivery that had synced nothing would be found out.
  bool sees_a_loss() const {
    Operations changes = operations_;
    std::erase_if(changes,
                  [](const FileOperation& operation) { return operation.kind == Kind::sync; });
    barest_state(before_, changes).write(site_.directory());
    const bool is_lost = site_.copies().fewest == 0;
    if (!is_lost) {
      std::cout << "a delivery that had synced nothing would not be found out\n";
    }
    return is_lost;
  }

  void look_at(const FileTree& state, std::size_t end, Answered answered) {
    const bool is_new =
        seen_.insert(state.fingerprint() + (answered == Answered::yes ? "answered" : "")).second;
    if (!is_new || (answered == Answered::no && number_++ % options_.every != 0)) {
      return;
    }
    state.write(site_.directory());
    int status = answered == Answered::yes ? 0 : 75;
    for (int attempt = 0; status != 0 && attempt < kAttempts; ++attempt) {
      status =
          run_with_fault(site_.command(), site_.message(), site_.output(), {}, kLimit).exit_status;
    }
    const Copies copies = site_.copies();
    const bool is_lost = status == 0 && copies.fewest == 0;
    ++tally_.states;
    tally_.lost += is_lost ? 1 : 0;
    tally_.torn += copies.torn > 0 ? 1 : 0;
    tally_.doubled += copies.most > 1 ? 1 : 0;
    tally_.stuck += status != 0 ? 1 : 0;
    if (is_lost || copies.torn > 0 || status != 0 || options_.tells) {
      std::cout << "  after operation " << end << (answered == Answered::yes ? " (answered)" : "")
                << ": " << copies.most << " copies, " << copies.torn << " torn, exit status "
                << status << "\n";
    }
  }

  FaultSite site_;
  const Options& options_;
  FileTree before_ = {};
  Operations operations_ = {};
  std::set<std::string> seen_ = {};
  int number_ = 0;
  Tally tally_ = {};
};

/// Whether lastmile itself stores the mail of this way.
bool stores(const Way& way) {
  return way.name.starts_with("mbox") || way.name == "Maildir" || way.name == "file";
}

int run_all(const Options& options) {
  std::cout << "| way                          | changes |  states |    lost |    torn | doubled | "
               "  stuck |\n|---|---|---|---|---|---|---|\n";
  bool is_met = true;
  for (const Way& way : all_ways()) {
    if (!stores(way) || (!options.way.empty() && options.way != way.name)) {
      continue;
    }
    PowerLoss power_loss(way, options);
    const bool has_run = power_loss.run();
    const Tally& tally = power_loss.tally();
    std::cout << "| " << std::left << std::setw(28) << way.name << std::right;
    for (const int number : {static_cast<int>(power_loss.operations()), tally.states, tally.lost,
                             tally.torn, tally.doubled, tally.stuck}) {
      std::cout << " | " << std::setw(7) << number;
    }
    std::cout << " |" << std::endl;
    is_met = is_met && has_run && tally.lost == 0 && tally.torn == 0 && tally.stuck == 0;
  }
  std::cout << (is_met ? "the goals are met\n" : "the goals are NOT met\n");
  return is_met ? EXIT_SUCCESS : EXIT_FAILURE;
}

int usage() {
  std::cerr << "usage: power_loss [--way NAME] [--every N] [--program PATH] [--tell]\n";
  return 64;
}

/// \return false for what is no option
bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--every") {
    return read_number(value, options.every);
  }
  if (name == "--way") {
    options.way = value;
    return true;
  }
  options.program = value;
  return name == "--program";
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
    std::cout << "skipped: only root that may trace processes can record a delivery\n";
    return EXIT_SUCCESS;
  }
  return run_all(options);
}

}  // namespace
}  // namespace lastmile::test

int main(int count, char** arguments) {
  return lastmile::test::run({arguments + 1, arguments + count});
}
