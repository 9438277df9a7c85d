// SPDX-License-Identifier: Apache-2.0
#include "local/commands/inquiry.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <utility>

#include "aliases/text.h"
#include "aliases/world/termination.h"
#include "local/address_argument.h"
#include "local/commands/stage_option.h"
#include "transports/errno_status.h"

namespace lastmile {

namespace {

/// Calls `take` for each line.
Result<Ok> read_file_lines(const std::string& path,
                           const std::function<void(const std::string&)>& take) {
  std::ifstream file(path);
  if (!file) {
    return unavailable("cannot open " + path + ": " + error_text(errno));
  }
  for (std::string line; std::getline(file, line);) {
    take(line);
  }
  return file.bad() ? Result<Ok>(unavailable("cannot read " + path)) : Result<Ok>(Ok{});
}

Result<Ok> read_given(const Options& options, std::vector<Address>& given) {
  std::string wrong;
  for (const std::string& path : options.values("addresses")) {
    auto read = read_file_lines(path, [&](const std::string& line) {
      const auto text = trim(line);
      if (text.empty() || text.front() == '#') {
        return;
      }
      auto address = parse_address_argument(text);
      if (address) {
        given.push_back(*std::move(address));
      } else if (wrong.empty()) {
        wrong = path + ": " + address.error().message();
      }
    });
    if (!read) {
      return read;
    }
  }
  return wrong.empty() ? Result<Ok>(Ok{}) : Result<Ok>(malformed(wrong));
}

}  // namespace

Result<WalkOptions> read_walk_options(const Options& options) {
  WalkOptions walk;
  walk.all_domains = options.has("all-domains");
  if (auto read = read_given(options, walk.given); !read) {
    return std::move(read).error();
  }
  for (const std::string& path : options.values("from-log")) {
    auto read = read_file_lines(path, [&walk](const std::string& line) {
      for (Address& address : addresses_in_log_line(line)) {
        walk.logged.push_back(std::move(address));
      }
    });
    if (!read) {
      return std::move(read).error();
    }
  }
  return walk;
}

Result<InquiryTerms> read_inquiry_terms(const Options& options) {
  InquiryTerms terms;
  auto walk = read_walk_options(options);
  if (!walk) {
    return std::move(walk).error();
  }
  terms.walk = *std::move(walk);
  auto sender = parse_address_argument(options.text("sender"));
  if (!sender) {
    return std::move(sender).error();
  }
  terms.sender = *std::move(sender);
  terms.stage = parse_stage(options.text("stage")).value_or(Stage::full);
  return terms;
}

Result<std::unique_ptr<Inquiry>> Inquiry::open(GlobalOptions options, const InquiryTerms& terms) {
  auto host = Host::open(options);
  if (!host) {
    return std::move(host).error();
  }
  auto walk = Walk::make((*host)->settings(), (*host)->world(), terms.walk);
  if (!walk) {
    return std::move(walk).error();
  }
  std::unique_ptr<Inquiry> inquiry(new Inquiry(*std::move(host), *std::move(walk)));
  inquiry->config_directory_ = options.config_directory;
  SurveyTerms survey;
  survey.sender = terms.sender;
  survey.stage = terms.stage;
  inquiry->survey_ =
      std::make_unique<Survey>(inquiry->host_->settings(), inquiry->host_->world(), survey);
  survey.use = TableUse::explain;
  survey.misses = Misses::of_refusals;
  inquiry->explainer_ =
      std::make_unique<Survey>(inquiry->host_->settings(), inquiry->host_->world(), survey);
  return inquiry;
}

Progress::Progress(Invocation& invocation, std::string_view noun)
    : err_(invocation.err),
      noun_(noun),
      is_shown_(&invocation.err == &std::cerr && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (has_line_) {
    err_ << "\r\x1b[K" << std::flush;
  }
}

void Progress::step(bool is_undecided) {
  constexpr std::chrono::milliseconds kFirst{500};
  constexpr std::chrono::milliseconds kNext{100};
  constexpr std::size_t kBetweenLooks = 64;
  undecided_ += is_undecided ? 1 : 0;
  if (!is_shown_ || ++count_ % kBetweenLooks != 0) {
    return;
  }
  const auto now = Clock::now();
  if (now - begin_ < kFirst || now - last_ < kNext) {
    return;
  }
  last_ = now;
  has_line_ = true;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  err_ << "\r\x1b[K" << grouped_digits(count_) << ' ' << noun_ << ", "
       << grouped_digits(static_cast<std::size_t>(static_cast<double>(count_) / seconds)) << "/s";
  if (undecided_ > 0) {
    err_ << ", " << undecided_ << " undecided";
  }
  err_ << std::flush;
}

Result<Ok> ask_all(
    Invocation& invocation, Inquiry& inquiry, Coverage& coverage,
    const std::function<bool(const KnownAddress&, const Trace&, const Outcome&)>& visit) {
  end_at_once_when_asked(kInterrupted);
  end_in_order_when_asked();
  coverage = inquiry.walk().coverage();
  Progress progress(invocation);
  return inquiry.walk().for_each([&](const KnownAddress& known) {
    if (is_asked_to_end()) {
      coverage.is_partial = true;
      return false;
    }
    const Trace trace = inquiry.survey().trace(known.address);
    const Outcome outcome = outcome_of(trace);
    const bool is_undecided = outcome.fate() == Fate::undecided;
    coverage.add(known);
    if (is_undecided) {
      ++coverage.unanswered[outcome.reason()];
    }
    progress.step(is_undecided);
    return visit(known, trace, outcome);
  });
}

WholeFile::WholeFile(std::string path)
    : path_(std::move(path)), beside_(path_ + ".new." + std::to_string(getpid())) {
  file_.open(beside_, std::ios::trunc | std::ios::binary);
}

WholeFile::~WholeFile() {
  if (!beside_.empty()) {
    static_cast<void>(std::remove(beside_.c_str()));
  }
}

Result<Ok> WholeFile::commit() {
  file_.close();
  if (!file_) {
    return unavailable("cannot write " + beside_);
  }
  struct stat old = {};
  if (stat(path_.c_str(), &old) == 0) {
    static_cast<void>(chmod(beside_.c_str(), old.st_mode & 07777U));
  }
  if (std::rename(beside_.c_str(), path_.c_str()) != 0) {
    return unavailable("cannot rename " + beside_ + ": " + error_text(errno));
  }
  beside_.clear();
  return Ok{};
}

}  // namespace lastmile
