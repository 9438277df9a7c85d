// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "aliases/text.h"
#include "local/commands/commands.h"
#include "local/commands/inquiry.h"
#include "local/formats/format.h"
#include "local/formats/wrapped_lines.h"
#include "local/questions/address_json.h"
#include "local/questions/map_file.h"
#include "local/questions/reverse_tree.h"

namespace lastmile {

namespace {

constexpr int kNobody = 2;

/// What is asked for in the words of an account of this world, or otherwise.
Result<std::vector<DestinationQuery>> read_queries(World& world,
                                                   const std::vector<std::string>& words) {
  std::vector<DestinationQuery> queries;
  for (const std::string& word : words) {
    const bool may_be_account = word.find_first_of(":/@*") == std::string::npos;
    auto account = may_be_account ? world.account_by_name(word)
                                  : Result<std::optional<Account>>(std::optional<Account>());
    if (!account) {
      return std::move(account).error();
    }
    if (may_be_account && !*account) {
      // Somebody without an account may still get mail through LMTP.
      account = std::optional(Account{word, 0, 0, "", "", ""});
    }
    queries.emplace_back(word, *account);
  }
  return queries;
}

/// The answer, as it grows.
class WhoReport {
 public:
  WhoReport(Invocation& invocation, const Options& options)
      : invocation_(invocation), options_(options), json_(invocation.out) {}

  void add(const KnownAddress& known, const Outcome& outcome,
           const std::vector<ReachedBy>& reached) {
    std::set<NodeId> leaves;
    for (const ReachedBy& one : reached) {
      leaves.insert(one.leaf);
    }
    const bool is_only = leaves.size() == outcome.landings.size();
    ++count_;
    wildcards_ += is_wildcard(known) ? 1 : 0;
    if (options_.has("json")) {
      print_json(known, outcome, reached, is_only);
      return;
    }
    if (is_only) {
      only_.push_back(shown_form(known));
    }
    for (const ReachedBy& one : reached) {
      tree_.add(known, one.place, one.way);
    }
  }

  void end(const Coverage& coverage, const std::set<std::string>& seen) {
    if (options_.has("json")) {
      begin_record(json_, "summary");
      json_.member("addresses", static_cast<std::int64_t>(count_));
      json_.key("coverage");
      write_coverage(json_, coverage);
      json_.end_object();
      json_.end_line();
      return;
    }
    const TreeStyle style = tree_style(invocation_);
    WrappedLines rows(invocation_.out, style.width);
    std::ostream& out = rows.stream();
    const std::string asked = comma_list(options_.words());
    if (count_ == 0) {
      std::vector<std::string_view> candidates(seen.begin(), seen.end());
      out << "no known address lands at " << printable(asked)
          << did_you_mean(options_.words().front(), candidates) << '\n';
    } else {
      tree_.print(out, style, options_.has("direct") ? 1 : 0);
      out << counted(count_, "address reaches ", "addresses reach ") << printable(asked);
      out << (wildcards_ > 0 ? " (" + counted(wildcards_, "wildcard", "wildcards") + " among them)"
                             : "");
      if (!only_.empty()) {
        out << (only_.size() == 1 ? ". It reaches nobody else: " : "");
        if (only_.size() > 1) {
          out << ". " << counted(only_.size(), "", "") << "of them reach nobody else: ";
        }
        constexpr std::size_t kMostShown = 20;
        const std::size_t shown = std::min(only_.size(), kMostShown);
        out << printable(comma_list(std::vector<std::string>(
            only_.begin(), only_.begin() + static_cast<std::ptrdiff_t>(shown))));
        if (shown < only_.size()) {
          out << " and " << only_.size() - shown << " more (--json has all)";
        }
      }
      out << '\n';
    }
    print_coverage(out, coverage);
  }

  std::size_t count() const { return count_; }

 private:
  void print_json(const KnownAddress& known, const Outcome& outcome,
                  const std::vector<ReachedBy>& reached, bool is_only) {
    begin_record(json_, "address");
    write_address(json_, known, outcome);
    json_.key("via");
    json_.begin_array();
    for (const WayStep& step : reached.front().way) {
      json_.begin_object();
      json_.member("step", step.step);
      json_.member("subject", step.address.empty() ? reached.front().place : step.address);
      write_source(json_, "source", step.source);
      json_.end_object();
    }
    json_.end_array();
    json_.key("only");
    json_.boolean(is_only);
    json_.end_object();
    json_.end_line();
  }

  Invocation& invocation_;
  const Options& options_;
  JsonWriter json_;
  ReverseTree tree_ = {};
  std::size_t count_ = 0;
  std::size_t wildcards_ = 0;
  std::vector<std::string> only_ = {};
};

/// The destinations that a mistaken word may have meant: some of them are enough.
void remember(std::set<std::string>& seen, const Landing& landing) {
  constexpr std::size_t kMost = 5000;
  if (seen.size() < kMost && landing.is_delivered()) {
    seen.insert(labelled(landing.words.kind, landing.words.target));
  }
}

/// Who it was when the map was made: nothing is asked but the map.
int who_in_map(Invocation& invocation, const Options& options) {
  auto map = MapFile::open(options.text("map"));
  if (!map) {
    return fail(invocation, "who", map.error().message(), kUndecided);
  }
  std::vector<DestinationQuery> queries;
  for (const std::string& word : options.words()) {
    const bool may_be_account = word.find_first_of(":/@*") == std::string::npos;
    queries.emplace_back(
        word, may_be_account ? std::optional(Account{word, 0, 0, "", "", ""}) : std::nullopt);
  }
  WhoReport report(invocation, options);
  std::set<std::string> seen;
  Coverage coverage;
  auto found = (*map)->find(
      queries, [&](const KnownAddress& known, const Outcome& outcome,
                   const std::vector<ReachedBy>& reached) { report.add(known, outcome, reached); });
  if (found) {
    found = (*map)->read_coverage(coverage);
  }
  if (found && report.count() == 0) {
    found =
        (*map)->for_each_destination([&seen](const Landing& landing) { remember(seen, landing); });
  }
  if (!found) {
    return fail(invocation, "who", found.error().message(), kUndecided);
  }
  report.end(coverage, seen);
  return report.count() > 0 ? 0 : coverage.unanswered.empty() ? kNobody : kUndecided;
}

}  // namespace

int run_who(Invocation& invocation) {
  const auto parsed = parse_options(invocation, "who [OPTIONS] DESTINATION...");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& options = parsed.values;
  if (options.words().empty()) {
    return fail(invocation, "who", "no destination, such as alice or mailbox:/var/mail/alice",
                EX_USAGE);
  }
  if (options.has("map")) {
    return who_in_map(invocation, options);
  }
  const auto terms = read_inquiry_terms(options);
  if (!terms) {
    return fail(invocation, "who", terms.error().message(), EX_USAGE);
  }
  auto inquiry = Inquiry::open(invocation.options, *terms);
  if (!inquiry) {
    return fail(invocation, "who", inquiry.error().message(), kUndecided);
  }
  invocation.options.config_directory = (*inquiry)->config_directory();
  auto queries = read_queries((*inquiry)->host().world(), options.words());
  if (!queries) {
    return fail(invocation, "who", queries.error().message(), kUndecided);
  }
  WhoReport report(invocation, options);
  Coverage coverage;
  std::set<std::string> seen;
  const auto asked =
      ask_all(invocation, **inquiry, coverage,
              [&](const KnownAddress& known, const Trace& trace, const Outcome& outcome) {
                for (const Landing& landing : outcome.landings) {
                  remember(seen, landing);
                }
                const bool is_found = std::ranges::any_of(
                    *queries,
                    [&trace](const DestinationQuery& query) { return !query.find(trace).empty(); });
                if (is_found) {
                  // Once more, with the line of each step.
                  const Trace explained = (*inquiry)->explainer().trace(known.address);
                  std::vector<ReachedBy> reached;
                  for (const DestinationQuery& query : *queries) {
                    const auto found = query.find(explained);
                    reached.insert(reached.end(), found.begin(), found.end());
                  }
                  if (!reached.empty()) {
                    report.add(known, outcome_of(explained), reached);
                  }
                }
                return true;
              });
  if (!asked) {
    return fail(invocation, "who", asked.error().message(), kUndecided);
  }
  report.end(coverage, seen);
  if (coverage.is_partial) {
    return kInterrupted;
  }
  return report.count() > 0 ? 0 : coverage.unanswered.empty() ? kNobody : kUndecided;
}

}  // namespace lastmile
