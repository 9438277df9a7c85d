// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"
#include "transports/table_keys.h"

namespace lastmile {
namespace {

std::optional<SourcePos> place_of(const WrittenEntry& entry, const TableInUse& table) {
  return entry.source ? entry.source : table.source;
}

void alias_command_in_virtual(HostView& host, Report& report) {
  for (const char* const parameter : {"virtual_alias_maps", "canonical_maps"}) {
    for (const TableInUse& table : host.tables_of(parameter)) {
      for (const WrittenEntry& entry : host.content(table).entries) {
        const std::string_view value = trim(entry.value);
        const bool is_command = value.starts_with('|') || value.starts_with("\"|");
        const bool is_other = value.starts_with('/') || value.starts_with(":include:");
        if (is_command || is_other) {
          report
              .add(place_of(entry, table), std::string(value),
                   std::string(is_command ? "commands" : "files and includes") +
                       " do not work in " + parameter + ": this is a user of that name",
                   entry.key + " " + entry.key.substr(0, entry.key.find('@')) +
                       "@localhost, and an alias of that name")
              .subject = entry.key;
        }
      }
    }
  }
}

/// The mailboxes of virtual_mailbox_maps.
std::vector<std::pair<WrittenEntry, TableInUse>> virtual_mailboxes(HostView& host) {
  std::vector<std::pair<WrittenEntry, TableInUse>> mailboxes;
  for (const TableInUse& table : host.tables_of("virtual_mailbox_maps")) {
    if (is_expression_type(table.spec.type)) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      mailboxes.emplace_back(entry, table);
    }
  }
  return mailboxes;
}

/// Whether virtual(8) stores what virtual_mailbox_domains names.
bool virtual_agent_stores_virtual_domains(HostView& host) {
  const Settings& settings = host.settings();
  const auto target = split_transport(settings.virtual_transport.value);
  const Service* const service = settings.master_cf.find_transport(target.transport);
  return !settings.virtual_mailbox_domains.value.empty() && service != nullptr &&
         service->program == "virtual";
}

void virtual_path_twice(HostView& host, Report& report) {
  const std::string& base = host.settings().virtual_mailbox_base.value;
  if (!virtual_agent_stores_virtual_domains(host) || base.size() < 2) {
    return;
  }
  for (const auto& [entry, table] : virtual_mailboxes(host)) {
    if (entry.value.starts_with(base + (base.ends_with('/') ? "" : "/"))) {
      report
          .add(place_of(entry, table), entry.value,
               "mail for " + entry.key + " is stored in " + base + entry.value +
                   ": the path is put behind virtual_mailbox_base",
               entry.value.substr(base.size() + (base.ends_with('/') ? 0 : 1)))
          .subject = entry.key;
    }
  }
}

/// What virtual(8) finds for a mailbox, by each key that it tries.
Result<std::optional<TableHit>> id_of(HostView& host,
                                      Setting<std::vector<TableSpec>> Settings::*parameter,
                                      const std::string& mailbox) {
  const auto keys = keys_for(host.configuration(), parameter_of(parameter), split_address(mailbox));
  if (!keys) {
    return keys.error();
  }
  for (const AddressKey& key : *keys) {
    auto hit = host.configuration().tables(parameter).lookup(key.text, key.use);
    if (!hit || *hit) {
      return hit;
    }
  }
  return std::nullopt;
}

/// Whether the answer of virtual_uid_maps is less than virtual_minimum_uid.
bool is_below_minimum(HostView& host, const Result<std::optional<TableHit>>& uid) {
  if (!uid || !*uid) {
    return false;
  }
  const std::string& text = (**uid).entry.value;
  long number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && number < host.settings().virtual_minimum_uid.value;
}

void virtual_owner_missing(HostView& host, Report& report) {
  if (!virtual_agent_stores_virtual_domains(host)) {
    return;
  }
  std::vector<std::string> without;
  std::optional<SourcePos> place;
  for (const auto& [entry, table] : virtual_mailboxes(host)) {
    const auto uid = id_of(host, &Settings::virtual_uid_maps, entry.key);
    const auto gid = id_of(host, &Settings::virtual_gid_maps, entry.key);
    if ((uid && !*uid) || (gid && !*gid) || is_below_minimum(host, uid)) {
      without.push_back(entry.key);
      place = place ? place : place_of(entry, table);
    }
  }
  if (!without.empty()) {
    constexpr std::size_t kFew = 4;
    const std::vector<std::string> some(
        without.begin(),
        without.begin() + static_cast<std::ptrdiff_t>(std::min(kFew, without.size())));
    report
        .add(place, "",
             std::to_string(without.size()) +
                 (without.size() == 1 ? " virtual mailbox has" : " virtual mailboxes have") +
                 " no uid or gid that may be used: " + comma_list(some) +
                 (without.size() > kFew ? ", ..." : ""),
             "virtual_uid_maps = static:5000, virtual_gid_maps = static:5000")
        .subject = without.front();
  }
}

void virtual_path_dots(HostView& host, Report& report) {
  if (!virtual_agent_stores_virtual_domains(host) ||
      !host.settings().postfix->has(VersionRule::virtual_refuses_dots)) {
    return;
  }
  for (const auto& [entry, table] : virtual_mailboxes(host)) {
    if (("/" + entry.value).find("/../") != std::string::npos) {
      report
          .add(place_of(entry, table), entry.value,
               "mail for " + entry.key + " is deferred: virtual(8) refuses a path with /../",
               "the path without it; virtual_mailbox_base above both")
          .subject = entry.key;
    }
  }
}

void virtual_id_malformed(HostView& host, Report& report) {
  if (!virtual_agent_stores_virtual_domains(host) ||
      !host.settings().postfix->has(VersionRule::virtual_strict_ids)) {
    return;
  }
  std::set<std::pair<std::string_view, std::string>> told;
  for (const auto& [entry, table] : virtual_mailboxes(host)) {
    for (const auto parameter : {&Settings::virtual_uid_maps, &Settings::virtual_gid_maps}) {
      const auto id = id_of(host, parameter, entry.key);
      if (!id || !*id) {
        continue;
      }
      const std::string& value = (**id).entry.value;
      const std::string digits = value.substr(value.starts_with('+') ? 1 : 0);
      const std::string_view name = parameter_of(parameter).name;
      const bool begins_so = !digits.empty() && is_digit(digits.front());
      if (whole_number<std::uint32_t>(digits) || !begins_so || !told.insert({name, value}).second) {
        continue;
      }
      report
          .add((**id).entry.source ? (**id).entry.source : host.place(name), value,
               "mail for " + entry.key + " is deferred: `" + value + "` of " + std::string(name) +
                   " is not a number and nothing else",
               digits.substr(0, digits.find_first_not_of("0123456789")))
          .subject = entry.key;
    }
  }
}

using VirtualAliases = std::map<std::string, std::pair<WrittenEntry, TableInUse>>;

/// The keys of virtual_alias_maps.
VirtualAliases virtual_aliases(HostView& host) {
  VirtualAliases aliases;
  for (const TableInUse& table : host.tables_of("virtual_alias_maps")) {
    if (is_expression_type(table.spec.type)) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      aliases.try_emplace(entry.key, entry, table);
    }
  }
  return aliases;
}

/// The virtual mailboxes whose mail the catch-all `key` takes to `value`.
std::set<std::string> shadowed_mailboxes(HostView& host, const VirtualAliases& aliases,
                                         const std::string& key, const std::string& value) {
  std::set<std::string> shadowed;
  for (const auto& [entry, table] : virtual_mailboxes(host)) {
    if (entry.key.ends_with(key) && entry.key != key && !aliases.contains(entry.key) &&
        value != entry.key) {
      shadowed.insert(entry.key);
    }
  }
  return shadowed;
}

/// The persons with an account whose mail the catch-all `key` takes to `value`.
std::set<std::string> shadowed_persons(HostView& host, const VirtualAliases& aliases,
                                       const std::string& key, const std::string& value) {
  constexpr uid_t kFirstPerson = 1000;
  constexpr uid_t kNobody = 65534;
  std::set<std::string> shadowed;
  for (const auto& [name, account] : host.accounts()) {
    const std::string address = name + key;
    const bool is_person = account.uid >= kFirstPerson && account.uid != kNobody;
    const bool is_its_own = value == name || value == address;
    if (is_person && !is_its_own && !aliases.contains(address) && !aliases.contains(name)) {
      shadowed.insert(address);
    }
  }
  return shadowed;
}

void virtual_catchall_shadows(HostView& host, Report& report) {
  const VirtualAliases aliases = virtual_aliases(host);
  for (const auto& [key, value] : aliases) {
    // `@domain @domain` leaves every name as it is.
    const std::string target = fold_ascii(trim(value.first.value));
    if (!key.starts_with('@') || target == key) {
      continue;
    }
    std::set<std::string> shadowed = shadowed_mailboxes(host, aliases, key, target);
    if (!target.starts_with('@') && host.is_local({"x", key.substr(1)})) {
      shadowed.merge(shadowed_persons(host, aliases, key, target));
    }
    if (!shadowed.empty()) {
      report
          .add(place_of(value.first, value.second), key,
               key + " takes the mail of " + std::to_string(shadowed.size()) +
                   (shadowed.size() == 1 ? " mailbox: " : " mailboxes, such as ") +
                   *shadowed.begin(),
               *shadowed.begin() + " " + *shadowed.begin() +
                   " (a line for each), or the catch-all in virtual_mailbox_maps")
          .subject = key;
    }
  }
}

/// The full address that a value of virtual_alias_maps leads to, and that is a key again.
std::vector<std::string> edges_of(HostView& host, const WrittenEntry& entry,
                                  const VirtualAliases& aliases) {
  std::vector<std::string> edges;
  for (const std::string_view word : split_list(entry.value)) {
    std::string address = fold_ascii(word);
    if (address.find('@') == std::string::npos) {
      address += "@" + fold_ascii(host.settings().myorigin.value);
    }
    // A name that leads to itself, if to others as well, ends there.
    if (address == entry.key) {
      return {};
    }
    if (aliases.contains(address)) {
      edges.push_back(std::move(address));
    }
  }
  return edges;
}

void virtual_alias_loop(HostView& host, Report& report) {
  const auto aliases = virtual_aliases(host);
  std::set<std::string> done;
  for (const auto& [start, value] : aliases) {
    // Each key is followed along its first way that has not been walked.
    std::vector<std::string> path = {start};
    std::vector<std::vector<std::string>> waiting = {edges_of(host, value.first, aliases)};
    while (!path.empty()) {
      if (done.contains(path.back()) || waiting.back().empty()) {
        done.insert(path.back());
        path.pop_back();
        waiting.pop_back();
        continue;
      }
      const std::string next = waiting.back().back();
      waiting.back().pop_back();
      const auto again = std::ranges::find(path, next);
      if (again == path.end()) {
        path.push_back(next);
        waiting.push_back(edges_of(host, aliases.find(next)->second.first, aliases));
        continue;
      }
      std::string circle;
      for (auto at = again; at != path.end(); ++at) {
        circle += *at + " -> ";
      }
      Finding& finding = report.add(
          place_of(aliases.find(next)->second.first, aliases.find(next)->second.second), next,
          circle + next + ": no message to any of them can be accepted", "remove one of the lines");
      finding.subject = next;
    }
  }
}

// Copies, and what is handed on

void copy_recipient_dead(HostView& host, Report& report) {
  const auto look_at = [&](const std::string& text, const std::optional<SourcePos>& place,
                           const std::string& parameter) {
    const auto address = parse_address(text);
    if (text.empty() || !address || address->is_null()) {
      return;
    }
    if (const std::string why = host.failure(*address); !why.empty()) {
      report
          .add(place, text,
               parameter + ": " + text + " does not land (" + why + "): no copy is kept",
               "an address that exists")
          .subject = text;
    }
  };
  for (const char* const name : {"always_bcc", "error_notice_recipient", "bounce_notice_recipient",
                                 "2bounce_notice_recipient", "delay_notice_recipient"}) {
    if (host.is_set(name)) {
      look_at(host.value(name), host.place(name), name);
    }
  }
  for (const char* const name : {"sender_bcc_maps", "recipient_bcc_maps"}) {
    for (const TableInUse& table : host.tables_of(name)) {
      for (const WrittenEntry& entry : host.content(table).entries) {
        if (entry.value.find('$') == std::string::npos) {
          look_at(entry.value, place_of(entry, table), name);
        }
      }
    }
  }
}

void delimiter_leaks(HostView& host, Report& report) {
  const Settings& settings = host.settings();
  if (settings.recipient_delimiter.value.empty() ||
      !settings.propagate_unmatched_extensions.value.contains("virtual")) {
    return;
  }
  std::vector<std::string> leaks;
  std::optional<SourcePos> place;
  for (const auto& [key, value] : virtual_aliases(host)) {
    for (const std::string_view word : split_list(value.first.value)) {
      const std::size_t at = word.rfind('@');
      const bool is_whole = key.find('@') != std::string::npos && !key.starts_with('@') &&
                            at != std::string_view::npos && at > 0;
      if (is_whole && host.class_of(std::string(word.substr(at + 1))) == AddressClass::other) {
        leaks.push_back(key + " to " + std::string(word));
        place = place ? place : place_of(value.first, value.second);
      }
    }
  }
  if (!leaks.empty()) {
    report
        .add(place, "",
             "what stands behind `" + settings.recipient_delimiter.value +
                 "` is sent on to other hosts (" + leaks.front() +
                 (leaks.size() > 1 ? ", and " + std::to_string(leaks.size() - 1) + " more)" : ")"),
             "propagate_unmatched_extensions =, where a partner refuses it")
        .subject = "propagate_unmatched_extensions";
  }
}

void delimiter_service_differs(HostView& host, Report& report) {
  for (const Service& service : host.settings().master_cf.services()) {
    constexpr std::array<std::string_view, 5> kSplitters = {"smtpd", "cleanup", "local", "virtual",
                                                            "trivial-rewrite"};
    const bool splits = std::ranges::find(kSplitters, service.program) != kSplitters.end();
    const auto own = service.overrides.find("recipient_delimiter");
    if (splits && own != service.overrides.end() &&
        own->second != host.settings().recipient_delimiter.value) {
      report
          .add(service.source, "recipient_delimiter",
               service.name + " splits addresses at `" + own->second + "`, the others at `" +
                   host.settings().recipient_delimiter.value + "`",
               "one value, in main.cf")
          .subject = service.name;
    }
  }
}

constexpr std::array kVirtualAliasRules = {
    Rule{"alias-command-in-virtual", Severity::error, Needs::tables,
         "virtual_alias_maps knows only addresses: `|/bin/true`, `/tmp/f`, `:include:/etc/l` "
         "become users of those names, accepted and bounced.",
         "cmd@example.com cmd@localhost, and cmd: \"|/bin/true\" in the aliases",
         "cmd@example.com |/bin/true", "cmd@example.com cmd@localhost", alias_command_in_virtual},
    Rule{"virtual-path-twice", Severity::warning, Needs::tables,
         "A path in virtual_mailbox_maps is put behind virtual_mailbox_base, an absolute one too: "
         "mail is stored in /srv/vmail/srv/vmail/bob/, where no one looks.",
         "bob/",
         "virtual_mailbox_base = /srv/vmail; virtual_mailbox_maps = "
         "inline:{bob@box.example=/srv/vmail/bob/}",
         "virtual_mailbox_base = /srv/vmail; virtual_mailbox_maps = inline:{bob@box.example=bob/}",
         virtual_path_twice},
    Rule{"virtual-owner-missing", Severity::error, Needs::tables,
         "A mailbox without an entry in virtual_uid_maps or virtual_gid_maps, or below "
         "virtual_minimum_uid: deferred 4.3.5 for five days.",
         "virtual_uid_maps = static:5000", "virtual_uid_maps = inline:{zz@box.example=5000}",
         "virtual_uid_maps = static:5000", virtual_owner_missing},
    Rule{"virtual-path-dots", Severity::error, Needs::tables,
         "A path with /../ in virtual_mailbox_maps: virtual(8) of Postfix 3.11.7, 3.12 and later "
         "defers its mail (4.3.5); before, it was delivered.",
         "the path without /../", "bob@box.example ../other/bob/", "bob@box.example bob/",
         virtual_path_dots},
    Rule{"virtual-id-malformed", Severity::error, Needs::tables,
         "An answer of virtual_uid_maps or virtual_gid_maps with more behind the number, or too "
         "large for one: virtual(8) of Postfix 3.11.7, 3.12 and later defers its mail (4.3.5); "
         "before, what stood in front was taken.",
         "the number alone", "virtual_uid_maps = inline:{ {bob@box.example = 5000 bob} }",
         "virtual_uid_maps = static:5000", virtual_id_malformed},
    Rule{
        "virtual-catchall-shadows", Severity::error, Needs::tables,
        "`@domain` in virtual_alias_maps is found before any mailbox, because mailboxes are no "
        "aliases: everybody's mail goes to the catch-all.",
        "bob@box.example bob@box.example (one line each), or the catch-all in virtual_mailbox_maps",
        "@box.example alice@example.com",
        "bob@box.example bob@box.example; @box.example alice@example.com",
        virtual_catchall_shadows},
    Rule{"virtual-alias-loop", Severity::error, Needs::tables,
         "A circle of virtual aliases: cleanup takes no message for it (`unreasonable "
         "virtual_alias_maps map nesting`); local submissions stay in maildrop and are tried for "
         "ever, and a message to many recipients is stuck as a whole.",
         "remove one", "a1@example.com a2@example.com; a2@example.com a1@example.com",
         "a2@example.com alice", virtual_alias_loop},
    Rule{"copy-recipient-dead", Severity::warning, Needs::trace,
         "An address of always_bcc, sender_bcc_maps, recipient_bcc_maps or a notification that "
         "does not land: the copy fails for each message, and nobody is told.",
         "an address that exists", "always_bcc = nosuch@example.com",
         "always_bcc = archive@example.com", copy_recipient_dead},
    Rule{"delimiter-leaks", Severity::notice, Needs::tables,
         "propagate_unmatched_extensions hands `+ext` on: sales+eu@ became bob+eu@partner.example, "
         "which the partner may refuse. With `alias`, `include` or `forward` added, members get it "
         "as well.",
         "propagate_unmatched_extensions =", "sales@example.com bob@partner.example",
         "propagate_unmatched_extensions =", delimiter_leaks},
    Rule{"delimiter-service-differs", Severity::error, Needs::text,
         "`-o recipient_delimiter` of one service differs from main.cf: smtpd, cleanup and "
         "local(8) split the same address differently: alice+x was accepted and bounced, alice-x "
         "refused and deliverable.",
         "one value in main.cf", "local unix - n n - - local -o recipient_delimiter=-",
         "recipient_delimiter = -", delimiter_service_differs},
};

}  // namespace

std::span<const Rule> virtual_alias_rules() {
  return kVirtualAliasRules;
}

}  // namespace lastmile
