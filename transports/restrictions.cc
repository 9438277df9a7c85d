// SPDX-License-Identifier: Apache-2.0
#include "transports/restrictions.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "aliases/text.h"
#include "transports/restriction_session.h"

namespace lastmile {
namespace {

constexpr int kMaxClasses = 100;  // That name each other.

/// What a client has been told before it names a recipient, or, with smtpd_delay_reject, together
/// with it.
Verdict read_before_recipient(RestrictionSession& session) {
  const Settings& settings = session.settings();
  Verdict verdict = session.read_list(settings.smtpd_client_restrictions, session.client_subject());
  if (verdict != Verdict::refuse) {
    verdict = session.read_list(settings.smtpd_helo_restrictions, session.helo_subject());
  }
  if (verdict == Verdict::refuse) {
    return verdict;
  }
  session.learn_sender();
  verdict = session.read_list(settings.smtpd_sender_restrictions, session.sender_subject());
  if (verdict != Verdict::refuse && settings.smtpd_reject_unlisted_sender.value &&
      !session.is_discarded()) {
    verdict = session.read({"reject_unlisted_sender"}, session.sender_subject(),
                           settings.smtpd_reject_unlisted_sender.source);
  }
  return verdict;
}

/// Reads the lists that say who may send to whom.
Verdict read_for_recipient(RestrictionSession& session) {
  const Settings& settings = session.settings();
  const bool relay_first = settings.smtpd_relay_before_recipient_restrictions.value;
  const auto& first =
      relay_first ? settings.smtpd_relay_restrictions : settings.smtpd_recipient_restrictions;
  const auto& second =
      relay_first ? settings.smtpd_recipient_restrictions : settings.smtpd_relay_restrictions;
  Verdict verdict = session.read_list(first, session.recipient_subject());
  if (verdict != Verdict::refuse) {
    verdict = session.read(second.value, session.recipient_subject(), second.source);
  }
  return verdict;
}

/// Whether a list keeps strangers from relaying. \see src/smtpd/smtpd_check.c, has_required()
bool keeps_strangers_out(const std::vector<std::string>& words, const Settings& settings,
                         int depth = 0) {
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto is_any_of = [&words, index](std::initializer_list<std::string_view> names) {
      return std::ranges::any_of(
          names, [&](std::string_view name) { return equal_ignoring_case(words[index], name); });
    };
    if (is_any_of({"warn_if_reject"})) {
      ++index;
      continue;
    }
    if (is_any_of({"permit"})) {
      return false;
    }
    const auto found = settings.restrictions_of_classes.find(words[index]);
    const bool is_class = found != settings.restrictions_of_classes.end() && depth < kMaxClasses;
    if (is_any_of({"reject_unauth_destination", "defer_unauth_destination", "reject", "defer",
                   "defer_if_permit", "check_relay_domains"}) ||
        (is_class && keeps_strangers_out(found->second, settings, depth + 1))) {
      return true;
    }
  }
  return false;
}

}  // namespace

SmtpdAnswer read_restrictions_at_mail(Configuration& smtpd, const SmtpSession& about) {
  RestrictionSession session(smtpd, about);
  read_before_recipient(session);
  return std::move(session).take_answer();
}

SmtpdAnswer read_restrictions(Configuration& smtpd, const SmtpSession& about) {
  RestrictionSession session(smtpd, about);
  const bool is_delayed = smtpd.settings().smtpd_delay_reject.value;
  if (is_delayed) {
    session.learn_sender();
    session.learn_recipient();
  }
  if (read_before_recipient(session) == Verdict::refuse) {
    return std::move(session).take_answer();
  }
  session.learn_recipient();
  Verdict verdict = read_for_recipient(session);
  if (verdict != Verdict::refuse && session.deferred_if_permit) {
    session.refuse_later();
    verdict = Verdict::refuse;
  }
  if (verdict != Verdict::refuse && smtpd.settings().smtpd_reject_unlisted_recipient.value &&
      !session.is_discarded()) {
    session.read_implied("reject_unlisted_recipient", session.recipient_subject(),
                         smtpd.settings().smtpd_reject_unlisted_recipient.source);
  }
  return std::move(session).take_answer();
}

std::optional<Error> unsafe_relaying(const Settings& smtpd) {
  if (keeps_strangers_out(smtpd.smtpd_relay_restrictions.value, smtpd) ||
      keeps_strangers_out(smtpd.smtpd_recipient_restrictions.value, smtpd)) {
    return std::nullopt;
  }
  const auto& source = smtpd.smtpd_recipient_restrictions.source
                           ? smtpd.smtpd_recipient_restrictions.source
                           : smtpd.smtpd_relay_restrictions.source;
  return misconfigured(
      "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one "
      "working instance of: reject_unauth_destination, defer_unauth_destination, reject, defer, "
      "defer_if_permit or check_relay_domains",
      source);
}

}  // namespace lastmile
