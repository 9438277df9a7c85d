// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <memory>
#include <ostream>
#include <string>

#include "local/commands/commands.h"
#include "local/commands/inquiry.h"
#include "local/formats/format.h"
#include "local/formats/wrapped_lines.h"
#include "local/questions/map_database.h"
#include "local/questions/map_page.h"
#include "local/questions/map_report.h"

namespace lastmile {

namespace {

constexpr int kSomeBounce = 2;

/// Where the report goes, and the report.
struct Output {
  std::unique_ptr<WholeFile> file = {};         ///< Null: standard output.
  std::unique_ptr<WrappedLines> terminal = {};  ///< What it is there for a person.
  std::unique_ptr<MapReport> report = {};
};

Result<Output> open_output(Invocation& invocation, const Options& options,
                           const std::string& format) {
  Output output;
  const bool hides = options.has("redact") || (format == "html" && !options.has("with-commands"));
  const Commands commands = hides ? Commands::redacted : Commands::shown;
  if (options.has("output")) {
    output.file = std::make_unique<WholeFile>(options.text("output"));
  }
  if (format == "sqlite") {
    auto report = make_map_database(output.file->beside(), commands);
    if (!report) {
      return std::move(report).error();
    }
    output.report = *std::move(report);
    return output;
  }
  const TreeStyle style = tree_style(invocation);
  if (!output.file && format == "tree") {
    output.terminal = std::make_unique<WrappedLines>(invocation.out, style.width);
  }
  std::ostream& out = output.file       ? output.file->stream()
                      : output.terminal ? output.terminal->stream()
                                        : invocation.out;
  output.report = format == "html" ? make_map_page(out, commands)
                                   : make_map_report(format, out, style, commands);
  LM_CHECK(output.report != nullptr);
  return output;
}

}  // namespace

int run_map(Invocation& invocation) {
  const auto parsed = parse_options(invocation, "map [OPTIONS]");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& options = parsed.values;
  const std::string format = options.has("json") ? "json" : options.text("format");
  if (!options.words().empty()) {
    return fail(invocation, "map", "no other words: every known address is told", EX_USAGE);
  }
  if (format == "sqlite" && !options.has("output")) {
    return fail(invocation, "map", "--format sqlite wants a file: -O FILE", EX_USAGE);
  }
  const auto terms = read_inquiry_terms(options);
  if (!terms) {
    return fail(invocation, "map", terms.error().message(), EX_USAGE);
  }
  auto inquiry = Inquiry::open(invocation.options, *terms);
  if (!inquiry) {
    return fail(invocation, "map", inquiry.error().message(), kUndecided);
  }
  auto output = open_output(invocation, options, format);
  if (!output) {
    return fail(invocation, "map", output.error().message(), EX_CANTCREAT);
  }
  Coverage coverage;
  bool some_bounce = false;
  auto done = ask_all(invocation, **inquiry, coverage,
                      [&](const KnownAddress& known, const Trace& trace, const Outcome& outcome) {
                        const Fate fate = outcome.fate();
                        some_bounce = some_bounce || fate == Fate::fails || fate == Fate::partly;
                        output->report->add(known, trace, outcome);
                        return invocation.out.good();
                      });
  done = done ? output->report->end(coverage) : std::move(done);
  if (done && output->file) {
    // What is there of an ended run is no map: the file that was there before stays.
    done = coverage.is_partial ? Result<Ok>(unavailable("ended before all were asked for: no file"))
                               : output->file->commit();
  }
  if (!done) {
    const int status = fail(invocation, "map", done.error().message(), EX_CANTCREAT);
    return coverage.is_partial ? kInterrupted : status;
  }
  if (coverage.is_partial) {
    return kInterrupted;
  }
  if (some_bounce && options.text("fail-on") == "bounce") {
    return kSomeBounce;
  }
  return coverage.unanswered.empty() ? 0 : kUndecided;
}

}  // namespace lastmile
