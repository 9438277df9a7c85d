// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"
#include "transports/restriction_rules.h"

namespace lastmile {
namespace {

/// Restrictions of smtpd(8) that stand alone. \see postconf(5), smtpd_recipient_restrictions
constexpr std::array<std::string_view, 43> kPlain = {
    "check_relay_domains",
    "defer",
    "defer_if_permit",
    "defer_if_reject",
    "defer_unauth_destination",
    "permit",
    "permit_auth_destination",
    "permit_inet_interfaces",
    "permit_mx_backup",
    "permit_mynetworks",
    "permit_naked_ip_address",
    "permit_sasl_authenticated",
    "permit_tls_all_clientcerts",
    "permit_tls_clientcerts",
    "reject",
    "reject_authenticated_sender_login_mismatch",
    "reject_invalid_helo_hostname",
    "reject_invalid_hostname",
    "reject_known_sender_login_mismatch",
    "reject_maps_rbl",
    "reject_multi_recipient_bounce",
    "reject_non_fqdn_helo_hostname",
    "reject_non_fqdn_hostname",
    "reject_non_fqdn_recipient",
    "reject_non_fqdn_sender",
    "reject_plaintext_session",
    "reject_sender_login_mismatch",
    "reject_unauth_destination",
    "reject_unauth_pipelining",
    "reject_unauthenticated_sender_login_mismatch",
    "reject_unknown_address",
    "reject_unknown_client",
    "reject_unknown_client_hostname",
    "reject_unknown_forward_client_hostname",
    "reject_unknown_helo_hostname",
    "reject_unknown_hostname",
    "reject_unknown_recipient_domain",
    "reject_unknown_reverse_client_hostname",
    "reject_unknown_sender_domain",
    "reject_unlisted_recipient",
    "reject_unlisted_sender",
    "reject_unverified_recipient",
    "reject_unverified_sender",
};

/// Those that take the word behind them.
constexpr std::array<std::string_view, 36> kWithWord = {
    "check_address_map",
    "check_ccert_access",
    "check_client_a_access",
    "check_client_access",
    "check_client_mx_access",
    "check_client_ns_access",
    "check_etrn_access",
    "check_helo_a_access",
    "check_helo_access",
    "check_helo_mx_access",
    "check_helo_ns_access",
    "check_policy_service",
    "check_recipient_a_access",
    "check_recipient_access",
    "check_recipient_maps",
    "check_recipient_mx_access",
    "check_recipient_ns_access",
    "check_reverse_client_hostname_a_access",
    "check_reverse_client_hostname_access",
    "check_reverse_client_hostname_mx_access",
    "check_reverse_client_hostname_ns_access",
    "check_sasl_access",
    "check_sender_a_access",
    "check_sender_access",
    "check_sender_mx_access",
    "check_sender_ns_access",
    "permit_dnswl_client",
    "permit_rhswl_client",
    "reject_rbl_client",
    "reject_rhsbl",
    "reject_rhsbl_client",
    "reject_rhsbl_helo",
    "reject_rhsbl_recipient",
    "reject_rhsbl_reverse_client",
    "reject_rhsbl_sender",
    "sleep",
};

bool is_plain(std::string_view word) {
  return std::ranges::binary_search(kPlain, word) || word == "check_sender_maps" ||
         word == "warn_if_reject" || word == "reject_unauthenticated_sender_login_mismatch";
}

bool takes_word(std::string_view word) {
  return std::ranges::binary_search(kWithWord, word);
}

/// One list of restrictions, and where it is set.
struct RestrictionList {
  std::string name = {};
  std::string value = {};
  SourcePos source = {};
};

bool is_list(std::string_view name) {
  return name.starts_with("smtpd_") && name.ends_with("_restrictions");
}

/// The lists that main.cf and the services set, with the classes that they may name.
std::vector<RestrictionList> restriction_lists(HostView& host) {
  const Settings& settings = host.settings();
  std::vector<RestrictionList> lists;
  for (const std::string& name : settings.main_cf.set_names()) {
    const bool is_class = settings.restrictions_of_classes.contains(name);
    if (host.is_set(name) && (is_list(name) || is_class)) {
      lists.push_back({name, host.value(name), host.place(name)});
    }
  }
  for (const Service& service : settings.master_cf.services()) {
    for (const auto& [name, value] : service.overrides) {
      if (is_list(name) && service.source) {
        const auto expanded = settings.main_cf.expand_text(value);
        lists.push_back({name, expanded ? *expanded : value, *service.source});
      }
    }
  }
  return lists;
}

/// The words of a list that are restrictions, each with its argument.
std::vector<std::pair<std::string, std::string>> restrictions_in(std::string_view value) {
  std::vector<std::pair<std::string, std::string>> restrictions;
  const auto words = split_list(value, Braces::protect);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word(words[i]);
    const bool has_argument = takes_word(fold_ascii(word)) && i + 1 < words.size();
    restrictions.emplace_back(word, has_argument ? std::string(words[++i]) : "");
  }
  return restrictions;
}

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, is_digit);
}

void restriction_unknown(HostView& host, Report& report) {
  const auto& classes = host.settings().restrictions_of_classes;
  std::vector<std::string_view> names(kPlain.begin(), kPlain.end());
  names.insert(names.end(), kWithWord.begin(), kWithWord.end());
  for (const RestrictionList& list : restriction_lists(host)) {
    for (const auto& [written, argument] : restrictions_in(list.value)) {
      const std::string word = fold_ascii(written);
      const bool is_table = word.find(':') != std::string::npos;
      if (is_plain(word) || takes_word(word) || is_table || is_number(word) ||
          classes.contains(written) || word.front() == '{') {
        continue;
      }
      report
          .add(list.source, written,
               "`" + written + "` is no restriction: whoever reaches it is answered 451 4.3.5" +
                   did_you_mean(word, names),
               "correct the name, or define it as a class in smtpd_restriction_classes")
          .subject = written;
    }
  }
}

void restriction_given_up(HostView& host, Report& report) {
  if (!host.settings().postfix->has(VersionRule::old_restrictions_gone)) {
    return;
  }
  using NameAndInstead = std::pair<std::string_view, std::string_view>;
  constexpr NameAndInstead kInstead[] = {
      {"check_relay_domains", "permit_mynetworks, reject_unauth_destination"},
      {"permit_naked_ip_address", "permit_mynetworks"},
      {"reject_maps_rbl", "reject_rbl_client LIST, for each list of maps_rbl_domains"}};
  for (const RestrictionList& list : restriction_lists(host)) {
    for (const auto& [written, argument] : restrictions_in(list.value)) {
      if (!is_given_up_restriction(written)) {
        continue;
      }
      const auto* const instead =
          std::ranges::find(kInstead, fold_ascii(written), &NameAndInstead::first);
      report
          .add(list.source, written,
               "`" + written +
                   "` is an error from Postfix 3.9 on: whoever reaches it is answered 451 4.3.5",
               std::string(instead->second))
          .subject = written;
    }
  }
}

/// Whether the value of an access table means something. \see access(5)
bool is_action(HostView& host, std::string_view value) {
  constexpr std::array<std::string_view, 19> kActions = {
      "ok",      "relay",           "reject",  "defer", "dunno", "filter",          "hold",
      "prepend", "redirect",        "info",    "warn",  "bcc",   "defer_if_reject", "discard",
      "permit",  "defer_if_permit", "replace", "strip", "pass"};
  const auto words = split_list(value);
  if (words.empty()) {
    return false;
  }
  const std::string first = fold_ascii(words.front());
  const bool is_reply = first.size() >= 3 && (first.front() == '4' || first.front() == '5') &&
                        is_number(first.substr(0, 3));
  return std::ranges::find(kActions, first) != kActions.end() || is_number(first) || is_reply ||
         is_plain(first) || takes_word(first) ||
         host.settings().restrictions_of_classes.contains(words.front()) ||
         first.find(':') != std::string::npos;
}

/// The access tables of all lists, once.
std::vector<TableInUse> access_tables(HostView& host) {
  std::vector<TableInUse> tables;
  std::set<std::string> seen;
  for (const TableInUse& table : host.tables()) {
    const bool is_of_list = is_list(table.parameter) ||
                            host.settings().restrictions_of_classes.contains(table.parameter);
    if (is_of_list && seen.insert(to_string(table.spec)).second) {
      tables.push_back(table);
    }
  }
  return tables;
}

void access_action_unknown(HostView& host, Report& report) {
  for (const TableInUse& table : access_tables(host)) {
    for (const WrittenEntry& entry : host.content(table).entries) {
      if (!is_action(host, entry.value)) {
        report
            .add(entry.source ? entry.source : table.source, entry.value,
                 "`" + entry.value.substr(0, entry.value.find_first_of(" \t")) +
                     "` is no action: whoever meets it is answered 451 4.3.5",
                 "OK, REJECT, DUNNO or another action of access(5)")
            .subject = entry.key;
      }
    }
  }
}

/// The value of a list for one smtpd service.
std::string list_of(HostView& host, const Service& service, const std::string& name) {
  const auto override = service.overrides.find(name);
  if (override == service.overrides.end()) {
    return host.value(name);
  }
  const auto expanded = host.settings().main_cf.expand_text(override->second);
  return expanded ? *expanded : override->second;
}

/// Whether some restriction of a list, or of a class in it, is one of these.
bool names_one(HostView& host, const std::string& list, const std::set<std::string_view>& wanted,
               int depth = 0) {
  constexpr int kDeepest = 10;  // Classes in classes.
  for (const auto& [written, argument] : restrictions_in(list)) {
    const auto inner = host.settings().restrictions_of_classes.find(written);
    std::string joined;
    if (inner != host.settings().restrictions_of_classes.end()) {
      for (const std::string& word : inner->second) {
        joined += word + " ";
      }
    }
    if (wanted.contains(fold_ascii(written)) ||
        (!joined.empty() && depth < kDeepest && names_one(host, joined, wanted, depth + 1))) {
      return true;
    }
  }
  return false;
}

std::vector<const Service*> smtpd_services(HostView& host) {
  std::vector<const Service*> services;
  for (const Service& service : host.settings().master_cf.services()) {
    if (service.program == "smtpd") {
      services.push_back(&service);
    }
  }
  return services;
}

void relay_restriction_missing(HostView& host, Report& report) {
  static const std::set<std::string_view> kEnough = {
      "reject_unauth_destination", "defer_unauth_destination", "reject", "defer",
      "defer_if_permit",           "check_relay_domains"};
  std::set<std::string> told;
  for (const Service* const service : smtpd_services(host)) {
    const bool is_safe =
        names_one(host, list_of(host, *service, "smtpd_relay_restrictions"), kEnough) ||
        names_one(host, list_of(host, *service, "smtpd_recipient_restrictions"), kEnough);
    const bool is_own = service->overrides.contains("smtpd_relay_restrictions") ||
                        service->overrides.contains("smtpd_recipient_restrictions");
    const std::string parameter = host.is_set("smtpd_relay_restrictions")
                                      ? "smtpd_relay_restrictions"
                                      : "smtpd_recipient_restrictions";
    const SourcePos place = is_own && service->source ? *service->source : host.place(parameter);
    // The defaults of every compatibility level keep strangers out.
    const bool is_default = !is_own && !host.is_set("smtpd_relay_restrictions") &&
                            !host.is_set("smtpd_recipient_restrictions");
    if (!is_safe && !is_default && told.insert(to_string(place)).second) {
      report
          .add(place, "",
               "no rule rejects relaying: smtpd does not start, and port " + service->name +
                   " answers nobody",
               "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination")
          .subject = service->name;
    }
  }
}

/// Whether a table answers OK for something that the sender chooses.
bool may_say_ok(HostView& host, const std::string& spec_text) {
  for (const TableInUse& table : host.tables()) {
    if (to_string(table.spec) != spec_text && "proxy:" + to_string(table.spec) != spec_text) {
      continue;
    }
    std::vector<std::string> values;
    for (const WrittenEntry& entry : host.content(table).entries) {
      values.push_back(entry.value);
    }
    if (table.spec.type == "static") {
      values.push_back(table.spec.name);
    }
    return std::ranges::any_of(values, [](const std::string& value) {
      const std::string word = fold_ascii(value.substr(0, value.find_first_of(" \t,")));
      return word == "ok" || word == "permit" || word == "relay" || is_number(word);
    });
  }
  return false;
}

void relay_ok_before_reject(HostView& host, Report& report) {
  std::set<std::string> told;
  for (const Service* const service : smtpd_services(host)) {
    if (!trim(list_of(host, *service, "smtpd_relay_restrictions")).empty()) {
      continue;
    }
    const std::string list = list_of(host, *service, "smtpd_recipient_restrictions");
    for (const auto& [written, argument] : restrictions_in(list)) {
      const std::string word = fold_ascii(written);
      if (word == "reject_unauth_destination" || word == "defer_unauth_destination" ||
          word == "reject") {
        break;
      }
      const bool is_of_sender = word == "check_sender_access" || word == "check_recipient_access" ||
                                word == "check_helo_access";
      if (is_of_sender && may_say_ok(host, argument) && told.insert(argument).second) {
        report
            .add(host.place("smtpd_recipient_restrictions"), argument,
                 "whoever says what " + argument +
                     " takes may relay: OK stands before "
                     "reject_unauth_destination, and smtpd_relay_restrictions is empty",
                 "reject_unauth_destination first, or leave smtpd_relay_restrictions as it is")
            .subject = argument;
      }
    }
  }
}

constexpr std::array kRestrictionRules = {
    Rule{"restriction-unknown", Severity::error, Needs::text,
         "A name in a list of restrictions that Postfix does not know: smtpd answers 451 4.3.5 "
         "`Server configuration error` to everybody who reaches it.",
         "correct the name, or define the class in smtpd_restriction_classes",
         "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destinations",
         "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination",
         restriction_unknown},
    Rule{"restriction-given-up", Severity::error, Needs::text,
         "A restriction that Postfix 3.9 and later have given up: smtpd answers 451 4.3.5 to "
         "everybody who reaches it, so that no mail comes in. With `--postfix 3.9` and later, or "
         "where the host runs one.",
         "permit_mynetworks, reject_unauth_destination",
         "smtpd_recipient_restrictions = check_relay_domains",
         "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination",
         restriction_given_up},
    Rule{"access-action-unknown", Severity::error, Needs::tables,
         "An action in an access table that Postfix does not know, and that is no name of a "
         "restriction either: whoever meets it is answered 451 4.3.5.",
         "OK, REJECT, DUNNO, PERMIT or another action of access(5)", "spam.example REJCT",
         "spam.example REJECT", access_action_unknown},
    Rule{"relay-restriction-missing", Severity::error, Needs::text,
         "Neither restriction list has a reject_unauth_destination or the like: smtpd ends "
         "(`specify at least one working instance of`), port 25 answers nobody.",
         "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination",
         "smtpd_relay_restrictions =; smtpd_recipient_restrictions = permit_mynetworks", "default",
         relay_restriction_missing},
    Rule{"relay-ok-before-reject", Severity::error, Needs::text,
         "check_sender_access or check_recipient_access with OK in front of "
         "reject_unauth_destination, where smtpd_relay_restrictions is empty: the sender address "
         "is chosen by the sender, so this is an open relay.",
         "put reject_unauth_destination first, or keep smtpd_relay_restrictions",
         "smtpd_recipient_restrictions = check_sender_access inline:{customer.example=OK}, "
         "reject_unauth_destination; smtpd_relay_restrictions =",
         "the default smtpd_relay_restrictions", relay_ok_before_reject},
};

}  // namespace

std::span<const Rule> restriction_rules() {
  return kRestrictionRules;
}

}  // namespace lastmile
