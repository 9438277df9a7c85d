// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"
#include "transports/canonical.h"
#include "transports/content_checks.h"
#include "transports/content_filter.h"
#include "transports/entry_services.h"
#include "transports/recipient_check.h"
#include "transports/rewrite.h"

namespace lastmile {

namespace {

/// Whether smtpd takes the recipient for no address of RFC 821, which is one in brackets alone and
/// has a local part. \see postconf(5), strict_rfc821_envelopes
bool is_too_lax(const Pass& pass, const Recipient& recipient) {
  return pass.path.entry->settings().strict_rfc821_envelopes.value &&
         (!recipient.is_bare || to_internal(recipient.address).starts_with('@'));
}

/// What smtpd(8) is told, and by whom. It knows no canonical maps: the sender is as it was given.
SmtpSession session_of(Pass& pass, const Address& recipient) {
  return {.client = pass.client,
          .sender = pass.client_sender,
          .recipient = recipient,
          .verify = [&pass](const Address& address) { return verify_address(pass, address); }};
}

RecipientCheck recipient_check(Pass& pass, const Recipient& recipient) {
  Configuration& smtpd = *pass.path.entry;
  if (const auto failure = smtpd.settings().failure_of(Daemon::smtpd)) {
    return no_smtpd(*failure);
  }
  SmtpSession session = session_of(pass, recipient.address);
  session.is_too_lax = is_too_lax(pass, recipient);
  return check_recipient(smtpd, session);
}

/// Why an address with an extension is refused whose user is known: the usual mistake.
void note_missing_delimiter(Pass& pass, NodeId parent, const Address& address) {
  const Settings& settings = pass.path.entry->settings();
  const std::size_t end = address.local_part.find_first_of("+-", 1);
  if (end == std::string::npos ||
      settings.recipient_delimiter.value.find(address.local_part[end]) != std::string::npos) {
    return;
  }
  const Address user = {address.local_part.substr(0, end), address.domain};
  if (check_recipient(*pass.path.entry, session_of(pass, user)).reply_code < 400) {
    add_note(pass.run.trace, parent,
             to_external(user) + " would be accepted: recipient_delimiter has no '" +
                 address.local_part[end] + "'",
             settings.recipient_delimiter.source);
  }
}

/// What a restriction answered: the one that decided, those that were not asked, or, where the
/// request wants them, all.
void add_restrictions(Pass& pass, NodeId parent, const RecipientCheck& check) {
  for (const RestrictionStep& step : check.steps) {
    if (pass.run.request.shows_restrictions || step.decides || !step.is_asked) {
      TraceNode node{.step = Step::restriction,
                     .subject = step.is_asked ? step.restriction : "not asked",
                     .detail = step.is_asked ? step.answer : step.restriction,
                     .source = step.source};
      pass.run.trace.add(parent, node);
    }
  }
}

/// ", unless check_policy_service inet:127.0.0.1:10023 decides otherwise".
std::string reservations(const RecipientCheck& check) {
  std::string text;
  for (const std::string& restriction : check.unless) {
    text += (text.empty() ? ", unless " : " or ") + restriction;
  }
  return text.empty() ? text : text + " decides otherwise";
}

NodeId add_check_node(Pass& pass, NodeId parent, const RecipientCheck& check) {
  const NodeId id = pass.run.trace.add(parent, {.step = Step::recipient_check,
                                                .subject = "RCPT",
                                                .detail = to_string(check) + reservations(check),
                                                .source = check.source});
  show_misses(pass.run, id, check.reply_code >= 400 ? MissedSo::is_refused : MissedSo::goes_on);
  return id;
}

/// A recipient that smtpd(8) does not take.
void add_refusal(Pass& pass, NodeId parent, const Recipient& recipient,
                 const RecipientCheck& check) {
  const Destination refusal = check.reply_code < 500
                                  ? Destination(Defer{check.status, check.text})
                                  : Destination(Bounce{check.status, check.text});
  add_leaf_of(pass, parent, expansion_of(pass, recipient), "smtpd", refusal, check.source,
              check.decided_by);
}

/// What smtpd would answer; in Stage::smtp a refusal is the end.
Handled add_recipient_check(Pass& pass, NodeId parent, const Recipient& recipient) {
  if (!answers_recipients(pass)) {
    return Handled::no;
  }
  begin_misses(pass.run);
  const RecipientCheck check = recipient_check(pass, recipient);
  const NodeId id = add_check_node(pass, parent, check);
  pass.actions = check.actions;
  if (check.reply_code >= 400) {
    note_missing_delimiter(pass, id, recipient.address);
  }
  if (!check.key.empty()) {
    TraceNode entry{.step = Step::recipient_check, .subject = check.decided_by + ' ' + check.key};
    pass.run.trace.add(id, entry);
  }
  add_restrictions(pass, id, check);
  if (pass.run.request.stage != Stage::smtp || check.reply_code < 400) {
    return Handled::no;
  }
  add_refusal(pass, id, recipient, check);
  return Handled::yes;
}

/// What smtpd(8) refuses a filter comes back to who handed it to the filter.
Handled refuse_filter(Pass& pass, NodeId parent, const Recipient& recipient) {
  if (!answers_recipients(pass)) {
    return Handled::no;
  }
  begin_misses(pass.run);
  const RecipientCheck check = recipient_check(pass, recipient);
  pass.actions = check.actions;
  if (check.reply_code < 400) {
    return Handled::no;
  }
  const NodeId id = add_check_node(pass, parent, check);
  add_restrictions(pass, id, check);
  add_refusal(pass, id, recipient, check);
  return Handled::yes;
}

/// What access tables want done with a message that is taken: DISCARD and HOLD are its end, the
/// others change its way. \see access(5), OTHER ACTIONS
Handled take_actions(Pass& pass, NodeId parent, const Recipient& recipient) {
  const MessageActions& actions = pass.actions;
  const Expansion expansion = expansion_of(pass, recipient);
  if (actions.discard) {
    add_leaf_of(pass, parent, expansion, "cleanup", Discard{"2.0.0"_dsn, actions.discard->value},
                actions.discard->source, "DISCARD by " + actions.discard->by);
    return Handled::yes;
  }
  if (actions.hold) {
    add_leaf_of(pass, parent, expansion, "cleanup", Defer{"4.0.0"_dsn, "placed on hold"},
                actions.hold->source, "HOLD by " + actions.hold->by);
    return Handled::yes;
  }
  for (const auto& copy : actions.copies) {
    add_copy(pass, parent, "BCC by " + copy.by, copy.value, copy.source);
  }
  if (actions.filter) {
    pass.filter = ContentFilter{ContentFilter::Kind::after_queue, actions.filter->value,
                                "FILTER by " + actions.filter->by, actions.filter->source};
  }
  return Handled::no;
}

/// What header_checks and its kin say of the message comes behind what access tables said, and has
/// the last word.
Handled take_content(Pass& pass, NodeId parent, const Recipient& recipient) {
  Configuration& cleanup = *pass.path.cleanup;
  const auto& content = pass.run.request.content;
  const auto& overridden = pass.path.entry->settings().receive_override_options.value;
  if (content == nullptr || overridden.contains("no_header_body_checks") ||
      !has_content_checks(cleanup.settings())) {
    return Handled::no;
  }
  auto checked = check_content(cleanup, *content);
  if (!checked) {
    add_cleanup_failure(pass, parent, recipient, checked.error());
    return Handled::yes;
  }
  for (const ContentMatch& match : checked->matches) {
    pass.run.trace.add(parent, {.step = Step::restriction,
                                .subject = match.parameter + ' ' + printable(match.line),
                                .detail = match.value,
                                .source = match.source});
  }
  if (checked->skips_parts && !cleanup.settings().body_checks.value.empty()) {
    add_note(pass.run.trace, parent, "body_checks is not followed in a message of several parts",
             cleanup.settings().body_checks.source);
  }
  if (checked->rejection) {
    // A client is told at the end of the message.
    add_leaf_of(pass, parent, expansion_of(pass, recipient),
                answers_recipients(pass) ? "smtpd" : "cleanup",
                Bounce{"5.7.1"_dsn, *checked->rejection}, checked->matches.back().source,
                checked->matches.back().parameter);
    return Handled::yes;
  }
  MessageActions& actions = pass.actions;
  MessageActions& more = checked->actions;
  actions.discard = more.discard ? std::move(more.discard) : std::move(actions.discard);
  actions.hold = more.hold ? std::move(more.hold) : std::move(actions.hold);
  actions.filter = more.filter ? std::move(more.filter) : std::move(actions.filter);
  actions.redirect = more.redirect ? std::move(more.redirect) : std::move(actions.redirect);
  actions.copies.insert(actions.copies.end(), more.copies.begin(), more.copies.end());
  return Handled::no;
}

/// What has been taken in goes through a filter before the queue, or to cleanup(8).
void hand_to_cleanup(Pass& pass, NodeId parent, const Recipient& recipient) {
  if (pass_proxy_filter(pass, parent, recipient) == Handled::yes) {
    return;
  }
  const auto& hops = pass.path.cleanup->settings().hopcount_limit;
  // One more than it has: who accepts a message puts a Received: line of its own above it.
  if (pass.run.request.received_headers + 1 >= hops.value) {
    add_leaf_of(pass, parent, expansion_of(pass, recipient), "cleanup",
                Bounce{"5.4.0"_dsn, "too many hops"}, hops.source, "hopcount_limit");
  } else if (pass.path.failure) {
    add_cleanup_failure(pass, parent, recipient, *pass.path.failure);
  } else if (pass.sender_failure) {
    add_cleanup_failure(pass, parent, recipient, *pass.sender_failure);
  } else {
    pass.filter = content_filter_of(pass.path.entry->settings());
    if (take_content(pass, parent, recipient) == Handled::no &&
        take_actions(pass, parent, recipient) == Handled::no) {
      expand_virtual(pass, parent, recipient);
    }
  }
}

}  // namespace

bool answers_recipients(const Pass& pass) {
  return pass.entry == nullptr || entry_kind(*pass.entry) == EntryKind::smtpd;
}

void enter_queue(Pass& pass, NodeId parent, const Recipient& recipient) {
  if (add_recipient_check(pass, parent, recipient) == Handled::no) {
    hand_to_cleanup(pass, parent, recipient);
  }
}

void reenter_queue(Pass& pass, NodeId parent, const Recipient& recipient) {
  if (refuse_filter(pass, parent, recipient) == Handled::yes) {
    return;
  }
  auto sender = canonical_sender(*pass.path.cleanup, pass.path.entry->settings(),
                                 pass.client_sender, MessageOrigin::outside);
  if (sender) {
    pass.sender = *std::move(sender);
  } else {
    pass.sender_failure = std::move(sender).error();
  }
  hand_to_cleanup(pass, parent, recipient);
}

}  // namespace lastmile
