// SPDX-License-Identifier: Apache-2.0
#include "transports/recipient_check.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "transports/address_lookup.h"
#include "transports/rewrite.h"
#include "transports/smtpd_status.h"

namespace lastmile {
namespace {

constexpr int kSyntaxError = 501;  // in parameters, RFC 5321 section 4.2.3

/// An address whose listing is asked for.
struct Listed {
  const Address& address;
  ListedAs side;

  std::string_view what() const {
    return side == ListedAs::sender ? kSenderAddress : kRecipientAddress;
  }
  std::string rejection(std::string_view text) const {
    return '<' + to_internal(address) + ">: " + std::string(what()) +
           " rejected: " + std::string(text);
  }
};

RecipientCheck temporary_failure(EnhancedStatus status, std::string text, const Error& error) {
  RecipientCheck check;
  check.reply_code = 451;
  check.source = error.source;
  check.status = status;
  check.text = std::move(text);
  check.decided_by = error.message();
  return check;
}

/// smtpd does not learn what is wrong with the configuration of trivial-rewrite(8).
RecipientCheck no_route(const Address& address, const Error& error) {
  return temporary_failure("4.3.0"_dsn, '<' + to_internal(address) + ">: Temporary lookup failure",
                           error);
}

RecipientCheck temporary_failure(const Address& address, const Error& error) {
  return error.kind == Error::Kind::misconfigured
             ? temporary_failure("4.3.5"_dsn, "Server configuration error", error)
             : no_route(address, error);
}

RecipientCheck accepted(std::string_view decided_by, std::optional<SourcePos> source) {
  RecipientCheck check;
  check.text = "Ok";
  check.decided_by = decided_by;
  check.source = std::move(source);
  return check;
}

/// An entry is enough, whatever its value.
RecipientCheck accepted_by(std::string_view parameter, AddressHit found) {
  RecipientCheck check = accepted(parameter, source_of(found.hit));
  check.key = std::move(found.key);
  return check;
}

/// A reply of 4xx has a status 4.x, whatever the status was meant to be.
EnhancedStatus in_class_of(int reply_code, EnhancedStatus status) {
  status.status_class = reply_code < 500 ? StatusClass::transient : StatusClass::permanent;
  return status;
}

/// The lists whose entries make an address valid, whatever they lead to.
struct RewritingMaps {
  TableList* tables = nullptr;
  std::string_view parameter = {};
};

Result<std::optional<RecipientCheck>> find_in_rewriting_maps(Configuration& configuration,
                                                             const Address& address,
                                                             ListedAs side) {
  const RewritingMaps all[] = {
      {&configuration.tables(&Settings::recipient_canonical_maps), "recipient_canonical_maps"},
      {side == ListedAs::sender ? &configuration.tables(&Settings::sender_canonical_maps) : nullptr,
       "sender_canonical_maps"},
      {&configuration.tables(&Settings::canonical_maps), "canonical_maps"},
      {&configuration.tables(&Settings::virtual_alias_maps), "virtual_alias_maps"},
  };
  for (const RewritingMaps& maps : all) {
    if (maps.tables == nullptr) {
      continue;
    }
    auto hit = find_address(configuration, *maps.tables, address);
    if (!hit) {
      return std::move(hit).error().during(std::string(maps.parameter));
    }
    if (*hit) {
      return std::optional(accepted_by(maps.parameter, **std::move(hit)));
    }
  }
  return std::optional<RecipientCheck>();
}

/// What a route to the services `error` and `retry` answers; nullopt for any other.
std::optional<RecipientCheck> refusal_of(const Route& route, const Settings& settings,
                                         const Listed& listed) {
  const bool permanent = route.transport == "error";
  if (!permanent && route.transport != "retry") {
    return std::nullopt;
  }
  RecipientCheck check;
  check.reply_code = !permanent ? 450
                     : route.address_class == AddressClass::virtual_alias
                         ? static_cast<int>(settings.unknown_virtual_alias_reject_code.value)
                         : 550;
  std::string_view text = trim(route.nexthop);
  const auto status = take_enhanced_status(text);
  const EnhancedStatus usual = listed.side == ListedAs::sender ? "5.1.0"_dsn : "5.1.1"_dsn;
  check.status = in_class_of(check.reply_code, smtpd_status(status.value_or(usual), listed.what()));
  check.text = listed.rejection(text);
  check.decided_by = route.parameter;
  if (const std::string_view entry = route.entry.first; !entry.empty()) {
    check.key = entry.substr(std::min(entry.size(), route.parameter.size() + 1));
  }
  check.source = route.source;
  return check;
}

/// The table that lists the addresses of a class, and what a miss is answered with.
struct ClassTable {
  TableList* tables = nullptr;
  std::string_view parameter = {};
  std::string_view name = {};
  long reply_code = 0;
  std::optional<SourcePos> source = {};
};

std::optional<ClassTable> table_of_class(Configuration& configuration, AddressClass address_class) {
  const Settings& settings = configuration.settings();
  switch (address_class) {
    case AddressClass::local:
      return ClassTable{&configuration.tables(&Settings::local_recipient_maps),
                        "local_recipient_maps", "local recipient table",
                        settings.unknown_local_recipient_reject_code.value,
                        settings.local_recipient_maps.source};
    case AddressClass::virtual_mailbox:
      return ClassTable{&configuration.tables(&Settings::virtual_mailbox_maps),
                        "virtual_mailbox_maps", "virtual mailbox table",
                        settings.unknown_virtual_mailbox_reject_code.value,
                        settings.virtual_mailbox_maps.source};
    case AddressClass::relay:
      return ClassTable{&configuration.tables(&Settings::relay_recipient_maps),
                        "relay_recipient_maps", "relay recipient table",
                        settings.unknown_relay_recipient_reject_code.value,
                        settings.relay_recipient_maps.source};
    case AddressClass::virtual_alias:
    case AddressClass::other:
      break;
  }
  return std::nullopt;
}

/// Names that every mail system must have. The address is folded.
bool is_required_name(const Address& address, const Settings& settings) {
  return address.local_part == "postmaster" || address.local_part == "mailer-daemon" ||
         address.local_part == fold_case(settings.double_bounce_sender.value);
}

RecipientCheck unknown_user(const ClassTable& table, const Settings& settings,
                            const Listed& listed) {
  RecipientCheck check;
  check.reply_code = static_cast<int>(table.reply_code);
  check.status =
      in_class_of(check.reply_code, listed.side == ListedAs::sender ? "5.1.0"_dsn : "5.1.1"_dsn);
  check.text = listed.rejection("User unknown");
  if (settings.show_user_unknown_table_name.value) {
    check.text += " in " + std::string(table.name);
  }
  check.decided_by = table.parameter;
  check.source = table.source;
  return check;
}

/// Looks the address up in the table of its class.
RecipientCheck check_class_table(Configuration& configuration, AddressClass address_class,
                                 const Address& address, const Listed& listed) {
  const auto table = table_of_class(configuration, address_class);
  if (!table) {
    return accepted(name_of(address_class), std::nullopt);
  }
  if (table->tables->empty()) {
    return accepted(table->parameter, table->source);
  }
  if (address_class == AddressClass::local && is_required_name(address, configuration.settings())) {
    return accepted("required name", std::nullopt);
  }
  auto hit = find_address(configuration, *table->tables, address);
  if (!hit) {
    return temporary_failure(listed.address,
                             std::move(hit).error().during(std::string(table->parameter)));
  }
  return *hit ? accepted_by(table->parameter, **std::move(hit))
              : unknown_user(*table, configuration.settings(), listed);
}

/// Where failed notifications go; the queue manager throws away what is sent there.
bool is_double_bounce(const Address& recipient, const Settings& settings) {
  return equal_ignoring_case(recipient.local_part, settings.double_bounce_sender.value) &&
         equal_ignoring_case(recipient.domain, settings.myorigin.value);
}

/// A reply has a space for each control character, and without SMTPUTF8 for each octet that is not
/// of ASCII.
void blank_unprintable(std::string& text, const Settings& settings) {
  const bool utf8 = settings.smtputf8_enable.value;
  std::ranges::replace_if(
      text,
      [utf8](char octet) {
        const auto value = static_cast<unsigned char>(octet);
        return value < ' ' || value == 0x7F || (value > 0x7F && !utf8);
      },
      ' ');
}

/// What restrictions say of a recipient, which is taken unless they refuse it.
RecipientCheck check_by(SmtpdAnswer answer, RecipientCheck taken) {
  RecipientCheck check = std::move(taken);
  if (answer.refusal) {
    check = {};
    check.reply_code = answer.refusal->code;
    check.status = answer.refusal->status;
    check.text = std::move(answer.refusal->text);
    check.decided_by = std::move(answer.refusal->decided_by);
    check.source = std::move(answer.refusal->source);
  }
  if (answer.listing) {
    check.decided_by = answer.listing->decided_by;
    check.key = answer.listing->key;
    check.source = answer.listing->source;
  }
  check.steps = std::move(answer.steps);
  check.unless = std::move(answer.unless);
  check.actions = std::move(answer.actions);
  return check;
}

/// What is said of a recipient whatever the restrictions are that may speak of one.
std::optional<RecipientCheck> answer_without_restrictions(Configuration& configuration,
                                                          const SmtpSession& session) {
  const Settings& settings = configuration.settings();
  const Address& recipient = session.recipient;
  if (recipient.is_null() || session.is_too_lax) {
    return bad_recipient_syntax();
  }
  if (is_double_bounce(recipient, settings)) {
    return accepted("double_bounce_sender", settings.double_bounce_sender.source);
  }
  if (recipient.domain.empty() && equal_ignoring_case(recipient.local_part, "postmaster")) {
    return accepted("required name", std::nullopt);
  }
  Configuration& rewriting = configuration.rewriting();
  const auto complete = [&rewriting](const Address& address) {
    return address.is_null() ? address : rewrite_address(address, rewriting.settings());
  };
  const auto route = route_address(rewriting, complete(recipient), complete(session.sender));
  if (!route) {
    return no_route(recipient, route.error());
  }
  return route->valid ? std::nullopt : std::optional(bad_recipient_syntax());
}

RecipientCheck answer_to(Configuration& configuration, const SmtpSession& session) {
  const Settings& settings = configuration.settings();
  auto decided = answer_without_restrictions(configuration, session);
  if (!decided) {
    const auto& setting = settings.smtpd_reject_unlisted_recipient;
    return check_by(read_restrictions(configuration, session),
                    accepted("smtpd_reject_unlisted_recipient", setting.source));
  }
  // Without delay MAIL has been answered before there is a recipient.
  return settings.smtpd_delay_reject.value
             ? *std::move(decided)
             : check_by(read_restrictions_at_mail(configuration, session), *std::move(decided));
}

/// Takes the reply of smtpd_reject_filter_maps, where it has one that makes sense, for a refusal.
/// \see smtpd_chat(3)
void filter_refusal(Configuration& configuration, RecipientCheck& check) {
  constexpr int kFirstRefusal = 400;
  constexpr std::size_t kCodeSize = 3;
  const Settings& settings = configuration.settings();
  if (check.reply_code < kFirstRefusal || settings.smtpd_reject_filter_maps.value.empty() ||
      !settings.postfix->has(VersionRule::reject_filter)) {
    return;
  }
  const auto hit =
      configuration.tables(&Settings::smtpd_reject_filter_maps).lookup(to_string(check));
  if (!hit || !*hit) {
    return;
  }
  const std::string_view reply = (*hit)->entry.value;
  const auto code = whole_number<int>(reply.substr(0, kCodeSize));
  const bool is_reply = reply.size() > kCodeSize && code && *code >= kFirstRefusal && *code < 600 &&
                        (reply[kCodeSize] == ' ' || reply[kCodeSize] == '-');
  std::string_view rest = is_reply ? reply.substr(kCodeSize + 1) : "";
  const bool has_status = !rest.empty() && is_digit(rest.front());
  if (!is_reply || (has_status && rest.front() != reply.front())) {
    return;
  }
  const auto status = take_enhanced_status(rest);
  check.reply_code = *code;
  check.status = status ? *status : in_class_of(*code, check.status);
  check.text = rest;
  check.decided_by = "smtpd_reject_filter_maps";
  check.source = source_of(**hit);
}

}  // namespace

RecipientCheck bad_recipient_syntax() {
  RecipientCheck check;
  check.reply_code = kSyntaxError;
  check.status = "5.1.3"_dsn;
  check.text = "Bad recipient address syntax";
  return check;
}

RecipientCheck no_smtpd(const Error& failure) {
  constexpr int kNotAvailable = 421;
  RecipientCheck check;
  check.reply_code = kNotAvailable;
  check.status = "4.3.0"_dsn;
  check.text = "no answer: smtpd does not start: " + failure.text;
  check.decided_by = failure.message();
  check.source = failure.source;
  return check;
}

RecipientCheck check_listing(Configuration& configuration, const Address& address,
                             const Result<Route>& route, ListedAs side) {
  const Settings& settings = configuration.settings();
  const Listed listed = {address, side};
  if (settings.receive_override_options.value.contains("no_unknown_recipient_checks")) {
    return accepted("receive_override_options", settings.receive_override_options.source);
  }
  if (!route) {
    return no_route(address, route.error());
  }
  const Address folded = fold_case(settings, route->recipient);
  auto rewritten = find_in_rewriting_maps(configuration, folded, side);
  if (!rewritten) {
    return temporary_failure(address, rewritten.error());
  }
  if (*rewritten) {
    return **std::move(rewritten);
  }
  if (auto refused = refusal_of(*route, settings, listed)) {
    return *std::move(refused);
  }
  return check_class_table(configuration, route->address_class, folded, listed);
}

RecipientCheck check_recipient(Configuration& configuration, const SmtpSession& session) {
  if (const auto failure = unsafe_relaying(configuration.settings())) {
    return no_smtpd(*failure);
  }
  RecipientCheck check = answer_to(configuration, session);
  filter_refusal(configuration, check);
  blank_unprintable(check.text, configuration.settings());
  if (configuration.settings().soft_bounce.value && check.reply_code >= 500) {
    check.reply_code -= 100;
    check.status = in_class_of(check.reply_code, check.status);
  }
  return check;
}

std::string to_string(const RecipientCheck& check) {
  return std::to_string(check.reply_code) + ' ' + to_string(check.status) + ' ' + check.text;
}

}  // namespace lastmile
