// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "local/commands/parse_options.h"
#include "local/host.h"
#include "local/questions/outcome.h"
#include "local/questions/survey.h"
#include "local/questions/walk.h"

namespace lastmile {

/// The exit status of a run that somebody ended: as a shell has it for SIGINT.
inline constexpr int kInterrupted = 130;

/// What the commands that ask about all known addresses are told by their options.
struct InquiryTerms {
  WalkOptions walk = {};
  Address sender = {};
  Stage stage = Stage::full;
};

/// Reads `--addresses`, `--from-log` and `--all-domains`.
Result<WalkOptions> read_walk_options(const Options& options);

/// Reads these, `--stage` and `-f`.
Result<InquiryTerms> read_inquiry_terms(const Options& options);

/// One world, its known addresses, and who is asked about them.
class Inquiry {
 public:
  static Result<std::unique_ptr<Inquiry>> open(GlobalOptions options, const InquiryTerms& terms);
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;
  ~Inquiry() = default;

  Host& host() { return *host_; }
  Walk& walk() { return walk_; }
  Survey& survey() { return *survey_; }        ///< For many addresses: fast.
  Survey& explainer() { return *explainer_; }  ///< For few: with the line of each answer.
  const std::string& config_directory() const { return config_directory_; }

 private:
  Inquiry(std::unique_ptr<Host> host, Walk walk) : host_(std::move(host)), walk_(std::move(walk)) {}

  std::unique_ptr<Host> host_;
  Walk walk_;
  std::unique_ptr<Survey> survey_ = {};
  std::unique_ptr<Survey> explainer_ = {};
  std::string config_directory_ = {};
};

/// A line on standard error that says how far a long run is: on a terminal, after half a second,
/// ten times a second at most.
class Progress {
 public:
  /// \param noun  of what there are many
  explicit Progress(Invocation& invocation, std::string_view noun = "addresses");
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Takes the line away.
  ~Progress();

  void step(bool is_undecided);

 private:
  using Clock = std::chrono::steady_clock;
  std::ostream& err_;
  std::string_view noun_;
  bool is_shown_;
  bool has_line_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
  std::size_t count_ = 0;
  std::size_t undecided_ = 0;
};

/// Asks about each known address, until `visit` returns false or somebody ends the run (SIGINT).
/// \param coverage  begins as that of the walk, and counts what was asked
Result<Ok> ask_all(
    Invocation& invocation, Inquiry& inquiry, Coverage& coverage,
    const std::function<bool(const KnownAddress&, const Trace&, const Outcome&)>& visit);

/// A file that is there as a whole or not at all: it is written beside its place, and renamed.
class WholeFile {
 public:
  explicit WholeFile(std::string path);
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  /// Without commit() nothing is left behind.
  ~WholeFile();

  std::ostream& stream() { return file_; }
  const std::string& beside() const { return beside_; }  ///< Where it is until then.
  /// \return unavailable when it could not be written
  Result<Ok> commit();

 private:
  std::string path_;
  std::string beside_;
  std::ofstream file_ = {};
};

}  // namespace lastmile
