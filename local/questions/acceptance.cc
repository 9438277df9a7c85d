// SPDX-License-Identifier: Apache-2.0
#include "local/questions/acceptance.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "local/questions/coverage.h"

namespace lastmile {

namespace {

bool is_accepted(const Outcome& outcome) {
  return outcome.reply && outcome.reply->code.starts_with('2');
}

bool is_refused(const Outcome& outcome) {
  return outcome.reply && outcome.reply->is_refusal();
}

/// Nobody writes to it from outside: only where its mail ends counts.
bool is_internal(const KnownAddress& known) {
  return known.marks == Marks(Mark::member) || known.address.local_part.starts_with("owner-");
}

const Landing* first_failure(const Outcome& outcome) {
  for (const Landing& landing : outcome.landings) {
    if (!landing.is_delivered()) {
      return &landing;
    }
  }
  return nullptr;
}

/// Without what is in quotes: `unknown user: "x"` is one cause for all names.
std::string without_names(const std::string& text) {
  std::string result;
  bool quoted = false;
  for (const char octet : text) {
    quoted = octet == '"' ? !quoted : quoted;
    if (!quoted && octet != '"') {
      result += octet;
    }
  }
  return std::string(trim(result));
}

std::string failure_text(const Landing* failure) {
  if (failure == nullptr) {
    return "no destination";
  }
  std::string text = without_names(failure->words.text);
  if (text.ends_with(':')) {
    text.pop_back();
  }
  return failure->words.dsn + ' ' + text;
}

}  // namespace

bool Acceptance::is_suspect(const KnownAddress& known, const Outcome& outcome) {
  switch (outcome.fate()) {
    case Fate::undecided:
      return false;
    case Fate::lands:
      return is_refused(outcome) && !is_internal(known);
    case Fate::partly:
      return outcome.reply.has_value();
    case Fate::fails:
      return is_accepted(outcome);
  }
  return false;
}

void Acceptance::count(const Outcome& outcome) {
  switch (outcome.fate()) {
    case Fate::undecided:
      ++undecided;
      break;
    case Fate::lands:
      ++(is_refused(outcome) ? deliverable : landing);
      break;
    case Fate::partly:
      ++(is_refused(outcome) ? deliverable : undeliverable);
      break;
    case Fate::fails:
      ++(is_refused(outcome) ? refused : undeliverable);
      break;
  }
}

void Acceptance::add(const KnownAddress& known, const Outcome& outcome) {
  count(outcome);
  if (!is_suspect(known, outcome)) {
    return;
  }
  const Landing* const failure = first_failure(outcome);
  AcceptanceFinding finding;
  if (is_accepted(outcome)) {
    const bool is_wild = is_wildcard(known);
    const bool is_partly = outcome.fate() == Fate::partly && !is_wild;
    finding.id = "accepted-undeliverable";
    finding.severity = is_partly ? Severity::warning : Severity::error;
    finding.source = failure != nullptr && failure->source ? failure->source : outcome.reply_source;
    finding.message = failure_text(failure);
    finding.subject = is_wild ? "wildcard" : is_partly ? "partly" : "";
    finding.mend = is_wild ? "list the names that exist, or reject_unverified_recipient"
                           : "refuse them at RCPT, or mend what they lead to";
  } else {
    const bool is_partly = outcome.fate() == Fate::partly;
    finding.id = "deliverable-refused";
    finding.severity = is_partly ? Severity::notice : Severity::error;
    finding.source = outcome.reply_source;
    finding.message = outcome.reply->codes();
    finding.subject = is_partly ? "partly" : "";
    finding.mend = "name them in the tables that smtpd asks, such as local_recipient_maps";
  }
  const std::string cause = (finding.source ? to_string(*finding.source) : "") + '\n' +
                            finding.subject + '\n' + finding.message;
  note(finding, cause, known);
}

void Acceptance::note(const AcceptanceFinding& finding, const std::string& cause,
                      const KnownAddress& known) {
  const auto [at, is_new] = by_cause_.try_emplace({finding.id, finding.severity, cause}, finding);
  AcceptanceFinding& found = at->second;
  found.count = is_new ? 1 : found.count + 1;
  if (found.examples.size() < most_examples_) {
    found.examples.push_back(shown_form(known));
  }
}

std::string Acceptance::message_of(const AcceptanceFinding& finding) {
  const bool is_wild = finding.subject == "wildcard";
  const bool is_one = is_wild || finding.count == 1;
  std::string text =
      is_wild ? "any name at a domain" : counted(finding.count, "address", "addresses");
  text += is_one ? " is" : " are";
  if (finding.id == "accepted-undeliverable") {
    text.append(" accepted, and then bounce").append(is_one ? "s" : "");
  } else {
    text.append(" refused at RCPT (").append(finding.message).append("), though ");
    text += is_one ? "it lands" : "they land";
  }
  text += finding.subject == "partly" ? " at some destinations" : "";
  if (finding.id == "accepted-undeliverable") {
    text.append(": ").append(finding.message);
  }
  return text;
}

std::vector<AcceptanceFinding> Acceptance::findings() const {
  std::vector<AcceptanceFinding> all;
  for (const auto& [cause, finding] : by_cause_) {
    AcceptanceFinding worded = finding;
    worded.message = message_of(finding);
    worded.subject = finding.examples.empty() ? "" : finding.examples.front();
    all.push_back(std::move(worded));
  }
  std::ranges::stable_sort(all, [](const AcceptanceFinding& left, const AcceptanceFinding& right) {
    return std::pair(left.severity, left.count) > std::pair(right.severity, right.count);
  });
  return all;
}

}  // namespace lastmile
