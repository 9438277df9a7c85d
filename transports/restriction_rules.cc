// SPDX-License-Identifier: Apache-2.0
#include "transports/restriction_rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "aliases/text.h"
#include "transports/access_table.h"
#include "transports/address_class.h"
#include "transports/address_lookup.h"
#include "transports/domain_syntax.h"
#include "transports/recipient_check.h"
#include "transports/rewrite.h"

namespace lastmile {
namespace {

using Session = RestrictionSession;
using Subject = RestrictionSession::Subject;
using Argument = RestrictionRule::Argument;

constexpr int kTryLater = 450;
constexpr int kNotOwner = 553;
constexpr int kHundred = 100;
constexpr int kPermanent = 500;

int code_of(const Setting<long>& setting) {
  return static_cast<int>(setting.value);
}

Verdict nothing(Session& /*session*/, const std::string& /*argument*/, const Subject& /*subject*/) {
  return Verdict::nothing;
}

// ---- What needs nobody to be asked.

Verdict permit(Session& /*session*/, const std::string& /*argument*/, const Subject& /*subject*/) {
  return Verdict::permit;
}

Verdict reject(Session& session, const std::string& /*argument*/, const Subject& subject) {
  return session.refuse(code_of(session.settings().reject_code), "5.7.1"_dsn, subject,
                        "Access denied");
}

Verdict defer(Session& session, const std::string& /*argument*/, const Subject& subject) {
  return session.refuse(code_of(session.settings().defer_code), "4.3.2"_dsn, subject,
                        "Try again later");
}

Verdict defer_if_permit(Session& session, const std::string& /*argument*/, const Subject& subject) {
  session.defer_if_permit(kTryLater, "4.7.0"_dsn, subject, "defer_if_permit requested");
  return Verdict::nothing;
}

Verdict defer_if_reject(Session& session, const std::string& /*argument*/, const Subject& subject) {
  session.defer_if_reject(kTryLater, "4.7.0"_dsn, subject, "defer_if_reject requested");
  return Verdict::nothing;
}

Verdict reject_plaintext(Session& session, const std::string& /*argument*/,
                         const Subject& /*subject*/) {
  return session.client().tls ? Verdict::nothing
                              : session.refuse(code_of(session.settings().plaintext_reject_code),
                                               "4.7.1"_dsn, "Session encryption is required");
}

// ---- The client.

Verdict permit_mynetworks(Session& session, const std::string& /*argument*/,
                          const Subject& /*subject*/) {
  const auto contained =
      session.smtpd().client_networks().contains(session.client().name, session.client().address);
  if (!contained) {
    return session.fail(contained.error());
  }
  return *contained == Match::yes ? Verdict::permit : Verdict::nothing;
}

Verdict permit_inet_interfaces(Session& session, const std::string& /*argument*/,
                               const Subject& /*subject*/) {
  if (session.client().address.empty()) {
    return Verdict::nothing;
  }
  const auto own = is_local_domain(session.smtpd(), '[' + session.client().address + ']');
  return own && *own == Match::yes ? Verdict::permit : Verdict::nothing;
}

Verdict permit_sasl(Session& session, const std::string& /*argument*/, const Subject& /*subject*/) {
  const bool is_known =
      session.settings().smtpd_sasl_auth_enable.value && !session.client().user.empty();
  return is_known ? Verdict::permit : Verdict::nothing;
}

/// Of a client that somebody names it is known that its name leads to it.
Verdict reject_unknown_client(Session& session, const std::string& /*argument*/,
                              const Subject& /*subject*/) {
  if (session.client().is_nameless) {
    return session.refuse(
        code_of(session.settings().unknown_client_reject_code), "4.7.25"_dsn,
        "Client host rejected: cannot find your hostname, [" + session.client().address + ']');
  }
  if (session.client().name == "unknown") {
    session.not_asked();
  }
  return Verdict::nothing;
}

/// A name that does not lead back to the client is a name all the same.
Verdict reject_unknown_reverse(Session& session, const std::string& /*argument*/,
                               const Subject& /*subject*/) {
  if (session.client().name == "unknown") {
    session.not_asked();
  }
  return Verdict::nothing;
}

// ---- HELO

Verdict reject_bad_literal(Session& session, const std::string& literal) {
  const bool is_good = literal_address(literal).has_value();
  return is_good
             ? Verdict::nothing
             : session.refuse(code_of(session.settings().invalid_hostname_reject_code), "5.5.2"_dsn,
                              '<' + literal + ">: Helo command rejected: invalid ip address");
}

/// An address literal is judged as one, and any other name by `is_good`, without a dot at its end.
/// \param fault  what is said of a name that is not good
Verdict reject_helo_unless(Session& session, bool (*is_good)(const std::string& name),
                           const Setting<long>& reject_code, std::string_view fault) {
  const std::string& helo = session.client().helo;
  if (helo.empty()) {
    return Verdict::nothing;
  }
  if (helo.starts_with('[')) {
    return reject_bad_literal(session, helo);
  }
  std::string name = helo;
  strip_trailing_dot(name);
  return is_good(name)
             ? Verdict::nothing
             : session.refuse(code_of(reject_code), "5.5.2"_dsn,
                              '<' + helo + ">: Helo command rejected: " + std::string(fault));
}

Verdict reject_invalid_helo(Session& session, const std::string& /*argument*/,
                            const Subject& /*subject*/) {
  const auto is_good = [](const std::string& name) {
    return is_valid_host_name(name) || canonical_ip_address(name);
  };
  return reject_helo_unless(session, is_good, session.settings().invalid_hostname_reject_code,
                            "Invalid name");
}

Verdict reject_short_helo(Session& session, const std::string& /*argument*/,
                          const Subject& /*subject*/) {
  const auto is_good = [](const std::string& name) {
    return is_valid_host_name(name) && name.find('.') != std::string::npos;
  };
  return reject_helo_unless(session, is_good, session.settings().non_fqdn_reject_code,
                            "need fully-qualified hostname");
}

// ---- Addresses.

Verdict reject_short_address(Session& session, const Address& address, const Subject& subject) {
  std::string domain = address.domain;
  if (domain.size() > 1 && domain.starts_with('[') && domain.ends_with(']')) {
    return Verdict::nothing;
  }
  if (domain.ends_with('.')) {
    domain.pop_back();
  }
  const bool is_good = is_valid_host_name(domain) && domain.find('.') != std::string::npos;
  return is_good ? Verdict::nothing
                 : session.refuse(code_of(session.settings().non_fqdn_reject_code), "5.5.2"_dsn,
                                  subject, "need fully-qualified address");
}

Verdict reject_short_sender(Session& session, const std::string& /*argument*/,
                            const Subject& /*subject*/) {
  return session.has_sender()
             ? reject_short_address(session, session.session().sender, session.sender_subject())
             : Verdict::nothing;
}

Verdict reject_short_recipient(Session& session, const std::string& /*argument*/,
                               const Subject& /*subject*/) {
  return session.has_recipient() ? reject_short_address(session, session.session().recipient,
                                                        session.recipient_subject())
                                 : Verdict::nothing;
}

/// Whether mail for a domain ends here, by the class of its addresses.
bool is_final(const Route& route) {
  return route.address_class == AddressClass::local ||
         route.address_class == AddressClass::virtual_alias ||
         route.address_class == AddressClass::virtual_mailbox;
}

/// A domain that is somebody else's, whose DNS would be asked.
Verdict reject_unknown_domain(Session& session, const Address& address) {
  const auto& route = session.route_of(address);
  if (!route) {
    return session.cannot_look_up(address, route.error());
  }
  if (!is_final(*route) && !route->recipient.domain.starts_with('[')) {
    session.not_asked();
  }
  return Verdict::nothing;
}

Verdict reject_unknown_sender_domain(Session& session, const std::string& /*argument*/,
                                     const Subject& /*subject*/) {
  return session.has_sender() ? reject_unknown_domain(session, session.session().sender)
                              : Verdict::nothing;
}

Verdict reject_unknown_recipient_domain(Session& session, const std::string& /*argument*/,
                                        const Subject& /*subject*/) {
  return session.has_recipient() ? reject_unknown_domain(session, session.session().recipient)
                                 : Verdict::nothing;
}

// ---- Whose mail is taken.

/// Whether the local part asks for a way of its own. \see postconf(5), allow_untrusted_routing
bool is_routed(const Route& route, const Settings& settings) {
  const std::string& local_part = route.recipient.local_part;
  const auto has = [&local_part](char octet) {
    return local_part.find(octet) != std::string::npos;
  };
  return has('@') || (has('%') && settings.allow_percent_hack.value) ||
         (has('!') && settings.swap_bangpath.value);
}

/// \return nullopt after a failure, which has been answered
std::optional<bool> is_authorized(Session& session, Verdict& verdict) {
  const Address& recipient = session.session().recipient;
  const auto& route = session.route_of(recipient);
  if (!route) {
    verdict = session.cannot_look_up(recipient, route.error());
    return std::nullopt;
  }
  if (!session.settings().allow_untrusted_routing.value &&
      is_routed(*route, session.smtpd().rewriting().settings())) {
    return false;
  }
  return is_final(*route) || route->address_class == AddressClass::relay;
}

Verdict permit_authorized(Session& session, const std::string& /*argument*/,
                          const Subject& /*subject*/) {
  Verdict verdict = Verdict::nothing;
  if (session.has_recipient() && is_authorized(session, verdict).value_or(false)) {
    return Verdict::permit;
  }
  return verdict;
}

Verdict permit_mx_backup(Session& session, const std::string& argument, const Subject& subject) {
  const Verdict verdict = permit_authorized(session, argument, subject);
  if (verdict == Verdict::nothing && session.has_recipient() &&
      !session.session().recipient.domain.starts_with('[')) {
    session.not_asked();
  }
  return verdict;
}

Verdict refuse_unauthorized(Session& session, int code, EnhancedStatus status) {
  Verdict verdict = Verdict::nothing;
  if (!session.has_recipient() || is_authorized(session, verdict).value_or(true)) {
    return verdict;
  }
  return session.refuse(code, status,
                        '<' + to_internal(session.session().recipient) + ">: Relay access denied");
}

Verdict reject_unauthorized(Session& session, const std::string& /*argument*/,
                            const Subject& /*subject*/) {
  return refuse_unauthorized(session, code_of(session.settings().relay_domains_reject_code),
                             "5.7.1"_dsn);
}

/// What reject_unauth_destination once was.
Verdict permit_or_reject_unauthorized(Session& session, const std::string& argument,
                                      const Subject& subject) {
  if (!session.has_recipient()) {
    return Verdict::nothing;
  }
  const Verdict verdict = permit_authorized(session, argument, subject);
  return verdict == Verdict::nothing
             ? session.refuse(code_of(session.settings().relay_domains_reject_code), "5.7.1"_dsn,
                              subject, "Relay access denied")
             : verdict;
}

Verdict defer_unauthorized(Session& session, const std::string& /*argument*/,
                           const Subject& /*subject*/) {
  return refuse_unauthorized(
      session, code_of(session.settings().relay_domains_reject_code) - kHundred, "4.7.1"_dsn);
}

// ---- Who is known.

/// \param checked  whether the same was asked before
Verdict reject_unlisted(Session& session, const Address& address, ListedAs side, bool& checked) {
  if (checked) {
    return Verdict::nothing;
  }
  checked = !session.is_warning();
  const RecipientCheck check =
      check_listing(session.smtpd(), address, session.route_of(address), side);
  if (side == ListedAs::recipient) {
    session.listing = ListedBy{check.decided_by, check.key, check.source};
  }
  if (check.reply_code < kHundred * 4) {
    return Verdict::nothing;
  }
  session.answer(check.decided_by, check.source);
  const bool cannot_say = check.status == "4.3.0"_dsn;
  return cannot_say ? session.refuse_anyway(check.reply_code, check.status, check.text)
                    : session.refuse(check.reply_code, check.status, check.text);
}

Verdict reject_unlisted_recipient(Session& session, const std::string& /*argument*/,
                                  const Subject& /*subject*/) {
  return session.has_recipient() ? reject_unlisted(session, session.session().recipient,
                                                   ListedAs::recipient, session.recipient_checked)
                                 : Verdict::nothing;
}

Verdict reject_unlisted_sender(Session& session, const std::string& /*argument*/,
                               const Subject& /*subject*/) {
  return session.has_sender() ? reject_unlisted(session, session.session().sender, ListedAs::sender,
                                                session.sender_checked)
                              : Verdict::nothing;
}

/// What of a probe is told, and how.
struct VerificationReplies {
  const Setting<long>& undeliverable;
  const Setting<long>& deferred;
  const Setting<std::string>& reason;
  EnhancedStatus status;
};

Verdict reject_unverified(Session& session, const Address& address, const Subject& subject,
                          const VerificationReplies& replies) {
  if (!session.session().verify) {
    session.not_asked();
    return Verdict::nothing;
  }
  const Verification found = session.session().verify(address);
  const std::string& reason = replies.reason.value.empty() ? found.text : replies.reason.value;
  switch (found.result) {
    case Verification::Result::deliverable:
      return Verdict::nothing;
    case Verification::Result::undeliverable:
      // Who may come again is not told that it is in vain.
      return session.refuse(
          code_of(replies.undeliverable), replies.status, subject,
          (code_of(replies.undeliverable) < kPermanent ? "unverified address: "
                                                       : "undeliverable address: ") +
              reason);
    case Verification::Result::deferred:
      return session.refuse(code_of(replies.deferred), replies.status, subject,
                            "unverified address: " + reason);
    case Verification::Result::not_known:
      break;
  }
  session.not_asked();
  return Verdict::nothing;
}

Verdict reject_unverified_recipient(Session& session, const std::string& /*argument*/,
                                    const Subject& /*subject*/) {
  const Settings& settings = session.settings();
  return !session.has_recipient()
             ? Verdict::nothing
             : reject_unverified(session, session.session().recipient, session.recipient_subject(),
                                 {settings.unverified_recipient_reject_code,
                                  settings.unverified_recipient_defer_code,
                                  settings.unverified_recipient_reject_reason, "4.1.1"_dsn});
}

Verdict reject_unverified_sender(Session& session, const std::string& /*argument*/,
                                 const Subject& /*subject*/) {
  const Settings& settings = session.settings();
  return !session.has_sender()
             ? Verdict::nothing
             : reject_unverified(
                   session, session.session().sender, session.sender_subject(),
                   {settings.unverified_sender_reject_code, settings.unverified_sender_defer_code,
                    settings.unverified_sender_reject_reason, "4.1.7"_dsn});
}

// ---- Who may use which sender address.

enum class UnknownSender { may_be_used, may_not };

Verdict reject_foreign_sender(Session& session, UnknownSender unknown) {
  const std::string& user = session.client().user;
  const Settings& settings = session.settings();
  if (!settings.smtpd_sasl_auth_enable.value || !session.has_sender() || user.empty()) {
    return Verdict::nothing;
  }
  const Address& sender = session.session().sender;
  const auto& route = session.route_of(sender);
  if (!route) {
    return session.cannot_look_up(sender, route.error());
  }
  const auto owners =
      find_address(session.smtpd(), session.smtpd().tables(&Settings::smtpd_sender_login_maps),
                   route->recipient);
  if (!owners) {
    return session.cannot_look_up(sender, owners.error());
  }
  if (!*owners && unknown == UnknownSender::may_be_used) {
    return Verdict::nothing;
  }
  const auto names =
      *owners ? split_list((*owners)->hit.entry.value) : std::vector<std::string_view>();
  const bool is_own = std::ranges::any_of(
      names, [&user](std::string_view name) { return equal_ignoring_case(name, user); });
  return is_own ? Verdict::nothing
                : session.refuse(kNotOwner, "5.7.1"_dsn,
                                 '<' + to_internal(sender) +
                                     ">: Sender address rejected: not owned by user " + user);
}

Verdict reject_owned_sender(Session& session) {
  const Settings& settings = session.settings();
  if (!settings.smtpd_sasl_auth_enable.value || !session.has_sender() ||
      !session.client().user.empty()) {
    return Verdict::nothing;
  }
  const Address& sender = session.session().sender;
  const auto& route = session.route_of(sender);
  if (!route) {
    return session.cannot_look_up(sender, route.error());
  }
  const auto owners =
      find_address(session.smtpd(), session.smtpd().tables(&Settings::smtpd_sender_login_maps),
                   route->recipient);
  if (!owners) {
    return session.cannot_look_up(sender, owners.error());
  }
  return !*owners ? Verdict::nothing
                  : session.refuse(
                        kNotOwner, "5.7.1"_dsn,
                        '<' + to_internal(sender) + ">: Sender address rejected: not logged in");
}

Verdict reject_login_mismatch(Session& session, const std::string& /*argument*/,
                              const Subject& /*subject*/) {
  const Verdict verdict = reject_foreign_sender(session, UnknownSender::may_not);
  return verdict == Verdict::nothing ? reject_owned_sender(session) : verdict;
}

Verdict reject_known_login_mismatch(Session& session, const std::string& /*argument*/,
                                    const Subject& /*subject*/) {
  const Verdict verdict = reject_foreign_sender(session, UnknownSender::may_be_used);
  return verdict == Verdict::nothing ? reject_owned_sender(session) : verdict;
}

Verdict reject_authenticated_login_mismatch(Session& session, const std::string& /*argument*/,
                                            const Subject& /*subject*/) {
  return reject_foreign_sender(session, UnknownSender::may_not);
}

Verdict reject_unauthenticated_login_mismatch(Session& session, const std::string& /*argument*/,
                                              const Subject& /*subject*/) {
  return reject_owned_sender(session);
}

// ---- Access tables.

/// What was asked, for those who come across it later.
template <class T>
Instructed<T> instructed(T value, const std::string& table, const AccessHit& found) {
  return {std::move(value), table, source_of(found.hit)};
}

/// The actions that do not decide.
Verdict take_note(Session& session, const AccessAction& action, const std::string& table,
                  const AccessHit& found) {
  MessageActions& actions = session.actions();
  // With a filter before the queue there is no message of which cleanup(8) could be told anything.
  if (!session.settings().smtpd_proxy_filter.value.empty()) {
    return Verdict::nothing;
  }
  switch (action.kind) {
    case AccessAction::Kind::filter:
      actions.filter = instructed(action.text, table, found);
      return Verdict::nothing;
    case AccessAction::Kind::redirect:
      actions.redirect = instructed(split_address(action.text), table, found);
      return Verdict::nothing;
    case AccessAction::Kind::copy:
      actions.copies.push_back(instructed(split_address(action.text), table, found));
      return Verdict::nothing;
    case AccessAction::Kind::hold:
      actions.hold = instructed(action.text, table, found);
      return Verdict::nothing;
    case AccessAction::Kind::discard:
      actions.discard = instructed(action.text, table, found);
      return Verdict::permit;
    default:
      return Verdict::nothing;
  }
}

std::string text_or(const AccessAction& action, std::string_view otherwise) {
  return action.text.empty() ? std::string(otherwise) : action.text;
}

Verdict act(Session& session, const std::string& table, const AccessHit& found,
            const Subject& subject) {
  const Settings& settings = session.settings();
  const AccessAction action = parse_access_action(found.hit.entry.value);
  session.answer(found.hit.entry.value + " for " + found.key, source_of(found.hit));
  const int reject_code = code_of(settings.access_map_reject_code);
  const int defer_code = code_of(settings.access_map_defer_code);
  switch (action.kind) {
    case AccessAction::Kind::permit:
      return Verdict::permit;
    case AccessAction::Kind::refuse:
      return session.refuse(action.code, action.status.value_or("5.7.1"_dsn), subject,
                            text_or(action, "Access denied"));
    case AccessAction::Kind::reject:
      return session.refuse(reject_code, action.status.value_or("5.7.1"_dsn), subject,
                            text_or(action, "Access denied"));
    case AccessAction::Kind::defer:
      return session.refuse(defer_code, action.status.value_or("4.7.1"_dsn), subject,
                            text_or(action, "Access denied"));
    case AccessAction::Kind::defer_if_permit:
      session.defer_if_permit(defer_code, action.status.value_or("4.7.1"_dsn), subject,
                              text_or(action, "Service unavailable"));
      return Verdict::nothing;
    case AccessAction::Kind::defer_if_reject:
      session.defer_if_reject(defer_code, action.status.value_or("4.7.1"_dsn), subject,
                              text_or(action, "Service unavailable"));
      return Verdict::nothing;
    case AccessAction::Kind::restrictions: {
      if (action.text.find(':') != std::string::npos) {
        return session.fail(misconfigured("a table cannot name another one (" + action.text +
                                              "): it takes a class of restrictions",
                                          source_of(found.hit)));
      }
      const auto words = split_list(action.text, Braces::protect);
      return session.read({words.begin(), words.end()}, subject, source_of(found.hit));
    }
    default:
      return take_note(session, action, table, found);
  }
}

ParentKeys access_parents(const Session& session) {
  return parent_style(session.settings(), "smtpd_access_maps") == MatchStyle::parent_domains
             ? ParentKeys::plain
             : ParentKeys::with_dot;
}

/// Asks a table by some keys, and does what it says.
Verdict check_access(Session& session, const std::string& table,
                     const std::vector<AddressKey>& keys, const Subject& subject) {
  const auto spec = parse_table_spec(table);
  if (!spec) {
    return session.fail(spec.error());
  }
  const auto found = find_access(session.smtpd().table(*spec), keys);
  if (!found) {
    // What cannot be asked is as if it refused.
    constexpr int kServerError = 451;
    session.answer(found.error().message(), found.error().source);
    return session.refuse(kServerError, "4.3.5"_dsn, subject, "Server configuration error");
  }
  if (!*found) {
    session.answer("no entry");
    return Verdict::nothing;
  }
  return act(session, to_string(*spec), **found, subject);
}

Verdict check_client(Session& session, const std::string& table, const Subject& /*subject*/) {
  auto keys = host_name_keys(session.client().name, access_parents(session));
  const auto of_address = host_address_keys(session.client().address);
  keys.insert(keys.end(), of_address.begin(), of_address.end());
  return check_access(session, table, keys, session.client_subject());
}

Verdict check_helo(Session& session, const std::string& table, const Subject& /*subject*/) {
  return session.client().helo.empty()
             ? Verdict::nothing
             : check_access(session, table,
                            host_name_keys(session.client().helo, access_parents(session)),
                            session.helo_subject());
}

Verdict check_mail_address(Session& session, const std::string& table, const Address& address,
                           const Subject& subject) {
  const auto& route = session.route_of(address);
  if (!route) {
    return session.cannot_look_up(address, route.error());
  }
  return check_access(
      session, table,
      mail_address_keys(fold_case(session.settings(), route->recipient),
                        session.settings().extension_rules, access_parents(session)),
      subject);
}

Verdict check_sender(Session& session, const std::string& table, const Subject& /*subject*/) {
  if (session.has_null_sender()) {
    return check_access(session, table,
                        {{session.settings().smtpd_null_access_lookup_key.value, KeyUse::whole,
                          AddressKey::Form::address}},
                        session.sender_subject());
  }
  return session.has_sender() ? check_mail_address(session, table, session.session().sender,
                                                   session.sender_subject())
                              : Verdict::nothing;
}

Verdict check_recipient_table(Session& session, const std::string& table,
                              const Subject& /*subject*/) {
  return session.has_recipient() ? check_mail_address(session, table, session.session().recipient,
                                                      session.recipient_subject())
                                 : Verdict::nothing;
}

Verdict check_user(Session& session, const std::string& table, const Subject& /*subject*/) {
  const std::string& user = session.client().user;
  if (user.empty() || !session.settings().smtpd_sasl_auth_enable.value) {
    return Verdict::nothing;
  }
  return check_access(session, table, {{user, KeyUse::whole, AddressKey::Form::address}},
                      {user, "SASL login name", "check_sasl_access"});
}

// ---- The names.

constexpr RestrictionRule kRules[] = {
    {"permit", Argument::none, permit},
    {"reject", Argument::none, reject},
    {"defer", Argument::none, defer},
    {"defer_if_permit", Argument::none, defer_if_permit},
    {"defer_if_reject", Argument::none, defer_if_reject},
    {"sleep", Argument::word, nothing},
    {"reject_unauth_pipelining", Argument::none, nothing},
    {"reject_plaintext_session", Argument::none, reject_plaintext},
    {"reject_multi_recipient_bounce", Argument::none, nothing},
    {"permit_mynetworks", Argument::none, permit_mynetworks},
    {"permit_inet_interfaces", Argument::none, permit_inet_interfaces},
    {"permit_sasl_authenticated", Argument::none, permit_sasl},
    {"permit_tls_clientcerts", Argument::none, nothing},
    {"permit_tls_all_clientcerts", Argument::none, nothing},
    {"permit_naked_ip_address", Argument::none, nothing},
    {"reject_invalid_helo_hostname", Argument::none, reject_invalid_helo},
    {"reject_invalid_hostname", Argument::none, reject_invalid_helo},
    {"reject_non_fqdn_helo_hostname", Argument::none, reject_short_helo},
    {"reject_non_fqdn_hostname", Argument::none, reject_short_helo},
    {"reject_non_fqdn_sender", Argument::none, reject_short_sender},
    {"reject_non_fqdn_recipient", Argument::none, reject_short_recipient},
    {"permit_auth_destination", Argument::none, permit_authorized},
    {"permit_mx_backup", Argument::none, permit_mx_backup},
    {"reject_unauth_destination", Argument::none, reject_unauthorized},
    {"defer_unauth_destination", Argument::none, defer_unauthorized},
    {"reject_unlisted_recipient", Argument::none, reject_unlisted_recipient},
    {"check_recipient_maps", Argument::none, reject_unlisted_recipient},
    {"check_relay_domains", Argument::none, permit_or_reject_unauthorized},
    {"reject_unlisted_sender", Argument::none, reject_unlisted_sender},
    {"reject_unverified_recipient", Argument::none, reject_unverified_recipient},
    {"reject_unverified_sender", Argument::none, reject_unverified_sender},
    {"reject_sender_login_mismatch", Argument::none, reject_login_mismatch},
    {"reject_known_sender_login_mismatch", Argument::none, reject_known_login_mismatch},
    {"reject_authenticated_sender_login_mismatch", Argument::none,
     reject_authenticated_login_mismatch},
    {"reject_unauthenticated_sender_login_mismatch", Argument::none,
     reject_unauthenticated_login_mismatch},
    {"check_client_access", Argument::table, check_client},
    {"check_helo_access", Argument::table, check_helo},
    {"check_sender_access", Argument::table, check_sender},
    {"check_recipient_access", Argument::table, check_recipient_table},
    {"check_sasl_access", Argument::table, check_user},
    {"check_ccert_access", Argument::table, nothing},
    // What asks the DNS, a list on the network, or a server of policies.
    {"reject_unknown_client_hostname", Argument::none, reject_unknown_client},
    {"reject_unknown_client", Argument::none, reject_unknown_client},
    {"reject_unknown_reverse_client_hostname", Argument::none, reject_unknown_reverse},
    {"reject_unknown_helo_hostname", Argument::none, nullptr},
    {"reject_unknown_hostname", Argument::none, nullptr},
    {"reject_unknown_sender_domain", Argument::none, reject_unknown_sender_domain},
    {"reject_unknown_recipient_domain", Argument::none, reject_unknown_recipient_domain},
    {"reject_unknown_address", Argument::none, reject_unknown_sender_domain},
    {"reject_maps_rbl", Argument::none, nullptr},
    {"reject_rbl", Argument::word, nullptr},
    {"reject_rbl_client", Argument::word, nullptr},
    {"reject_rhsbl_client", Argument::word, nullptr},
    {"reject_rhsbl_reverse_client", Argument::word, nullptr},
    {"reject_rhsbl_helo", Argument::word, nullptr},
    {"reject_rhsbl_sender", Argument::word, nullptr},
    {"reject_rhsbl_recipient", Argument::word, nullptr},
    {"permit_dnswl_client", Argument::word, nullptr},
    {"permit_rhswl_client", Argument::word, nullptr},
    {"check_policy_service", Argument::word, nullptr},
    {"check_client_a_access", Argument::table, nullptr},
    {"check_client_mx_access", Argument::table, nullptr},
    {"check_client_ns_access", Argument::table, nullptr},
    {"check_reverse_client_hostname_access", Argument::table, nullptr},
    {"check_reverse_client_hostname_a_access", Argument::table, nullptr},
    {"check_reverse_client_hostname_mx_access", Argument::table, nullptr},
    {"check_reverse_client_hostname_ns_access", Argument::table, nullptr},
    {"check_helo_a_access", Argument::table, nullptr},
    {"check_helo_mx_access", Argument::table, nullptr},
    {"check_helo_ns_access", Argument::table, nullptr},
    {"check_sender_a_access", Argument::table, nullptr},
    {"check_sender_mx_access", Argument::table, nullptr},
    {"check_sender_ns_access", Argument::table, nullptr},
    {"check_recipient_a_access", Argument::table, nullptr},
    {"check_recipient_mx_access", Argument::table, nullptr},
    {"check_recipient_ns_access", Argument::table, nullptr},
};

}  // namespace

const RestrictionRule* find_restriction(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kRules, [name](const RestrictionRule& rule) { return equal_ignoring_case(rule.name, name); });
  return found == std::end(kRules) ? nullptr : found;
}

bool is_given_up_restriction(std::string_view name) {
  return equal_ignoring_case(name, "check_relay_domains") ||
         equal_ignoring_case(name, "permit_naked_ip_address") ||
         equal_ignoring_case(name, "reject_maps_rbl");
}

}  // namespace lastmile
