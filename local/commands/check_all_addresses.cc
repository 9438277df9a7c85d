// SPDX-License-Identifier: Apache-2.0
#include "local/commands/check_all_addresses.h"

#include <sysexits.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "local/commands/inquiry.h"
#include "local/questions/acceptance.h"
#include "local/questions/address_json.h"

namespace lastmile {

namespace {

constexpr int kFound = 2;
constexpr std::size_t kFewExamples = 3;
constexpr std::size_t kAllExamples = 1'000'000'000;

void print_text(std::ostream& out, const Acceptance& acceptance,
                const std::vector<AcceptanceFinding>& findings, const Coverage& coverage) {
  for (const AcceptanceFinding& finding : findings) {
    print_finding(out, finding);
  }
  out << (findings.empty() ? "" : "\n") << counted(coverage.known, "address: ", "addresses: ")
      << grouped_digits(acceptance.landing) << " land, " << grouped_digits(acceptance.refused)
      << " refused as they should be, " << grouped_digits(acceptance.undeliverable)
      << " accepted and undeliverable, " << grouped_digits(acceptance.deliverable)
      << " refused and deliverable";
  out << (acceptance.undecided > 0 ? ", " + grouped_digits(acceptance.undecided) + " undecided\n"
                                   : "\n");
  print_coverage(out, coverage);
}

void print_json_lines(std::ostream& out, const Acceptance& acceptance,
                      const std::vector<AcceptanceFinding>& findings, const Coverage& coverage) {
  JsonWriter json(out);
  for (const AcceptanceFinding& finding : findings) {
    begin_record(json, "finding");
    write_finding(json, finding);
    json.end_object();
    json.end_line();
  }
  begin_record(json, "summary");
  json.member("land", static_cast<std::int64_t>(acceptance.landing));
  json.member("refused", static_cast<std::int64_t>(acceptance.refused));
  json.member("accepted_undeliverable", static_cast<std::int64_t>(acceptance.undeliverable));
  json.member("deliverable_refused", static_cast<std::int64_t>(acceptance.deliverable));
  json.member("undecided", static_cast<std::int64_t>(acceptance.undecided));
  json.key("coverage");
  write_coverage(json, coverage);
  json.end_object();
  json.end_line();
}

}  // namespace

int check_all_addresses(Invocation& invocation, const Options& options) {
  const auto terms = read_inquiry_terms(options);
  if (!terms) {
    return fail(invocation, "check", terms.error().message(), EX_USAGE);
  }
  auto inquiry = Inquiry::open(invocation.options, *terms);
  if (!inquiry) {
    return fail(invocation, "check", inquiry.error().message(), kUndecided);
  }
  Acceptance acceptance(options.has("list") ? kAllExamples : kFewExamples);
  Coverage coverage;
  const auto asked = ask_all(
      invocation, **inquiry, coverage,
      [&](const KnownAddress& known, const Trace& /*trace*/, const Outcome& outcome) {
        const bool is_suspect = Acceptance::is_suspect(known, outcome);
        acceptance.add(
            known, is_suspect ? outcome_of((*inquiry)->explainer().trace(known.address)) : outcome);
        return true;
      });
  if (!asked) {
    return fail(invocation, "check", asked.error().message(), kUndecided);
  }
  const auto findings = acceptance.findings();
  if (options.has("json")) {
    print_json_lines(invocation.out, acceptance, findings, coverage);
  } else {
    print_text(invocation.out, acceptance, findings, coverage);
  }
  if (coverage.is_partial) {
    return kInterrupted;
  }
  const auto limit = parse_severity(options.text("fail-on"));
  const bool fails =
      limit && std::ranges::any_of(findings, [limit](const AcceptanceFinding& finding) {
        return finding.severity >= *limit;
      });
  return fails ? kFound : coverage.unanswered.empty() ? 0 : kUndecided;
}

}  // namespace lastmile
