// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "local/address_argument.h"
#include "local/commands/commands.h"
#include "local/commands/inquiry.h"
#include "local/commands/parse_options.h"
#include "local/commands/stage_option.h"
#include "local/formats/format.h"
#include "local/host.h"
#include "local/questions/accept.h"
#include "local/questions/junit.h"
#include "local/questions/verify_report.h"
#include "transports/errno_status.h"

namespace lastmile {

namespace {

/// A file of expectations with its text.
struct ReadFile {
  std::string content = {};
  ExpectationFile expectations = {};
};

Result<std::string> read_text(std::istream& in, const std::string& path) {
  std::string text(kLongestExpectations + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (in.bad()) {
    return unavailable("cannot read " + path);
  }
  if (text.size() > kLongestExpectations) {
    return malformed(path + " is longer than " +
                     std::to_string(kLongestExpectations / 1024 / 1024) +
                     " MiB: take several files");
  }
  return text;
}

/// The `*.expect` files of a directory, in order; another file is itself.
Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  if (path == "-" || !std::filesystem::is_directory(path, error)) {
    return std::vector<std::string>{path};
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().extension() == ".expect") {
      files.push_back(entry.path().string());
    }
  }
  std::ranges::sort(files);
  return files.empty()
             ? Result<std::vector<std::string>>(malformed(path + ": no file in it ends in .expect"))
             : Result<std::vector<std::string>>(std::move(files));
}

Result<ReadFile> read_file(Invocation& invocation, const std::string& path) {
  auto text = [&]() -> Result<std::string> {
    if (path == "-") {
      return read_text(invocation.in, "standard input");
    }
    std::ifstream file(path);
    return file
               ? read_text(file, path)
               : Result<std::string>(unavailable("cannot open " + path + ": " + error_text(errno)));
  }();
  if (!text) {
    return std::move(text).error();
  }
  ReadFile read;
  std::optional<SyntaxFault> fault;
  read.content = *std::move(text);
  read.expectations = parse_expectations(read.content, path, fault);
  if (fault) {
    return malformed(to_string(*fault, path));
  }
  return read;
}

/// The worlds that the sections ask, each opened once.
class Worlds {
 public:
  Worlds(const GlobalOptions& options, Address sender, std::string stage)
      : options_(options), sender_(std::move(sender)), stage_(std::move(stage)) {}

  Result<SectionWorld> open(const ExpectationSection& section) {
    GlobalOptions options = options_;
    options.config_directory =
        section.config_directory.empty() ? options.config_directory : section.config_directory;
    if (!section.root.empty() || !section.site.empty()) {
      options.root = section.root;
      options.site = section.site;
    }
    options.overrides.insert(options.overrides.end(), section.overrides.begin(),
                             section.overrides.end());
    const std::string stage = section.stage.empty() ? stage_ : section.stage;
    std::string key =
        options.config_directory + '\n' + options.root + '\n' + options.site + '\n' + stage;
    for (const std::string& setting : options.overrides) {
      key += '\n' + setting;
    }
    auto& world = worlds_[key];
    if (!world) {
      auto opened = open_world(options, stage);
      if (!opened) {
        worlds_.erase(key);
        return std::move(opened).error();
      }
      world = *std::move(opened);
    }
    Opened* const found = world.get();
    return SectionWorld{*found->survey, [found] { return walk_of(*found); }, sender_};
  }

 private:
  struct Opened {
    std::unique_ptr<Host> host = {};
    std::unique_ptr<Survey> survey = {};
    std::unique_ptr<Walk> walk = {};
  };

  Result<std::unique_ptr<Opened>> open_world(GlobalOptions& options, const std::string& stage) {
    auto host = Host::open(options);
    if (!host) {
      return std::move(host).error();
    }
    auto opened = std::make_unique<Opened>();
    opened->host = *std::move(host);
    SurveyTerms terms;
    terms.sender = sender_;
    terms.stage = parse_stage(stage).value_or(Stage::full);
    terms.use = TableUse::explain;  // A failure names lines.
    terms.misses = Misses::of_refusals;
    opened->survey =
        std::make_unique<Survey>(opened->host->settings(), opened->host->world(), terms);
    return opened;
  }

  static Result<Walk*> walk_of(Opened& opened) {
    if (!opened.walk) {
      auto walk = Walk::make(opened.host->settings(), opened.host->world(), {});
      if (!walk) {
        return std::move(walk).error();
      }
      opened.walk = std::make_unique<Walk>(*std::move(walk));
    }
    return opened.walk.get();
  }

  const GlobalOptions& options_;
  Address sender_;
  std::string stage_;
  std::map<std::string, std::unique_ptr<Opened>> worlds_ = {};
};

Result<Ok> replace_file(const std::string& path, const std::string& content) {
  WholeFile file(path);
  file.stream() << content;
  return file.commit();
}

/// One run of the command.
class VerifyRun {
 public:
  VerifyRun(Invocation& invocation, const Options& options, Worlds& worlds,
            std::vector<ReadFile> files)
      : invocation_(invocation),
        options_(options),
        files_(std::move(files)),
        open_([&worlds](const ExpectationSection& section) { return worlds.open(section); }) {
    const std::string format = options.has("json") ? "json" : options.text("format");
    const bool accepts = options.has("accept");
    reports_.push_back(make_verify_report(format, accepts ? hidden_ : invocation.out,
                                          tree_style(invocation),
                                          invocation.options.verbosity > 0));
    if (options.has("junit")) {
      reports_.push_back(make_junit_report(junit_));
    }
  }

  int run() {
    const auto begin = std::chrono::steady_clock::now();
    if (auto counted = announce(); !counted) {
      return bail_out(counted.error());
    }
    for (const ReadFile& file : files_) {
      AcceptedFile accepted(file.content);
      auto run = run_cases(file.expectations, open_,
                           [&](CaseResult& result) { return take(file, result, accepted); });
      if (!run) {
        return bail_out(run.error());
      }
      if (options_.has("accept")) {
        if (auto written = accept(file, accepted); !written) {
          return fail(invocation_, "verify", written.error().message(), EX_CANTCREAT);
        }
      }
    }
    summary_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const auto& report : reports_) {
      report->end(summary_);
    }
    return finish();
  }

 private:
  Result<Ok> announce() {
    std::size_t cases = 0;
    for (const ReadFile& file : files_) {
      auto counted = count_cases(file.expectations, open_);
      if (!counted) {
        return std::move(counted).error();
      }
      cases += *counted;
    }
    for (const auto& report : reports_) {
      report->begin(cases);
    }
    return Ok{};
  }

  int bail_out(const Error& error) {
    for (const auto& report : reports_) {
      report->bail_out(error.message());
    }
    return fail(invocation_, "verify", error.message(), kUndecided);
  }

  bool take(const ReadFile& file, const CaseResult& result, AcceptedFile& accepted) {
    if (options_.has("only") && !matches_glob(options_.text("only"), result.address)) {
      return true;
    }
    summary_.add(result.verdict);
    for (const auto& report : reports_) {
      report->add(result);
    }
    if (options_.has("accept")) {
      for (const std::string& dropped : accepted.accept(result)) {
        fail(invocation_, "verify",
             file.expectations.path + ':' + std::to_string(result.test->line) + ": \"" + dropped +
                 "\" does not hold and is taken out",
             0);
      }
    }
    summary_.is_partial = options_.has("fail-fast") && result.verdict == VerifyVerdict::fail;
    return !summary_.is_partial;
  }

  /// Records what is. With --dry-run it is only shown.
  Result<Ok> accept(const ReadFile& file, AcceptedFile& accepted) {
    if (options_.has("all")) {
      if (auto added = add_unnamed(file, accepted); !added) {
        return added;
      }
    }
    if (!accepted.is_changed()) {
      return Ok{};
    }
    invocation_.out << accepted.diff(file.expectations.path);
    return options_.has("dry-run") ? Result<Ok>(Ok{})
                                   : replace_file(file.expectations.path, accepted.content());
  }

  /// A case for each known address that has none.
  Result<Ok> add_unnamed(const ReadFile& file, AcceptedFile& accepted) {
    auto world = open_(file.expectations.sections.front());
    auto walk = world ? world->walk() : Result<Walk*>(world.error());
    if (!walk) {
      return std::move(walk).error();
    }
    std::set<std::string> named;
    for (const ExpectationCase& test : file.expectations.cases) {
      auto address = parse_address_argument(test.subject);
      if (address && !test.is_each) {
        named.insert(fold_case(to_external(*address)));
      }
    }
    world->survey.set_sender(world->sender);
    return (*walk)->for_each([&](const KnownAddress& known) {
      const std::string address = to_external(known.address);
      if (!is_wildcard(known) && !named.contains(fold_case(address))) {
        const Outcome outcome = outcome_of(world->survey.trace(known.address));
        if (outcome.fate() != Fate::undecided) {
          accepted.append(address, outcome);
        }
      }
      return true;
    });
  }

  int finish() {
    if (options_.has("junit")) {
      if (auto written = replace_file(options_.text("junit"), junit_.str()); !written) {
        return fail(invocation_, "verify", written.error().message(), EX_CANTCREAT);
      }
    }
    if (options_.has("accept")) {
      return summary_.undecided > 0 ? kUndecided : 0;
    }
    return summary_.failed > 0 ? kSomeFail : summary_.undecided > 0 ? kUndecided : 0;
  }

  Invocation& invocation_;
  const Options& options_;
  std::vector<ReadFile> files_;
  OpenSection open_;
  std::ostringstream hidden_ = {};
  std::ostringstream junit_ = {};
  std::vector<std::unique_ptr<VerifyReport>> reports_ = {};
  VerifySummary summary_ = {};
};

Result<std::vector<ReadFile>> read_files(Invocation& invocation, const Options& options) {
  std::vector<ReadFile> files;
  for (const std::string& word : options.words()) {
    const auto paths = files_of(word);
    if (!paths) {
      return paths.error();
    }
    for (const std::string& path : *paths) {
      auto file = read_file(invocation, path);
      if (!file) {
        return std::move(file).error();
      }
      files.push_back(*std::move(file));
    }
  }
  return files;
}

/// What the options do not allow together; nullopt: nothing.
std::optional<std::string> contradiction(const Options& options) {
  if (options.words().empty()) {
    return "no file of expectations; '-' reads them from standard input";
  }
  if (!options.has("accept")) {
    return options.has("all") || options.has("dry-run") || options.has("force")
               ? std::optional<std::string>("--all, --dry-run and --force go with --accept")
               : std::nullopt;
  }
  if (std::ranges::find(options.words(), "-") != options.words().end()) {
    return "--accept wants files, not standard input";
  }
  if (std::getenv("CI") != nullptr && !options.has("force") && !options.has("dry-run")) {
    return "--accept in a CI job would accept whatever is there (CI is set): --force if that is "
           "meant";
  }
  return std::nullopt;
}

}  // namespace

int run_verify(Invocation& invocation) {
  const auto parsed = parse_options(invocation, "verify [OPTIONS] FILE... | DIRECTORY... | -");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& options = parsed.values;
  if (const auto problem = contradiction(options)) {
    return fail(invocation, "verify", *problem, EX_USAGE);
  }
  auto sender = parse_address_argument(options.text("sender"));
  if (!sender) {
    return fail(invocation, "verify", sender.error().message(), EX_USAGE);
  }
  auto files = read_files(invocation, options);
  if (!files) {
    // With a caret below the place: more than one line.
    invocation.err << "lastmile verify: " << files.error().message() << '\n';
    return EX_USAGE;
  }
  Worlds worlds(invocation.options, *std::move(sender), options.text("stage"));
  return VerifyRun(invocation, options, worlds, *std::move(files)).run();
}

}  // namespace lastmile
