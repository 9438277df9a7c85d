// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// The rules of all regexp and pcre tables that are asked for addresses.
std::vector<std::pair<TableInUse, const TableContent*>> pattern_tables(HostView& host) {
  std::vector<std::pair<TableInUse, const TableContent*>> tables;
  std::set<std::string> seen;
  for (const TableInUse& table : host.tables()) {
    const bool is_pattern = table.spec.type == "regexp" || table.spec.type == "pcre";
    const bool is_new = seen.insert(table.parameter + to_string(table.spec)).second;
    if (is_pattern && is_new && host.content(table).is_text) {
      tables.emplace_back(table, &host.content(table));
    }
  }
  return tables;
}

/// The pattern without its delimiters.
std::string_view body_of(const WrittenEntry& entry) {
  return std::string_view(entry.key).substr(1, entry.key.size() - 2);
}

bool is_universal(std::string_view body) {
  constexpr std::array<std::string_view, 10> kAll = {"",   ".",    "^",   ".*",     "^.*",
                                                     "^.", "^.*$", ".*$", "^(.*)$", "^.+$"};
  return std::ranges::find(kAll, body) != kAll.end() || body == "(.*)" || body == ".+" ||
         body == "^(.+)$";
}

/// Tables of addresses in which a match makes somebody's mail go elsewhere.
bool is_for_addresses(const TableInUse& table) {
  const auto order = table.row == nullptr ? std::nullopt : key_order_of(*table.row);
  return order == KeyOrder::address || order == KeyOrder::transport;
}

void pattern_unanchored(HostView& host, Report& report) {
  for (const auto& [table, content] : pattern_tables(host)) {
    if (!is_for_addresses(table)) {
      continue;
    }
    for (const WrittenEntry& entry : content->entries) {
      const std::string_view body = body_of(entry);
      const bool is_whole_address = body.find('@') != std::string_view::npos;
      const bool begins = body.starts_with('^') || body.starts_with('@') ||
                          body.starts_with("(^") || body.starts_with("\\b") ||
                          body.starts_with("(?");
      const bool ends = body.ends_with('$') || body.ends_with('@') || body.ends_with("$)") ||
                        body.ends_with("@.*");
      if (is_whole_address && (!begins || !ends)) {
        report
            .add(entry.source, entry.key,
                 entry.key + " also matches longer addresses, such as " +
                     (begins ? "those with more behind it" : "those with more before it"),
                 "/^...$/, with `\\.` for each dot")
            .subject = entry.key;
      }
    }
  }
}

/// Two domains of nobody, and for each pattern one that begins with its first word.
std::vector<std::string> strange_domains(const TableContent& content) {
  std::vector<std::string> domains = {"qzxvkwjq.example", "kwjqqzxv.invalid"};
  for (const WrittenEntry& entry : content.entries) {
    const std::string_view body = body_of(entry);
    const auto end = std::find_if_not(body.begin(), body.end(), is_name_char);
    if (end != body.begin()) {
      domains.push_back(fold_ascii({body.begin(), end}) + "xq.example");
    }
  }
  return domains;
}

void pattern_takes_domains(HostView& host, Report& report) {
  if (host.is_set("virtual_alias_domains")) {
    return;
  }
  for (const auto& [table, content] : pattern_tables(host)) {
    if (table.parameter != "virtual_alias_maps") {
      continue;
    }
    for (const std::string& domain : strange_domains(*content)) {
      const auto hit = host.ask(table, domain);
      if (hit && *hit) {
        report
            .add((**hit).source ? (**hit).source : table.source, "",
                 "this pattern also makes " + domain + " a domain of this host",
                 "virtual_alias_domains = the list of domains, and ^...$ around the pattern")
            .subject = to_string(table.spec);
        break;
      }
    }
  }
}

void pattern_i_flag(HostView& host, Report& report) {
  for (const auto& [table, content] : pattern_tables(host)) {
    for (const WrittenEntry& entry : content->entries) {
      if (entry.flags.find('i') != std::string::npos) {
        report
            .add(entry.source, entry.key + entry.flags,
                 "the flag i makes this pattern case-sensitive", "remove it")
            .subject = entry.key;
      }
    }
  }
}

void pattern_substitution_forbidden(HostView& host, Report& report) {
  for (const auto& [table, content] : pattern_tables(host)) {
    const auto* const kind =
        table.row == nullptr ? nullptr : std::get_if<TablesParameter>(&table.row->kind);
    if (kind == nullptr || kind->values == TableValues::texts) {
      continue;
    }
    for (const WrittenEntry& entry : content->entries) {
      const std::size_t dollar = entry.value.find('$');
      const bool substitutes = dollar != std::string::npos && dollar + 1 < entry.value.size() &&
                               entry.value[dollar + 1] != '$';
      if (substitutes) {
        report
            .add(entry.source, entry.value,
                 "`" + entry.value.substr(dollar, 2) + "` is not allowed in " + table.parameter +
                     ": Postfix leaves this rule out",
                 "a rule for each value, or rewrite the address in virtual_alias_maps first")
            .subject = entry.key;
      }
    }
  }
}

void pattern_misses_extension(HostView& host, Report& report) {
  const std::string& delimiter = host.settings().recipient_delimiter.value;
  if (delimiter.empty()) {
    return;
  }
  for (const auto& [table, content] : pattern_tables(host)) {
    if (table.parameter != "virtual_alias_maps") {
      continue;
    }
    for (const WrittenEntry& entry : content->entries) {
      const std::string_view body = body_of(entry);
      const std::size_t at = body.find('@');
      const bool is_literal = body.starts_with('^') && at != std::string_view::npos && at > 1 &&
                              std::ranges::all_of(body.substr(1, at - 1), [](char octet) {
                                return is_name_char(octet) || octet == '-';
                              });
      if (is_literal) {
        const std::string name(body.substr(1, at - 1));
        report
            .add(entry.source, entry.key,
                 name + delimiter.front() +
                     "anything is not matched: patterns are asked with the "
                     "whole address only",
                 "/^" + name + "(\\" + delimiter.front() + ".*)?" + std::string(body.substr(at)) +
                     "/")
            .subject = entry.key;
      }
    }
  }
}

void pattern_unreachable(HostView& host, Report& report) {
  std::set<std::string> told;
  for (const auto& [table, content] : pattern_tables(host)) {
    const WrittenEntry* universal = nullptr;
    std::vector<const WrittenEntry*> earlier;
    for (const WrittenEntry& entry : content->entries) {
      const auto same = std::ranges::find_if(earlier, [&entry](const WrittenEntry* other) {
        return other->key == entry.key && other->flags == entry.flags &&
               other->block == entry.block;
      });
      const WrittenEntry* const by = universal != nullptr    ? universal
                                     : same == earlier.end() ? nullptr
                                                             : *same;
      if (by != nullptr && told.insert(to_string(*entry.source)).second) {
        Finding& finding =
            report.add(entry.source, entry.key,
                       "never reached: line " + std::to_string(by->source->line) +
                           (universal != nullptr ? " takes every address" : " is the same"),
                       "move it above line " + std::to_string(by->source->line));
        finding.subject = entry.key;
        finding.also.push_back(*by->source);
      }
      const bool is_of_lookups = entry.block == 0 && entry.value != "DUNNO" && !entry.value.empty();
      universal = universal == nullptr && is_universal(body_of(entry)) && is_of_lookups ? &entry
                                                                                        : universal;
      earlier.push_back(&entry);
    }
  }
}

constexpr std::array kPatternRules = {
    Rule{"pattern-unanchored", Severity::warning, Needs::text,
         "`/sales@example.com/` also takes presales@..., sales@example.community and "
         "presales@exampleXcom.org; all were accepted (250) and rewritten.",
         "/^sales@example\\.com$/", "/sales@example.com/ alice", "/^sales@example\\.com$/ alice",
         pattern_unanchored},
    Rule{"pattern-takes-domains", Severity::error, Needs::tables,
         "virtual_alias_domains defaults to $virtual_alias_maps, so a pattern table there is also "
         "asked with bare *domains*. `/sales/` makes salesforce.example and presales.example "
         "domains of ours: outsiders may send to them (250), and what our users write to them "
         "lands at alice. `/./` takes the whole internet, and warns about our own domains being in "
         "two classes.",
         "virtual_alias_domains = (empty, or the list), and anchor the pattern",
         "virtual_alias_maps = pcre:{{/sales/ alice@example.com}}",
         "virtual_alias_maps = pcre:{{/sales/ alice@example.com}}; virtual_alias_domains =",
         pattern_takes_domains},
    Rule{"pattern-i-flag", Severity::warning, Needs::text,
         "Tables of Postfix ignore case unless told; the flag `i` *switches that off*. "
         "`/^Sales@/i` does not match sales@.",
         "remove it", "/^Sales@/i alice", "/^Sales@/ alice", pattern_i_flag},
    Rule{"pattern-substitution-forbidden", Severity::error, Needs::text,
         "`$1` in alias_maps, transport_maps, mailbox_command_maps, *_transport_maps, "
         "virtual_mailbox_maps and uid/gid maps: the rule is skipped with a warning at load, mail "
         "takes the default way.",
         "write one rule per value, or rewrite the address in virtual_alias_maps first",
         "/^a-(.*)$/ $1", "/^a-x$/ x", pattern_substitution_forbidden},
    Rule{"pattern-misses-extension", Severity::notice, Needs::text,
         "Pattern tables are asked with the whole address only, never with the extension taken "
         "off: `all+x@` was 550 while `all@` was 250.",
         "/^all(\\+.*)?@example\\.com$/", "/^all@example\\.com$/ carol",
         "/^all(\\+.*)?@example\\.com$/ carol", pattern_misses_extension},
    Rule{"pattern-unreachable", Severity::warning, Needs::text,
         "A rule behind one that takes everything (`/./`, `/^/`, `/.*/`), or equal to an earlier "
         "one.",
         "move it above line 3", "/./ root; /^sales@/ alice", "/^sales@/ alice; /./ root",
         pattern_unreachable},
};

}  // namespace

std::span<const Rule> pattern_rules() {
  return kPatternRules;
}

}  // namespace lastmile
