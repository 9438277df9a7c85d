// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"
#include "local/formats/recipient_reply.h"

namespace lastmile {
namespace {

/// A name that nobody has.
constexpr const char* kNobody = "qzxvkwjq";

bool has_smtpd(HostView& host) {
  return std::ranges::any_of(host.settings().master_cf.services(), [](const Service& service) {
    return service.program == "smtpd" && service.type != "unix";
  });
}

/// Whether each recipient is asked for where it is delivered, before it is accepted.
bool verifies(HostView& host) {
  for (const char* const list : {"smtpd_relay_restrictions", "smtpd_recipient_restrictions"}) {
    if (host.value(list).find("reject_unverified_recipient") != std::string::npos) {
      return true;
    }
  }
  return false;
}

void report_unchecked(HostView& host, Report& report, const std::string& parameter,
                      const std::string& domains, const std::string& mend) {
  Finding& finding = report.add(host.place(parameter), parameter,
                                "every name at " + domains +
                                    " is accepted; unknown ones bounce "
                                    "later, to senders that are forged",
                                mend);
  finding.subject = parameter;
  finding.severity = verifies(host) ? Severity::notice : Severity::warning;
}

void rcpt_local_unchecked(HostView& host, Report& report) {
  const Settings& settings = host.settings();
  const bool is_taken = !settings.luser_relay.value.empty();
  if (settings.local_recipient_maps.value.empty() && !settings.mydestination.value.empty() &&
      !is_taken && has_smtpd(host)) {
    report_unchecked(host, report, "local_recipient_maps", settings.myorigin.value,
                     "local_recipient_maps = proxy:unix:passwd.byname $alias_maps");
  }
}

void rcpt_virtual_unchecked(HostView& host, Report& report) {
  const Settings& settings = host.settings();
  if (!settings.virtual_mailbox_domains.value.empty() &&
      settings.virtual_mailbox_maps.value.empty() && has_smtpd(host)) {
    const auto domains = host.domains_of("virtual_mailbox_domains");
    report_unchecked(host, report, "virtual_mailbox_domains",
                     domains.empty() ? "virtual_mailbox_domains" : domains.front(),
                     "virtual_mailbox_maps = ..., or reject_unverified_recipient");
  }
}

void rcpt_relay_unchecked(HostView& host, Report& report) {
  const Settings& settings = host.settings();
  auto domains = host.domains_of("relay_domains");
  const auto own = host.domains_of("mydestination");
  std::erase_if(domains, [&own](const std::string& domain) {
    return std::ranges::find(own, domain) != own.end();
  });
  const bool has_own_domains = !domains.empty() || !host.tables_of("relay_domains").empty();
  if (host.is_set("relay_domains") && has_own_domains &&
      settings.relay_recipient_maps.value.empty() && has_smtpd(host)) {
    report_unchecked(host, report, "relay_domains",
                     domains.empty() ? "relay_domains" : domains.front(),
                     "relay_recipient_maps = a table of the addresses there");
  }
}

/// Whether a name that nobody has is taken at a domain, and then bounces.
bool accepts_and_bounces(HostView& host, const std::string& domain) {
  const Address address{kNobody, domain};
  const auto reply = recipient_reply(host.trace(address));
  const bool is_accepted = reply && !reply->is_refusal() && !reply->is_deferral();
  return is_accepted && !host.failure(address).empty();
}

/// Every name at a domain, and the place that takes it.
struct Wildcard {
  std::string domain = {};
  std::optional<SourcePos> source = {};
  std::string mark = {};
};

/// The wildcards of a table: its `@domain` keys, or the own domains that a pattern of it matches.
std::vector<Wildcard> wildcards_of(HostView& host, const TableInUse& table) {
  std::vector<Wildcard> wildcards;
  for (const WrittenEntry& entry : host.content(table).entries) {
    if (entry.key.starts_with('@') && entry.key.size() > 1) {
      wildcards.push_back({entry.key.substr(1), entry.source, entry.key});
    }
  }
  if (table.spec.type != "regexp" && table.spec.type != "pcre") {
    return wildcards;
  }
  for (const std::string& domain : host.domains_of("mydestination")) {
    const auto hit = host.ask(table, std::string(kNobody) + "@" + domain);
    if (hit && *hit) {
      wildcards.push_back({domain, (**hit).source, ""});
    }
  }
  return wildcards;
}

void rcpt_wildcard_accepts(HostView& host, Report& report) {
  std::set<std::string> told;
  for (const char* const parameter :
       {"canonical_maps", "recipient_canonical_maps", "virtual_alias_maps"}) {
    for (const TableInUse& table : host.tables_of(parameter)) {
      for (const Wildcard& one : wildcards_of(host, table)) {
        if (accepts_and_bounces(host, one.domain) && told.insert(one.domain).second) {
          report
              .add(one.source ? one.source : table.source, one.mark,
                   "every name at " + one.domain +
                       " is accepted, and then bounces unless it exists where this leads",
                   "list the names")
              .subject = one.domain;
        }
      }
    }
  }
}

void rcpt_refuses_transport_users(HostView& host, Report& report) {
  if (host.is_set("local_recipient_maps") || !has_smtpd(host) || !host.uses_local_agent() ||
      host.settings().mydestination.value.empty()) {
    return;
  }
  for (const char* const parameter : {"mailbox_transport", "fallback_transport", "luser_relay"}) {
    const auto raw = host.settings().main_cf.find(parameter);
    if (raw && !raw->value.empty()) {
      report
          .add(host.place(parameter), parameter,
               "users without an account are refused at RCPT although " + std::string(parameter) +
                   " would take them: local_recipient_maps does not know them",
               "local_recipient_maps = $alias_maps, and a table of the mailboxes; or empty, with "
               "reject_unverified_recipient")
          .subject = parameter;
      return;
    }
  }
}

void rcpt_alias_pattern(HostView& host, Report& report) {
  const std::string maps = host.value("local_recipient_maps");
  for (const TableInUse& table : host.tables_of("alias_maps")) {
    const bool is_pattern = table.spec.type == "regexp" || table.spec.type == "pcre";
    if (!is_pattern || maps.find(to_string(table.spec)) == std::string::npos) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      const std::string_view body = std::string_view(entry.key).substr(1, entry.key.size() - 2);
      const bool ends_in_name = body.size() > 1 && body.ends_with('$') &&
                                is_name_char(body[body.size() - 2]) &&
                                body.find('@') == std::string_view::npos;
      if (ends_in_name) {
        report
            .add(entry.source, entry.key,
                 entry.key + " is never matched at RCPT, where the whole address is asked for",
                 std::string("/") + std::string(body.substr(0, body.size() - 1)) + "(@.*)?$/")
            .subject = entry.key;
      }
    }
  }
}

void rcpt_chroot_passwd(HostView& host, Report& report) {
  const auto& maps = host.settings().local_recipient_maps;
  const bool is_unproxied =
      std::ranges::find(maps.value, TableSpec{"unix", "passwd.byname"}) != maps.value.end();
  for (const Service& service : host.settings().master_cf.services()) {
    if (is_unproxied && service.program == "smtpd" && service.chroot) {
      Finding& finding =
          report.add(maps.source, "unix:passwd.byname",
                     "smtpd (" + service.name + ") is chrooted and cannot see the accounts",
                     "proxy:unix:passwd.byname");
      finding.subject = service.name;
      if (service.source) {
        finding.also.push_back(*service.source);
      }
      return;
    }
  }
}

void rcpt_soft(HostView& host, Report& report) {
  if (host.settings().soft_bounce.value) {
    report.add(host.settings().soft_bounce.source, "soft_bounce",
               "soft_bounce is on: nothing is ever refused for good", "soft_bounce = no");
  }
  for (const char* const name :
       {"unknown_local_recipient_reject_code", "unknown_virtual_alias_reject_code",
        "unknown_virtual_mailbox_reject_code", "unknown_relay_recipient_reject_code"}) {
    if (host.is_set(name) && host.value(name).starts_with('4')) {
      report
          .add(host.place(name), name, "senders to unknown users try again for days",
               std::string(name) + " = 550")
          .subject = name;
    }
  }
}

constexpr std::array kAcceptanceRules = {
    Rule{"rcpt-local-unchecked", Severity::warning, Needs::text,
         "`local_recipient_maps` is empty: every name is accepted and what does not exist is "
         "bounced to a forged sender (backscatter).",
         "local_recipient_maps = proxy:unix:passwd.byname $alias_maps",
         "local_recipient_maps =", "(default)", rcpt_local_unchecked},
    Rule{"rcpt-virtual-unchecked", Severity::warning, Needs::text,
         "virtual_mailbox_domains with another virtual_transport and no virtual_mailbox_maps: "
         "any@box.example 250; the LMTP server refuses, we bounce.",
         "virtual_mailbox_maps = ..., or reject_unverified_recipient",
         "virtual_mailbox_domains = box.example; virtual_transport = lmtp:...",
         "with virtual_mailbox_maps", rcpt_virtual_unchecked},
    Rule{"rcpt-relay-unchecked", Severity::warning, Needs::text,
         "relay_domains without relay_recipient_maps: any@rel.example 250.",
         "relay_recipient_maps = ...", "relay_domains = rel.example",
         "relay_recipient_maps = hash:...", rcpt_relay_unchecked},
    Rule{"rcpt-wildcard-accepts", Severity::warning, Needs::tables,
         "A rule that matches every name in canonical_maps, recipient_canonical_maps or "
         "virtual_alias_maps (`@domain`, a pattern) makes every name valid at RCPT, for the "
         "*original* domain; what the rule leads to is not checked. `@v.example @w.example` "
         "accepted all and bounced.",
         "list the names", "/^(.*)@old\\.example$/ $1@example.com in recipient_canonical_maps",
         "one line per address", rcpt_wildcard_accepts},
    Rule{"rcpt-refuses-transport-users", Severity::error, Needs::text,
         "mailbox_transport, fallback_transport or luser_relay takes users without accounts, but "
         "local_recipient_maps has its default: smtpd says 550, where sendmail(1) would deliver.",
         "local_recipient_maps = $alias_maps, TABLE OF MAILBOXES (or empty, with "
         "reject_unverified_recipient)",
         "mailbox_transport = lmtp:unix:/run/lmtp",
         "local_recipient_maps = hash:/etc/postfix/users $alias_maps",
         rcpt_refuses_transport_users},
    Rule{"rcpt-alias-pattern", Severity::error, Needs::text,
         "A regexp or pcre table in alias_maps is asked with `joker` by local(8), but with "
         "`joker@example.com` by smtpd. `/^joker$/` delivers and is refused.",
         "/^joker(@example\\.com)?$/", "/^joker$/ alice", "/^joker(@.*)?$/ alice",
         rcpt_alias_pattern},
    Rule{"rcpt-chroot-passwd", Severity::error, Needs::text,
         "`unix:passwd.byname` without `proxy:` in a chrooted smtpd: `cannot access UNIX password "
         "database`, 451 for everybody; with an old copy of etc/passwd in the jail: 550 for "
         "everybody who is not in the copy.",
         "proxy:unix:passwd.byname",
         "local_recipient_maps = unix:passwd.byname $alias_maps; smtp inet n - y",
         "proxy:unix:passwd.byname", rcpt_chroot_passwd},
    Rule{"rcpt-soft", Severity::notice, Needs::text,
         "`soft_bounce = yes` or `unknown_*_reject_code = 450` left from testing: senders retry "
         "for days; statuses become SOFTBOUNCE.",
         "soft_bounce = no", "soft_bounce = yes", "(default)", rcpt_soft},
    Rule{"accepted-undeliverable", Severity::error, Needs::trace,
         "`check --all-addresses`: RCPT accepts the address and *no* destination, or only some, "
         "succeed. One finding per cause, with the addresses that share it.",
         "mend the line that is named", "help@example.com alice@example.com, nosuch@example.com",
         "help@example.com alice@example.com", nullptr},
    Rule{"deliverable-refused", Severity::error, Needs::trace,
         "The reverse: the address would be delivered here, and RCPT says no.",
         "see rcpt-alias-pattern and rcpt-refuses-transport-users", "", "", nullptr},
};

}  // namespace

std::span<const Rule> acceptance_rules() {
  return kAcceptanceRules;
}

}  // namespace lastmile
