// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/path.h"
#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "lmtpclient/enhanced_status.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

bool is_without_keys(std::string_view type) {
  return is_expression_type(type) || type == "cidr";
}

bool is_alias_table(const TableInUse& table) {
  return table.parameter == "alias_maps" || table.parameter == "alias_database";
}

/// One of several uses of a table: the first.
std::vector<TableInUse> distinct_tables(HostView& host) {
  std::vector<TableInUse> distinct;
  std::set<std::string> seen;
  for (const TableInUse& table : host.tables()) {
    const bool is_read = table.parameter != "alias_database";
    if (is_read && seen.insert(to_string(table.spec)).second) {
      distinct.push_back(table);
    }
  }
  return distinct;
}

bool is_domain_list(const TableInUse& table) {
  return table.row != nullptr && std::holds_alternative<MatchListParameter>(table.row->kind);
}

std::string builder_of(const TableInUse& table) {
  return (is_alias_table(table) ? "postalias " : "postmap ") + to_string(table.spec);
}

// How tables are written

/// The parameters whose value is a list of tables and nothing else.
std::vector<std::string> table_parameters(HostView& host) {
  std::vector<std::string> names;
  for (const std::string& name : host.settings().main_cf.set_names()) {
    const Parameter* const row = find_parameter(name);
    const bool is_tables = row != nullptr && std::holds_alternative<TablesParameter>(row->kind);
    const bool is_of_proxymap = name == "proxy_read_maps" || name == "proxy_write_maps";
    const bool looks_so =
        row == nullptr && !is_of_proxymap && (name.ends_with("_maps") || name.ends_with("_checks"));
    if (host.is_set(name) && (is_tables || looks_so)) {
      names.push_back(name);
    }
  }
  return names;
}

void table_type_missing(HostView& host, Report& report) {
  for (const std::string& name : table_parameters(host)) {
    const std::string value = host.value(name);
    if (value.find('{') != std::string::npos) {
      continue;
    }
    for (const std::string_view word : split_list(value, Braces::protect)) {
      if (word.find(':') != std::string_view::npos || word.starts_with('"')) {
        continue;
      }
      const std::string path(word);
      const std::string type = host.value("default_database_type");
      const bool is_skipped = host.settings().postfix->has(VersionRule::typeless_table_is_skipped);
      report
          .add(host.place(name), path,
               std::string("a table needs its type: Postfix asks none without one, and ") +
                   (is_skipped ? "passes it over in silence, so that nothing in it is found"
                               : "the program that opens it ends or answers 451"),
               std::string(name)
                   .append(" = ")
                   .append(type.empty() ? "hash" : type)
                   .append(":")
                   .append(path))
          .subject = name;
    }
  }
}

void table_type_unknown(HostView& host, Report& report) {
  HostMapTypes types(host.world(), host.settings().main_cf);
  std::set<std::string> told;
  for (const TableInUse& table : host.tables()) {
    const std::string text = to_string(table.spec);
    const bool is_known = find_map_type(table.spec.type) != nullptr;
    const std::string problem = unusable_map_type(table.spec.type).text;
    const bool is_unknown = !is_known && problem.starts_with("unsupported");
    const auto refusal = is_known ? types.refusal_of(table.spec.type) : std::nullopt;
    if ((is_unknown || refusal) && told.insert(table.parameter + text).second) {
      report
          .add(table.source, text,
               (refusal ? refusal->text : problem) +
                   (is_domain_list(table) ? ": every domain behind it in the list is 451"
                                          : ": whatever asks it is deferred, or 451"),
               refusal ? "install the package postfix-" + table.spec.type
                       : "a type that `postconf -m` names")
          .subject = text;
    }
  }
}

void table_type_leaving(HostView& host, Report& report) {
  constexpr int kWithoutBerkeleyDb = 11;
  const PostfixRelease& release = *host.settings().postfix;
  // Of the Postfix that runs here `postconf -m` says it: table-type-unknown.
  if (release.version().minor < kWithoutBerkeleyDb || release.is_installed()) {
    return;
  }
  std::set<std::string> told;
  Finding* finding = nullptr;
  for (const TableInUse& table : host.tables()) {
    const std::string type = host.opened_as(table.spec).type;
    // The default of a parameter is of a type that the build has.
    if (!table.source || (type != "hash" && type != "btree") ||
        !told.insert(to_string(table.spec)).second) {
      continue;
    }
    if (finding != nullptr) {
      finding->also.push_back(*table.source);
      continue;
    }
    finding =
        &report.add(table.source, to_string(table.spec),
                    table.spec.type + ": needs Berkeley DB, which Postfix " +
                        to_string(release.version()) + " is often built without",
                    "lmdb:" + table.spec.name + ", built anew, and default_database_type = lmdb");
    finding->subject = to_string(table.spec);
  }
}

/// `{a=b c}` with a blank outside of inner braces; empty: there is none.
std::string split_entry(std::string_view name) {
  if (name.size() < 2 || name.front() != '{' || name.back() != '}') {
    return "";
  }
  for (const std::string_view word : split_list(name.substr(1, name.size() - 2), Braces::protect)) {
    if (word.front() != '{' && word.find('=') == std::string_view::npos) {
      return std::string(word);
    }
  }
  return "";
}

void inline_value_split(HostView& host, Report& report) {
  for (const TableInUse& table : host.tables()) {
    const std::string word = table.spec.type == "inline" ? split_entry(table.spec.name) : "";
    if (!word.empty()) {
      report
          .add(table.source, word,
               "`" + word +
                   "` is an entry of its own without `=`: a value with blanks needs "
                   "braces; whoever opens this table ends",
               "inline:{ {key = value with blanks} }")
          .subject = table.parameter;
    }
  }
}

void table_not_approved(HostView& host, Report& report) {
  const std::string approved = host.value("proxy_read_maps");
  std::set<std::string> told;
  for (const TableInUse& table : host.tables()) {
    const bool is_opened_directly =
        table.row != nullptr && std::holds_alternative<TablesParameter>(table.row->kind) &&
        std::get<TablesParameter>(table.row->kind).values == TableValues::actions;
    const std::string text = "proxy:" + to_string(table.spec);
    const bool is_written_so = host.value(table.parameter).find(text) != std::string::npos;
    if (!table.behind_proxy || is_opened_directly || !is_written_so ||
        approved.find(text) != std::string::npos || !told.insert(text).second) {
      continue;
    }
    report
        .add(host.place("proxy_read_maps"), "",
             text + " is not in proxy_read_maps: whoever asks waits, and gets no answer",
             "proxy_read_maps = ... " + text)
        .subject = text;
  }
}

// Indexes and their texts

void table_index_missing(HostView& host, Report& report) {
  for (const TableInUse& table : distinct_tables(host)) {
    const std::string index = host.index_path(table.spec);
    if (index.empty() || is_domain_list(table) || host.file(index)) {
      continue;
    }
    const bool has_text = host.file(table.spec.name).has_value();
    const std::string other = host.other_index(table.spec);
    // A checkout, which has the texts only, is answered out of them.
    const bool is_compiled_elsewise =
        host.world().reads_texts_of_missing_indexes() && !other.empty();
    if (!is_compiled_elsewise && host.ask(table, "x")) {
      continue;
    }
    report
        .add(table.source, to_string(table.spec),
             index + " does not exist" + (has_text ? "" : ", nor does " + table.spec.name) +
                 (other.empty() ? "" : ", and nothing reads " + other) + ": " +
                 (is_alias_table(table) ? "all local mail waits"
                                        : "whatever " + table.parameter + " is asked for waits"),
             has_text ? builder_of(table)
                      : "write " + table.spec.name + ", then " + builder_of(table))
        .subject = to_string(table.spec);
  }
}

/// How an index differs from its text.
struct Difference {
  std::vector<std::string> keys = {};  ///< As text: "late is not in it".
};

Difference difference_of(HostView& host, const TableInUse& table) {
  Difference difference;
  std::set<std::string> seen;
  for (const WrittenEntry& entry : host.content(table).entries) {
    if (!seen.insert(entry.key).second) {
      continue;  // Of two lines with one key the first counts.
    }
    const auto found = host.ask(table, entry.key);
    if (!found) {
      return {};
    }
    if (!*found) {
      difference.keys.push_back(entry.key + " (not there)");
    } else if (trim((**found).value) != trim(entry.value)) {
      difference.keys.push_back(entry.key + " (another value)");
    }
  }
  return difference;
}

void table_index_stale(HostView& host, Report& report) {
  for (const TableInUse& table : distinct_tables(host)) {
    const std::string index = host.index_path(table.spec);
    const bool has_index = !index.empty() && (host.file(index) || host.ask(table, "x"));
    if (!has_index || !host.content(table).is_text ||
        (host.world().reads_texts_of_missing_indexes() && !host.file(index))) {
      continue;
    }
    const Difference difference = difference_of(host, table);
    if (difference.keys.empty()) {
      continue;
    }
    constexpr std::size_t kMostNames = 5;
    const std::vector<std::string> first(
        difference.keys.begin(),
        difference.keys.begin() +
            static_cast<std::ptrdiff_t>(std::min(kMostNames, difference.keys.size())));
    report
        .add(SourcePos{table.spec.name, 0}, "",
             std::to_string(difference.keys.size()) +
                 (difference.keys.size() == 1 ? " name" : " names") + " of " + table.spec.name +
                 (difference.keys.size() == 1 ? " is" : " are") + " not in " + index +
                 " as they stand: " + comma_list(first) +
                 (difference.keys.size() > kMostNames ? ", ..." : ""),
             is_alias_table(table) ? "newaliases" : builder_of(table))
        .subject = to_string(table.spec);
  }
}

void table_built_by_wrong_tool(HostView& host, Report& report) {
  for (const TableInUse& table : host.tables_of("alias_maps")) {
    const bool is_texthash = table.spec.type == "texthash";
    if (!is_texthash && host.index_path(table.spec).empty()) {
      continue;
    }
    std::size_t all = 0;
    std::size_t with_colon = 0;
    const auto count = [&](std::string_view key) {
      ++all;
      with_colon += key.ends_with(':') ? 1 : 0;
      return true;
    };
    if (is_texthash) {
      for (const WrittenEntry& entry : host.content(table).entries) {
        count(entry.key);
      }
    } else if (auto opened = host.open(table)) {
      static_cast<void>(
          (*opened)->for_each([&](std::string_view key, const TableEntry&) { return count(key); }));
    }
    if (with_colon > 0) {
      report
          .add(table.source, to_string(table.spec),
               std::to_string(with_colon) + " of " + std::to_string(all) + " keys of " +
                   to_string(table.spec) + " end in a colon, and are never asked for: this is an " +
                   "aliases(5) text " + (is_texthash ? "read as texthash" : "compiled by postmap"),
               is_texthash ? "alias_maps = hash:" + table.spec.name + ", and newaliases"
                           : "postalias " + to_string(table.spec))
          .subject = to_string(table.spec);
    }
  }
}

// Lines of texts

/// The lines of one table whose key was there before, each with the place of the first.
std::vector<std::pair<const WrittenEntry*, const WrittenEntry*>> repeated(
    const TableContent& content) {
  std::map<std::string_view, const WrittenEntry*> first;
  std::vector<std::pair<const WrittenEntry*, const WrittenEntry*>> found;
  for (const WrittenEntry& entry : content.entries) {
    const auto [earlier, is_new] = first.emplace(entry.key, &entry);
    if (!is_new) {
      found.emplace_back(&entry, earlier->second);
    }
  }
  return found;
}

void report_repeated(HostView& host, Report& report, bool texthash) {
  for (const TableInUse& table : distinct_tables(host)) {
    const bool is_texthash = table.spec.type == "texthash";
    if (is_without_keys(table.spec.type) || is_texthash != texthash ||
        !host.content(table).is_text) {
      continue;
    }
    for (const auto& [entry, earlier] : repeated(host.content(table))) {
      Finding& finding = report.add(
          entry->source, entry->key,
          is_texthash
              ? "`" + entry->key + "` is there twice: Postfix will not use this table at all"
              : "`" + entry->key + "` is defined again; the entry in line " +
                    std::to_string(earlier->source->line) + " counts, this one has no effect",
          is_texthash ? "remove one of the lines" : "merge the two lines");
      finding.subject = entry->key;
      finding.also.push_back(*earlier->source);
    }
  }
}

void table_duplicate_key(HostView& host, Report& report) {
  report_repeated(host, report, false);
}

void table_text_duplicate_key(HostView& host, Report& report) {
  report_repeated(host, report, true);
}

/// What continues the member list of the line before, and is told by alias-continuation-lost.
bool follows_comma(HostView& host, const SourcePos& place) {
  const std::string* const text = host.text(*place.file);
  if (text == nullptr) {
    return false;
  }
  std::string_view rest = *text;
  std::string_view before;
  for (int line = 1; line < place.line && !rest.empty(); ++line) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    before = trim(one).empty() || trim(one).front() == '#' ? before : trim(one);
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return before.ends_with(',');
}

void table_line_skipped(HostView& host, Report& report) {
  for (const TableInUse& table : distinct_tables(host)) {
    for (const Error& warning : host.content(table).warnings) {
      const bool is_lost_member =
          is_alias_table(table) && warning.source && follows_comma(host, *warning.source);
      if (!is_lost_member) {
        report
            .add(warning.source, "", "this line is not used: " + warning.text,
                 is_alias_table(table) ? "NAME: VALUE, without white space before the name"
                                       : "KEY VALUE, without white space before the key")
            .subject = table.spec.name;
      }
    }
  }
}

/// Why a key is never asked for; empty: it may be.
std::string why_never(const TableInUse& table, std::string_view key) {
  const auto order = table.row == nullptr ? std::nullopt : key_order_of(*table.row);
  const bool has_at = key.find('@') != std::string_view::npos;
  if (order == KeyOrder::transport && key.starts_with('@')) {
    return "write `" + std::string(key.substr(1)) + "`";
  }
  const bool is_user_alone = order == KeyOrder::user;
  if (is_user_alone && has_at) {
    return "write `" + std::string(key.substr(0, key.find('@'))) + "`";
  }
  if (order == KeyOrder::alias && has_at && !key.starts_with('@')) {
    return "write `" + std::string(key.substr(0, key.find('@'))) +
           "`, or put it into virtual_alias_maps";
  }
  return "";
}

void table_key_never_asked(HostView& host, Report& report) {
  for (const TableInUse& table : distinct_tables(host)) {
    if (is_without_keys(table.spec.type) || is_domain_list(table)) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      if (const std::string mend = why_never(table, entry.key); !mend.empty()) {
        report
            .add(entry.source ? entry.source : table.source, entry.key,
                 table.parameter + " is never asked for `" + entry.key + "`", mend)
            .subject = entry.key;
      }
    }
  }
}

// Who may read and write

void table_unreadable(HostView& host, Report& report) {
  const std::string owner = host.value("mail_owner");
  const auto account = host.world().account_by_name(owner);
  if (!account || !*account) {
    report.not_judged("no account " + owner);
    return;
  }
  for (const TableInUse& table : distinct_tables(host)) {
    const std::string index = host.index_path(table.spec);
    const std::string path = index.empty() ? HostView::text_path(table.spec) : index;
    if (!table.behind_proxy || path.empty() || !host.file(path)) {
      continue;
    }
    const auto seen = host.world().read_file(path, rights_of(**account), Symlinks::follow,
                                             std::size_t{256} * 1024 * 1024);
    const bool is_denied = (seen && *seen && !(**seen).unreadable.empty()) ||
                           (!seen && seen.error().kind == Error::Kind::denied);
    if (is_denied) {
      report
          .add(table.source, to_string(table.spec),
               std::string("proxymap runs as ")
                   .append(owner)
                   .append(" and may not read ")
                   .append(path),
               std::string("chgrp ")
                   .append(owner)
                   .append(" ")
                   .append(path)
                   .append(" && chmod 640 ")
                   .append(path))
          .subject = path;
    }
  }
}

/// The files of a table, and the directories in which one could be put in their place.
std::set<std::string> places_of(HostView& host, const TableSpec& table) {
  std::set<std::string> places;
  for (const std::string& path : {host.index_path(table), HostView::text_path(table)}) {
    if (!path.empty()) {
      places.insert(path);
      places.insert(parent_directory(path));
    }
  }
  return places;
}

bool is_open_to_all(const std::optional<FileView>& file) {
  constexpr mode_t kOthersWrite = 0002;
  constexpr mode_t kSticky = 01000;
  return file && (file->mode & kOthersWrite) != 0 &&
         (file->type != FileType::directory || (file->mode & kSticky) == 0);
}

void table_writable(HostView& host, Report& report) {
  std::set<std::string> told;
  for (const TableInUse& table : distinct_tables(host)) {
    for (const std::string& one : places_of(host, table.spec)) {
      if (is_open_to_all(host.file(one)) && told.insert(one).second) {
        Finding& finding =
            report.add(table.source, to_string(table.spec),
                       "anybody can write " + one +
                           (is_alias_table(table) ? " and so read everybody's mail" : ""),
                       "chmod o-w " + one);
        finding.subject = one;
        finding.severity = is_alias_table(table) ? Severity::error : Severity::warning;
      }
    }
  }
}

void table_not_rebuilt(HostView& host, Report& report) {
  const auto names = [](const std::vector<TableInUse>& tables, const TableInUse& one) {
    return std::ranges::any_of(tables,
                               [&one](const TableInUse& table) { return table.spec == one.spec; });
  };
  const auto maps = host.tables_of("alias_maps");
  const auto database = host.tables_of("alias_database");
  std::set<std::string> by_hand = {"/etc", parent_directory(*host.main_cf().file)};
  for (const TableInUse& table : database) {
    by_hand.insert(parent_directory(table.spec.name));
  }
  for (const TableInUse& table : maps) {
    if (host.index_path(table.spec).empty() || names(database, table)) {
      continue;
    }
    Finding& finding = report.add(
        table.source ? table.source : std::optional(host.main_cf()), to_string(table.spec),
        "newaliases does not build " + to_string(table.spec) + ", which alias_maps uses",
        "alias_database = " + to_string(table.spec));
    finding.subject = to_string(table.spec);
    // A program that keeps aliases in a directory of its own compiles them itself, as Mailman does.
    if (!by_hand.contains(parent_directory(table.spec.name))) {
      finding.severity = Severity::notice;
    }
  }
}

// What tables answer

void relocated_value_malformed(HostView& host, Report& report) {
  if (host.settings().relocated_prefix_enable.value ||
      !host.settings().postfix->has(VersionRule::relocated_prefix)) {
    return;
  }
  for (const TableInUse& table : host.tables_of("relocated_maps")) {
    for (const WrittenEntry& entry : host.content(table).entries) {
      std::string_view text = entry.value;
      if (take_enhanced_status(text) && !text.empty()) {
        continue;
      }
      report
          .add(entry.source ? entry.source : table.source, entry.value,
               "with relocated_prefix_enable = no this is no code with a text: mail for " +
                   entry.key + " is refused with `5.2.0 Mailbox is unavailable`",
               "5.1.6 " + (text.empty() ? "User has moved" : "User has moved to " + entry.value))
          .subject = entry.key;
    }
  }
}

// Domain lists

void list_item_never_matches(HostView& host, Report& report) {
  for (const char* const list :
       {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains"}) {
    const Parameter* const row = find_parameter(list);
    if (row == nullptr) {
      continue;
    }
    const bool takes_dot = std::string_view(list) == "relay_domains";
    for (const std::string& item :
         (host.settings().*(std::get<MatchListParameter>(row->kind).member)).value) {
      const bool is_name = item.find_first_of("/:\"") == std::string::npos && !item.empty();
      const bool is_parent = item.starts_with('.') && !takes_dot;
      const bool never = is_name && (is_parent || item.find('*') != std::string::npos ||
                                     item.ends_with('.') || item.find('@') != std::string::npos);
      if (never) {
        report
            .add(host.place(list), item, "`" + item + "` never matches in " + list,
                 "name each domain, or use a table such as pcre:")
            .subject = item;
      }
    }
  }
}

void list_table_broken(HostView& host, Report& report) {
  for (const TableInUse& table : host.tables()) {
    const MapType* const type = find_map_type(table.spec.type);
    if (!is_domain_list(table) || type == nullptr || type->asks_server) {
      continue;
    }
    // virtual_alias_domains names the tables of virtual_alias_maps by default.
    const bool is_of_maps =
        table.parameter == "virtual_alias_domains" && !host.is_set(table.parameter);
    const auto answer = host.ask(table, "lastmile-check.invalid");
    if (!is_of_maps && !answer && answer.error().kind != Error::Kind::unseen) {
      report
          .add(table.source, to_string(table.spec),
               answer.error().text + ": every domain behind it in " + table.parameter +
                   ", and each that is in no list, is refused for now",
               builder_of(table) + ", or take it out")
          .subject = to_string(table.spec);
    }
  }
}

void table_not_listable(HostView& host, Report& report) {
  std::vector<TableInUse> closed;
  for (const TableInUse& table : distinct_tables(host)) {
    const MapType* const type = find_map_type(table.spec.type);
    if (type != nullptr && type->asks_server && table.row != nullptr &&
        !host.content(table).is_listed) {
      closed.push_back(table);
    }
  }
  if (closed.empty()) {
    return;
  }
  std::string names;
  for (const TableInUse& table : closed) {
    names += (names.empty() ? "" : ", ") + to_string(table.spec);
  }
  Finding& finding =
      report.add(closed.front().source, to_string(closed.front().spec),
                 "addresses that only " + names + (closed.size() == 1 ? " knows" : " know") +
                     " are not looked at",
                 "# lastmile: list (a query for all keys) in " + closed.front().spec.name);
  finding.subject = to_string(closed.front().spec);
  for (std::size_t i = 1; i < closed.size(); ++i) {
    if (closed[i].source) {
      finding.also.push_back(*closed[i].source);
    }
  }
}

constexpr std::array kTableRules = {
    Rule{"table-type-missing", Severity::error, Needs::text,
         "A path where `type:name` is wanted. In Postfix 3.7 smtpd ends, so that port 25 answers "
         "nobody; later versions answer 451, and from 3.12 on the table is passed over in silence.",
         "virtual_alias_maps = hash:/etc/postfix/virtual",
         "virtual_alias_maps = /etc/postfix/virtual",
         "virtual_alias_maps = hash:/etc/postfix/virtual", table_type_missing},
    Rule{"table-type-unknown", Severity::error, Needs::text,
         "A type that this Postfix does not know or has not installed: every recipient gets 451, "
         "not only those in the table. Also the classic `http://...` or `lmtp://...` in a list.",
         "hash:/etc/postfix/virtual", "virtual_alias_maps = hsh:/etc/postfix/virtual",
         "virtual_alias_maps = hash:/etc/postfix/virtual", table_type_unknown},
    Rule{"table-type-leaving", Severity::warning, Needs::text,
         "hash: and btree: need Berkeley DB, which newer distributions build Postfix without (with "
         "`--postfix 3.11` and later).",
         "lmdb:, built anew, and default_database_type = lmdb", "alias_maps = hash:/etc/aliases",
         "alias_maps = lmdb:/etc/aliases", table_type_leaving},
    Rule{"table-index-missing", Severity::error, Needs::tables,
         "The text of a table is there, and its index was never built. With alias_maps all local "
         "mail waits, with virtual_alias_maps every RCPT is 451; a second table that is missing is "
         "enough. Also where only an index of another type is there, as behind an upgrade that "
         "changes default_database_type, or leads hash: to lmdb: (non_bdb_migration_level).",
         "postmap hash:/etc/postfix/virtual; newaliases for aliases",
         "virtual_alias_maps = hash:/etc/postfix/virtual",
         "virtual_alias_maps = texthash:/etc/postfix/virtual", table_index_missing},
    Rule{"table-index-stale", Severity::warning, Needs::tables,
         "The index of a table does not say what its text says. What was added to the text does "
         "not exist for Postfix, which warns only when the table is opened.",
         "newaliases, or postmap", "", "", table_index_stale},
    Rule{"table-built-by-wrong-tool", Severity::error, Needs::tables,
         "An aliases(5) text that postmap(1) compiled, or that is read as texthash: its keys end "
         "in the colon and are never asked for.",
         "postalias hash:/etc/aliases", "alias_maps = texthash:/etc/aliases",
         "alias_maps = hash:/etc/aliases", table_built_by_wrong_tool},
    Rule{"table-duplicate-key", Severity::warning, Needs::tables,
         "Of two lines with one name the first counts; postalias(1) warns once, when it builds.",
         "merge the two lines", "dup: alice; dup: bob", "dup: alice, bob", table_duplicate_key},
    Rule{"table-text-duplicate-key", Severity::error, Needs::tables,
         "In texthash: a second line with the same key makes the whole table unavailable to the "
         "daemons: all mail that asks it waits. `postmap -q` only warns, which hides it.",
         "remove one of the lines", "dup alice; dup bob", "dup alice, bob",
         table_text_duplicate_key},
    Rule{"table-line-skipped", Severity::warning, Needs::tables,
         "A line that cannot be read is left out: no value, no colon, `user@domain:` in aliases "
         "(`name must be local`), a first line that is indented.",
         "NAME: VALUE, at the beginning of the line", "user@example.com: alice", "user: alice",
         table_line_skipped},
    Rule{"table-key-never-asked", Severity::warning, Needs::tables,
         "A key in a form that is never asked for there: `@domain` in transport_maps, which is "
         "asked for `user@domain`, `domain` and `*`; a full address in mailbox_transport_maps and "
         "its kin, which are asked for the user alone. Mail takes the default way.",
         "write `example.com`", "@example.com lmtp:unix:/run/lmtp",
         "example.com lmtp:unix:/run/lmtp", table_key_never_asked},
    Rule{"table-unreadable", Severity::error, Needs::rights,
         "A table behind proxy: is opened by proxymap(8), which runs as $mail_owner, others by "
         "root. Where that account may not read it, everybody gets 451.",
         "chgrp postfix, chmod 640", "virtual_alias_maps = proxy:hash:/etc/postfix/virtual", "",
         table_unreadable},
    Rule{"table-not-approved", Severity::error, Needs::text,
         "Tables behind proxy: must be named in proxy_read_maps. Those of Postfix's own parameters "
         "are, unless it is set; one of a restriction class is not. Whoever asks it waits in vain.",
         "proxy_read_maps = ... proxy:hash:/etc/postfix/virtual",
         "virtual_alias_maps = proxy:hash:/etc/postfix/virtual; proxy_read_maps = "
         "$virtual_mailbox_maps",
         "virtual_alias_maps = proxy:hash:/etc/postfix/virtual", table_not_approved},
    Rule{"table-writable", Severity::warning, Needs::rights,
         "A table, or the directory above it, that anybody may write. Who writes an alias table "
         "reads the mail of others and runs commands; Postfix uses it without a word.",
         "chmod o-w", "", "", table_writable},
    Rule{"table-not-rebuilt", Severity::warning, Needs::text,
         "newaliases(1) builds what alias_database names, delivery reads alias_maps. A table that "
         "only the second names is never rebuilt.",
         "alias_database = hash:/etc/aliases, hash:/etc/aliases2",
         "alias_maps = hash:/etc/aliases, hash:/etc/aliases2; alias_database = hash:/etc/aliases",
         "alias_database = $alias_maps", table_not_rebuilt},
    Rule{"relocated-value-malformed", Severity::warning, Needs::tables,
         "With relocated_prefix_enable = no (Postfix 3.11 and later) the values of relocated_maps "
         "are a code and a text. What is not says `5.2.0 Mailbox is unavailable` to senders, and "
         "no longer where somebody has moved to.",
         "5.1.6 User has moved to bob@example.net",
         "relocated_prefix_enable = no; relocated_maps = inline:{ {bob = bob@example.net} }",
         "relocated_maps = inline:{ {bob = bob@example.net} }", relocated_value_malformed},
    Rule{"list-item-never-matches", Severity::warning, Needs::text,
         "mydestination and virtual_*_domains compare whole names: `.corp.example`, "
         "`*.corp.example` and `corp.example.` never match, and mail to what is meant is refused "
         "or leaves this host.",
         "name each domain, or use a table such as pcre:", "mydestination = .corp.example",
         "mydestination = a.corp.example", list_item_never_matches},
    Rule{"list-table-broken", Severity::error, Needs::tables,
         "A table in a domain list that cannot be opened: the items before it work, all behind it, "
         "and all domains that are in none, get 451.",
         "build it, or move it behind the fixed names and build it",
         "mydestination = hash:/etc/nodb, example.com", "mydestination = example.com",
         list_table_broken},
    Rule{"inline-value-split", Severity::error, Needs::text,
         "A value with a blank in inline:{...} is split there: the program that opens it ends "
         "(`missing '='`).",
         "inline:{ {a = b c} }", "virtual_alias_maps = inline:{a@example.com=b c}",
         "virtual_alias_maps = inline:{ {a@example.com = b c} }", inline_value_split},
    Rule{"table-not-listable", Severity::notice, Needs::tables,
         "What this table knows cannot be listed, so that reports over all addresses lack what it "
         "alone knows. Not a fault; said so that no report claims to be complete.",
         "# lastmile: list (a query for all keys), in the settings of the table",
         "virtual_alias_maps = ldap:/etc/postfix/ldap.cf", "", table_not_listable},
};

}  // namespace

std::span<const Rule> table_rules() {
  return kTableRules;
}

}  // namespace lastmile
