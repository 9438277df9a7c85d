// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sysexits.h>

#include <cerrno>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
#include <string>

#include "aliases/text.h"
#include "aliases/world/account_maps.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/commands/sight.h"
#include "local/explaining/explainer.h"
#include "local/explaining/paste.h"
#include "local/explaining/print_explanation.h"
#include "local/formats/format.h"
#include "local/formats/json.h"
#include "local/host.h"
#include "local/questions/address_json.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

constexpr int kOtherwise = 1;  // Not any more, or decided elsewhere.
constexpr int kUnknown = 2;

constexpr std::size_t kMostText = std::size_t{1} << 30;  // Octets of a log.

bool is_file(const std::string& word) {
  struct stat attributes = {};
  return word.size() < 4096 && word.find('\n') == std::string::npos &&
         stat(word.c_str(), &attributes) == 0 && S_ISREG(attributes.st_mode);
}

Result<std::string> read_all(std::istream& in, const std::string& name) {
  std::string text;
  std::string chunk(std::size_t{64} * 1024, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostText) {
      return malformed(name + " is longer than 1 GiB: give it a piece, or grep");
    }
  }
  return in.bad() ? Result<std::string>(unavailable("cannot read " + name))
                  : Result<std::string>(std::move(text));
}

/// The words of the command line: a file, standard input, or the text itself.
Result<std::string> read_text(Invocation& invocation, const std::vector<std::string>& words) {
  if (words.size() == 1 && words.front() == "-") {
    return read_all(invocation.in, "standard input");
  }
  if (words.size() == 1 && is_file(words.front())) {
    std::ifstream file(words.front(), std::ios::binary);
    return file ? read_all(file, words.front())
                : Result<std::string>(
                      unavailable("cannot open " + words.front() + ": " + error_text(errno)));
  }
  std::string text;
  for (const std::string& word : words) {
    text.append(text.empty() ? "" : " ").append(word);
  }
  return text;
}

/// How many of each verdict there were.
struct ExplanationCounts {
  std::size_t explained = 0;
  std::size_t changed = 0;
  std::size_t elsewhere = 0;
  std::size_t unknown = 0;

  void add(ExplanationVerdict verdict) {
    switch (verdict) {
      case ExplanationVerdict::explained:
        ++explained;
        return;
      case ExplanationVerdict::changed:
        ++changed;
        return;
      case ExplanationVerdict::elsewhere:
        ++elsewhere;
        return;
      case ExplanationVerdict::unknown:
        ++unknown;
        return;
    }
  }
  std::size_t total() const { return explained + changed + elsewhere + unknown; }
  int exit_status() const {
    return unknown > 0 || total() == 0 ? kUnknown : changed + elsewhere > 0 ? kOtherwise : 0;
  }
};

void print_summary(std::ostream& out, const Paste& paste, const ExplanationCounts& counts,
                   bool is_json) {
  if (is_json) {
    JsonWriter json(out);
    begin_record(json, "summary");
    json.member("explained", static_cast<std::int64_t>(counts.explained));
    json.member("changed", static_cast<std::int64_t>(counts.changed));
    json.member("elsewhere", static_cast<std::int64_t>(counts.elsewhere));
    json.member("unknown", static_cast<std::int64_t>(counts.unknown));
    json.member("lines", static_cast<std::int64_t>(paste.lines));
    json.member("other_lines", static_cast<std::int64_t>(paste.other_lines));
    json.end_object();
    json.end_line();
    return;
  }
  if (counts.total() == 1) {
    return;
  }
  out << '\n' << counts.total() << " incidents: " << counts.explained << " explained";
  const auto count = [&out](std::size_t number, std::string_view what) {
    if (number > 0) {
      out << ", " << number << ' ' << what;
    }
  };
  count(counts.changed, "not any more");
  count(counts.elsewhere, "decided elsewhere");
  count(counts.unknown, "not explained");
  out << '\n';
}

/// Explains each incident as it comes.
int explain_all(Invocation& invocation, const std::string& text, const Paste& paste,
                Explainer& explainer, bool is_json) {
  ExplanationCounts counts;
  for (const Incident& incident : paste.incidents) {
    const Explanation explanation = explainer.explain(incident);
    counts.add(explanation.verdict);
    if (is_json) {
      print_explanation_json(invocation.out, explanation);
    } else {
      invocation.out << (counts.total() > 1 ? "\n" : "");
      print_explanation(invocation.out, explanation, tree_style(invocation));
    }
  }
  if (counts.total() == 0 && !is_json) {
    const std::string_view other = other_mailer(text);
    invocation.out << "nothing in this text can be explained: no status=, no refusal, no warning, "
                      "no bounce, no queue"
                   << (other.empty() ? "" : "; these are lines of ") << other << '\n';
  } else {
    print_summary(invocation.out, paste, counts, is_json);
  }
  return counts.exit_status();
}

}  // namespace

int run_explain(Invocation& invocation) {
  const ParsedOptions parsed = parse_options(invocation, "explain [OPTIONS] TEXT | FILE | -");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& options = parsed.values;
  if (options.words().empty()) {
    return fail(invocation, "explain", "no text; '-' reads it from standard input", EX_USAGE);
  }
  const auto text = read_text(invocation, options.words());
  if (!text) {
    return fail(invocation, "explain", text.error().message(), EX_USAGE);
  }
  auto world = open_world(invocation.options);
  if (!world) {
    return fail(invocation, "explain", world.error().message(), kUnknown);
  }
  // As `check` reads it: a line that a daemon ends for is what is to be explained.
  auto host = load_host(**world, invocation.options.config_directory, invocation.options.overrides);
  if (!host) {
    return fail(
        invocation, "explain",
        explain_missing_configuration(invocation.options, std::move(host).error()).message(),
        kUnknown);
  }
  std::unique_ptr<World> accounts;
  if (const auto& maps = host->settings.lastmile_account_maps; maps.source) {
    accounts = std::make_unique<AccountMapsWorld>(*host->world, maps.value, TablePolicy{});
  }
  PasteTerms terms;
  terms.address = options.text("grep");
  terms.with_successes = options.has("all");
  const Paste paste = read_paste(*text, terms);
  Explainer explainer(*host, accounts ? *accounts : *host->world,
                      sight_of(invocation.options, **world));
  return explain_all(invocation, *text, paste, explainer, options.has("json"));
}

}  // namespace lastmile
