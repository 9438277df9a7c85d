// SPDX-License-Identifier: Apache-2.0
#include "local/probing/judge_answers.h"

#include <algorithm>
#include <charconv>

#include "aliases/text.h"
#include "local/explaining/known_texts.h"

namespace lastmile {
namespace {

constexpr std::string_view kMismatch = "lmtp-extension-mismatch";

bool is_taken(const DeliveryStatus& status) {
  return status.outcome == DeliveryStatus::Outcome::delivered;
}

bool is_put_off(const DeliveryStatus& status) {
  return status.outcome == DeliveryStatus::Outcome::deferred;
}

/// "host mx[/run/lmtp] said: 550 5.1.1 no (in reply to RCPT TO command)" without its frame.
std::string reply_in(const std::string& text) {
  constexpr std::string_view kSaid = " said: ";
  const std::size_t said = text.find(kSaid);
  const std::size_t frame = text.rfind(" (in reply to ");
  const std::size_t begin = said == std::string::npos ? 0 : said + kSaid.size();
  return text.substr(begin, frame == std::string::npos || frame < begin ? frame : frame - begin);
}

const std::string* find_offer(const ServerAnswers& answers, std::string_view keyword) {
  const auto found = std::ranges::find_if(answers.offers, [keyword](const std::string& offer) {
    return equal_ignoring_case(std::string_view(offer).substr(0, offer.find(' ')), keyword);
  });
  return found == answers.offers.end() ? nullptr : &*found;
}

// ---- The session.

/// Whether all recipients failed alike, and not by a reply to RCPT: there was no session for them.
bool has_no_session(const ServerAnswers& answers) {
  if (answers.statuses.empty()) {
    return false;
  }
  const std::string& first = answers.statuses.front().text;
  return std::ranges::all_of(answers.statuses, [&first](const DeliveryStatus& status) {
    return !is_taken(status) && status.text == first &&
           status.text.find("in reply to RCPT TO") == std::string::npos;
  });
}

ProbeStep no_session(const ServerAnswers& answers) {
  const DeliveryStatus& status = answers.statuses.front();
  ProbeStep step{.step = "session",
                 .verdict = is_put_off(status) ? ProbeVerdict::temporary : ProbeVerdict::wrong,
                 .text = status.text};
  if (const KnownText* known = find_known_status(status.text)) {
    step.text += known->meaning.empty() ? "" : ": " + std::string(known->meaning);
    step.mend = known->mend;
    // The first rule is the nearest.
    step.rule = split_list(known->rules).empty() ? "" : split_list(known->rules).front();
  }
  return step;
}

// ---- What it offers.

void judge_smtputf8(const ServerAnswers& answers, const Settings& settings,
                    std::vector<ProbeStep>& steps) {
  if (settings.smtputf8_enable.value && find_offer(answers, "SMTPUTF8") == nullptr) {
    steps.push_back({.step = "offer",
                     .verdict = ProbeVerdict::wrong,
                     .text = "no SMTPUTF8, but smtputf8_enable = yes: mail with addresses beyond "
                             "ASCII bounces with 5.6.7",
                     .rule = std::string(kMismatch),
                     .mend = "smtputf8_enable = no (main.cf)"});
  }
}

void judge_size(const ServerAnswers& answers, const Settings& settings,
                std::vector<ProbeStep>& steps) {
  const std::string* offer = find_offer(answers, "SIZE");
  if (offer == nullptr || offer->size() < 6) {
    return;
  }
  unsigned long long limit = 0;
  const auto read = std::from_chars(offer->data() + 5, offer->data() + offer->size(), limit);
  const auto ours = static_cast<unsigned long long>(settings.message_size_limit.value);
  if (read.ec != std::errc() || limit == 0 || (ours != 0 && ours <= limit)) {
    return;
  }
  steps.push_back({.step = "offer",
                   .verdict = ProbeVerdict::wrong,
                   .text = "SIZE " + std::to_string(limit) + " is less than message_size_limit (" +
                           (ours == 0 ? "none" : std::to_string(ours)) +
                           "): what is between the two bounces with 5.3.4",
                   .rule = std::string(kMismatch),
                   .mend = "message_size_limit = " + std::to_string(limit) +
                           " (main.cf), or a greater limit of the server"});
}

void judge_offers(const ServerAnswers& answers, const Settings& settings,
                  std::vector<ProbeStep>& steps) {
  if (!answers.has_greeted) {
    return;
  }
  std::vector<std::string> names;
  for (const std::string& offer : answers.offers) {
    names.push_back(offer);
  }
  steps.push_back({.step = "offer", .text = names.empty() ? "no extension" : comma_list(names)});
  judge_smtputf8(answers, settings, steps);
  judge_size(answers, settings, steps);
}

// ---- Recipients.

bool is_full(const DeliveryStatus& status) {
  return to_string(status.code).ends_with(".2.2");
}

void judge_known(const DeliveryStatus& status, ProbeStep& step) {
  if (is_taken(status)) {
    return;
  }
  if (is_put_off(status)) {
    step.verdict = ProbeVerdict::temporary;
    step.text += is_full(status) ? ": the mailbox is full, and mail waits" : ": mail waits";
    return;
  }
  step.verdict = ProbeVerdict::wrong;
  if (is_full(status)) {
    step.text += ": the mailbox is full, and mail bounces";
    step.mend = "a server that says 452 4.2.2 lets mail wait (Dovecot: quota_full_tempfail = yes)";
    return;
  }
  step.text += ": Postfix sends mail there, and it bounces";
  step.mend = "make the mailbox there, or take the name out of the tables here";
}

void judge_extension(const DeliveryStatus& status, const DeliveryStatus& base, ProbeStep& step) {
  if (is_taken(status) || !is_taken(base)) {
    return;
  }
  step.verdict = is_put_off(status) ? ProbeVerdict::temporary : ProbeVerdict::wrong;
  step.rule = kMismatch;
  step.text += ": Postfix keeps the extension, and the server does not know it";
  step.mend =
      "the same recipient_delimiter there (Dovecot: recipient_delimiter; Cyrus: it is always +, "
      "and "
      "wants the right `p` for anyone), or none here";
}

void judge_capitals(const DeliveryStatus& status, const DeliveryStatus& base, ProbeStep& step) {
  if (is_taken(status) || !is_taken(base)) {
    return;
  }
  step.verdict = is_put_off(status) ? ProbeVerdict::temporary : ProbeVerdict::wrong;
  step.rule = kMismatch;
  step.text += ": the server tells capitals from small letters";
  step.mend =
      "names in small letters there (Dovecot: auth_username_format = %Lu; Cyrus: "
      "username_tolower, lmtp_downcase_rcpt)";
}

void judge_nobody(const DeliveryStatus& status, ProbeStep& step) {
  if (is_taken(status)) {
    step.text += ": the server takes any name, so that mail for nobody is kept or bounces later";
    step.verdict = ProbeVerdict::temporary;
    step.mend =
        "refuse unknown names there, or list the known ones here (local_recipient_maps, "
        "virtual_mailbox_maps)";
  } else if (is_put_off(status)) {
    step.text += ": mail for a name that nobody has waits for days";
    step.verdict = ProbeVerdict::temporary;
    step.mend = "the server should say 550 5.1.1 to unknown names";
  } else {
    step.text += ": unknown names are refused at RCPT";
  }
}

}  // namespace

std::string_view name_of(ProbeVerdict verdict) {
  switch (verdict) {
    case ProbeVerdict::fine:
      return "ok";
    case ProbeVerdict::temporary:
      return "temporary";
    case ProbeVerdict::wrong:
      break;
  }
  return "wrong";
}

std::vector<ProbeStep> judge_answers(const std::vector<AskedRecipient>& asked,
                                     const ServerAnswers& answers, const Settings& settings) {
  std::vector<ProbeStep> steps;
  judge_offers(answers, settings, steps);
  if (has_no_session(answers)) {
    steps.push_back(no_session(answers));
    return steps;
  }
  for (std::size_t i = 0; i < asked.size() && i < answers.statuses.size(); ++i) {
    const DeliveryStatus& status = answers.statuses[i];
    const DeliveryStatus& base = answers.statuses[std::min(asked[i].of, i)];
    ProbeStep step{.step = "recipient",
                   .subject = to_external(asked[i].address),
                   .text = reply_in(status.text)};
    switch (asked[i].question) {
      case Question::known:
        judge_known(status, step);
        break;
      case Question::extension:
        judge_extension(status, base, step);
        break;
      case Question::capitals:
        judge_capitals(status, base, step);
        break;
      case Question::nobody:
        judge_nobody(status, step);
        break;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

ProbeVerdict worst_of(const std::vector<ProbeStep>& steps) {
  ProbeVerdict worst = ProbeVerdict::fine;
  for (const ProbeStep& step : steps) {
    worst = std::max(worst, step.verdict);
  }
  return worst;
}

}  // namespace lastmile
