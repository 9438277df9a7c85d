// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

constexpr std::array<const char*, 4> kLists = {"mydestination", "virtual_alias_domains",
                                               "virtual_mailbox_domains", "relay_domains"};

/// The domains of one list with what its tables list.
std::set<std::string> all_domains(HostView& host, const std::string& list) {
  std::set<std::string> domains;
  for (const std::string& domain : host.domains_of(list)) {
    domains.insert(domain);
  }
  for (const TableInUse& table : host.tables_of(list)) {
    if (is_expression_type(table.spec.type)) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      if (entry.key.find('@') == std::string::npos && entry.key.find('.') != std::string::npos) {
        domains.insert(entry.key);
      }
    }
  }
  return domains;
}

void class_domain_twice(HostView& host, Report& report) {
  std::map<std::string, std::string> first;  // By domain the list that counts.
  for (const std::string list : kLists) {
    // relay_domains = $mydestination is the default of old, and means no harm.
    const auto raw = host.settings().main_cf.find(list);
    const bool names_mydestination = raw && raw->value.find("$mydestination") != std::string::npos;
    const bool is_copy = list == "relay_domains" && host.value(list) == host.value("mydestination");
    if (is_copy) {
      continue;
    }
    for (const std::string& domain : all_domains(host, list)) {
      const auto [earlier, is_new] = first.emplace(domain, list);
      if (!is_new && !(names_mydestination && earlier->second == "mydestination")) {
        std::string message = domain;
        message.append(" is in ").append(earlier->second).append(" and in ").append(list);
        message += "; the first counts";
        Finding& finding =
            report.add(host.place(list), domain, std::move(message), "take it out of one of them");
        finding.subject = domain;
        finding.also.push_back(host.place(earlier->second));
      }
    }
  }
}

void class_domain_unlisted(HostView& host, Report& report) {
  struct Unlisted {
    std::size_t addresses = 0;
    std::optional<SourcePos> source = {};
    std::string key = {};
  };
  std::map<std::string, Unlisted> unlisted;
  for (const TableInUse& table : host.tables_of("virtual_alias_maps")) {
    if (is_expression_type(table.spec.type)) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      const std::size_t at = entry.key.rfind('@');
      const std::string domain = at == std::string::npos ? "" : entry.key.substr(at + 1);
      const bool is_name = !domain.empty() && domain.find('"') == std::string::npos;
      if (is_name && host.class_of(domain) == AddressClass::other) {
        Unlisted& one = unlisted[domain];
        ++one.addresses;
        if (one.key.empty()) {
          one.source = entry.source ? entry.source : table.source;
          one.key = entry.key;
        }
      }
    }
  }
  for (const auto& [domain, one] : unlisted) {
    report
        .add(one.source, one.key,
             domain + " is in no class: " + std::to_string(one.addresses) +
                 (one.addresses == 1 ? " address is" : " addresses are") + " refused from outside",
             "virtual_alias_domains = " + domain)
        .subject = domain;
  }
}

void class_origin_not_ours(HostView& host, Report& report) {
  const auto& origin = host.settings().myorigin;
  if (!host.value("relayhost").empty()) {
    return;  // A null client, or a workstation: its mail is meant to go to a server.
  }
  if (host.class_of(origin.value) == AddressClass::other &&
      !host.is_local({"root", origin.value})) {
    Finding& finding = report.add(
        origin.source ? *origin.source : host.place("myhostname"), origin.source ? "myorigin" : "",
        "mail for bare names such as root leaves this host as @" + origin.value,
        "myorigin = $mydomain, or " + origin.value + " in mydestination");
    finding.subject = origin.value;
    // Another host may keep the mail of a domain; none keeps that of this host's own name.
    if (!equal_ignoring_case(origin.value, host.settings().myhostname.value)) {
      finding.severity = Severity::notice;
    }
  }
}

void class_no_local(HostView& host, Report& report) {
  const auto& list = host.settings().mydestination;
  if (list.value.empty()) {
    report.add(list.source, "mydestination",
               "nothing is local here: alias_maps, .forward files and local_recipient_maps have no "
               "effect",
               "mydestination = localhost, unless that is meant");
  }
}

void alias_never_consulted(HostView& host, Report& report) {
  const Settings& settings = host.settings();
  if (settings.mydestination.value.empty() || host.uses_local_agent() ||
      !host.is_set("local_transport") || host.aliases().empty()) {
    return;
  }
  report.add(settings.local_transport.source, settings.local_transport.value,
             "local_transport is not local(8): the " + std::to_string(host.aliases().size()) +
                 " aliases of " + host.value("alias_maps") + " are never used",
             "mailbox_transport = " + settings.local_transport.value + " keeps them");
}

void transport_wildcard_local(HostView& host, Report& report) {
  std::set<std::string> keys;
  std::optional<WrittenEntry> wildcard;
  for (const TableInUse& table : host.tables_of("transport_maps")) {
    for (const WrittenEntry& entry : host.content(table).entries) {
      keys.insert(entry.key);
      if (entry.key == "*" && !wildcard) {
        wildcard = entry;
        wildcard->source = entry.source ? entry.source : table.source;
      }
    }
  }
  if (!wildcard || split_transport(wildcard->value).transport.empty()) {
    return;
  }
  std::vector<std::string> taken;
  for (const char* const list : {"mydestination", "virtual_mailbox_domains"}) {
    for (const std::string& domain : host.domains_of(list)) {
      if (!keys.contains(domain) && std::ranges::find(taken, domain) == taken.end()) {
        taken.push_back(domain);
      }
    }
  }
  if (!taken.empty()) {
    report
        .add(wildcard->source, "*",
             "`*` also takes " + comma_list(taken) + ", which " +
                 (taken.size() == 1 ? "is" : "are") + " this host's own",
             taken.front() + " local:, or relayhost instead of `*`")
        .subject = "*";
  }
}

constexpr std::array kClassRules = {
    Rule{"class-domain-twice", Severity::error, Needs::tables,
         "A domain in two of mydestination, virtual_alias_domains, virtual_mailbox_domains, "
         "relay_domains. Postfix warns, and the first class wins: bob had a virtual mailbox and "
         "got `User unknown in virtual alias table`. `$myhostname` being the mail domain is the "
         "usual way in.",
         "remove it from one",
         "virtual_alias_domains = both.example; virtual_mailbox_domains = both.example",
         "one of them", class_domain_twice},
    Rule{"class-domain-unlisted", Severity::error, Needs::tables,
         "virtual_alias_maps has user@undeclared.example, but no class has the domain: mail "
         "submitted here is rewritten, mail from outside gets `Relay access denied` (554, or 454 "
         "by default).",
         "virtual_alias_domains = undeclared.example",
         "sales@undeclared.example alice; virtual_alias_domains = other.example",
         "virtual_alias_domains = undeclared.example", class_domain_unlisted},
    Rule{"class-origin-not-ours", Severity::warning, Needs::text,
         "`myorigin` is added to bare names in aliases, .forward files and cron's mail. When it is "
         "in no class of this host, `root` becomes root@nowhere.example and leaves. With a "
         "relayhost that is meant so, and where myorigin is not the name of this host, another one "
         "may keep that mail: a notice.",
         "myorigin = $mydomain, or add it to mydestination", "myorigin = nowhere.example",
         "myorigin = example.com; mydestination = example.com", class_origin_not_ours},
    Rule{"class-no-local", Severity::notice, Needs::text,
         "mydestination is empty: alias_maps, .forward and local_recipient_maps are never used; "
         "bare names leave through the relay.",
         "(null client: fine)", "mydestination =", "mydestination = localhost", class_no_local},
    Rule{"alias-never-consulted", Severity::warning, Needs::text,
         "`local_transport = lmtp:...` (or a virtual mailbox domain) goes straight to the server: "
         "team: alice in /etc/aliases is not expanded and the server is asked for `team`.",
         "mailbox_transport = lmtp:... keeps aliases", "local_transport = lmtp:unix:/run/lmtp",
         "mailbox_transport = lmtp:unix:/run/lmtp", alias_never_consulted},
    Rule{"transport-wildcard-local", Severity::warning, Needs::tables,
         "`*` in transport_maps takes local and virtual domains as well: alice@example.com was "
         "handed to the relay, while RCPT still checked local_recipient_maps.",
         "example.com local:", "* smtp:[relay.example]",
         "example.com local:; * smtp:[relay.example]   (or relayhost)", transport_wildcard_local},
};

}  // namespace

std::span<const Rule> class_rules() {
  return kClassRules;
}

}  // namespace lastmile
