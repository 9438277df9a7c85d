// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aliases/address.h"
#include "aliases/alias_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// A local name that aliases lead to, as local(8) looks it up; empty for any other address.
std::string local_name(HostView& host, const Address& address) {
  Address member = address;
  if (member.local_part.starts_with('\\')) {
    return "";  // The account, not the alias.
  }
  return host.is_local(member) ? fold_case(host.settings(), member.local_part) : "";
}

constexpr std::string_view kInclude = ":include:";

/// The aliases and include files to which the members in a text lead.
void add_edges(HostView& host, std::string_view value, std::vector<std::string>& edges) {
  for (const Member& member : parse_members(value)) {
    if (const auto* const include = std::get_if<IncludeMember>(&member)) {
      edges.push_back(std::string(kInclude) + include->path);
    } else if (const auto* const address = std::get_if<AddressMember>(&member)) {
      const std::string name = local_name(host, address->address);
      if (!name.empty() && host.aliases().contains(name)) {
        edges.push_back(name);
      }
    }
  }
}

/// The same for an alias, or for an include file by `:include:PATH`: each is read once.
std::vector<std::string> edges_of(HostView& host, const std::string& node) {
  std::vector<std::string> edges;
  if (!node.starts_with(kInclude)) {
    add_edges(host, host.aliases().find(node)->second.value, edges);
    return edges;
  }
  if (const std::string* const text = host.text(node.substr(kInclude.size()))) {
    MemberLines lines(*text, kLongLine);
    while (const auto line = lines.next()) {
      add_edges(host, line->text, edges);
    }
  }
  return edges;
}

/// Circles of the graph, found by a depth-first walk that keeps its own stack.
class CircleSearch {
 public:
  explicit CircleSearch(HostView& host) : host_(host) {}

  std::vector<std::vector<std::string>> find() {
    for (const auto& [name, entry] : host_.aliases()) {
      if (!done_.contains(name)) {
        walk(name);
      }
    }
    return std::move(circles_);
  }

 private:
  struct Frame {
    std::string name = {};
    std::vector<std::string> edges = {};
    std::size_t next = 0;
  };

  void enter(const std::string& name) {
    on_path_.insert(name);
    stack_.push_back({name, edges_of(host_, name), 0});
  }

  void walk(const std::string& start) {
    enter(start);
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      if (frame.next == frame.edges.size()) {
        done_.insert(frame.name);
        on_path_.erase(frame.name);
        stack_.pop_back();
        continue;
      }
      const std::string next = frame.edges[frame.next++];
      if (on_path_.contains(next)) {
        keep_circle(next);
      } else if (!done_.contains(next)) {
        enter(next);
      }
    }
  }

  void keep_circle(const std::string& back_to) {
    std::vector<std::string> circle;
    for (const Frame& frame : stack_) {
      if (!circle.empty() || frame.name == back_to) {
        circle.push_back(frame.name);
      }
    }
    circles_.push_back(std::move(circle));
  }

  HostView& host_;
  std::set<std::string> done_ = {};
  std::set<std::string> on_path_ = {};
  std::vector<Frame> stack_ = {};
  std::vector<std::vector<std::string>> circles_ = {};
};

void alias_loop(HostView& host, Report& report) {
  for (const auto& circle : CircleSearch(host).find()) {
    std::vector<std::string> names;  // Without the include files.
    std::ranges::copy_if(circle, std::back_inserter(names),
                         [](const std::string& node) { return !node.starts_with(kInclude); });
    // `self: self` has a rule of its own, and where there is an account the name means that.
    const bool is_account = names.size() == 1 && host.accounts().contains(names.front());
    if (circle.size() == 1 || is_account || names.empty()) {
      continue;
    }
    std::string way;
    for (const std::string& node : circle) {
      way += node + " -> ";
    }
    const WrittenEntry& entry = host.aliases().find(names.front())->second;
    Finding& finding = report.add(entry.source, "",
                                  way + circle.front() + " leads nowhere: mail bounces or is lost",
                                  "remove one of the lines");
    finding.subject = names.front();
    for (std::size_t at = 1; at < names.size(); ++at) {
      if (const auto& place = host.aliases().find(names[at])->second.source) {
        finding.also.push_back(*place);
      }
    }
  }
}

/// Whether something takes names without an account.
bool takes_unknown_users(HostView& host) {
  const Settings& settings = host.settings();
  return !settings.mailbox_transport.value.empty() || !settings.fallback_transport.value.empty() ||
         !settings.luser_relay.value.empty() || !settings.fallback_transport_maps.value.empty() ||
         !settings.mailbox_transport_maps.value.empty();
}

/// Why no mail for a member lands; empty: some does, or it is not ours to say.
std::string why_dead(HostView& host, const Address& address) {
  const std::string name = local_name(host, address);
  if (!name.empty() && (host.accounts().contains(name) || host.aliases().contains(name))) {
    return "";
  }
  const bool is_ours =
      !name.empty() ||
      (!address.domain.empty() && host.class_of(address.domain) == AddressClass::virtual_alias);
  return is_ours ? host.failure(address) : "";
}

/// A member that leads nowhere, with all that name it.
struct DeadMember {
  std::vector<std::pair<std::string, SourcePos>> lists = {};
  std::string why = {};
};

/// What has a rule of its own: half of a command, a comment, a quote.
bool is_debris(const std::string& local_part) {
  return local_part.empty() || local_part.find_first_of("#|\"; ") != std::string::npos ||
         local_part.starts_with('-') || local_part.find('@') != std::string::npos;
}

void add_dead(HostView& host, const std::string& name, std::string_view value,
              const SourcePos& place, std::map<std::string, DeadMember>& dead) {
  for (const Member& member : parse_members(value)) {
    const auto* const address = std::get_if<AddressMember>(&member);
    if (address == nullptr || is_debris(address->address.local_part)) {
      continue;
    }
    const std::string member_name = local_name(host, address->address);
    if (member_name == name) {
      continue;  // alias-self-without-account
    }
    if (const std::string why = why_dead(host, address->address); !why.empty()) {
      DeadMember& one = dead[to_external(address->address)];
      one.why = why;
      one.lists.emplace_back(name, place);
    }
  }
}

/// A value in which a '#' makes members of a remark is told as that alone.
bool has_remark(std::string_view value) {
  const std::size_t at = value.find('#');
  return at != std::string_view::npos && at > 0 && is_space(value[at - 1]);
}

/// The same for the lines of an include file.
void add_dead_of_include(HostView& host, const std::string& name, const std::string& path,
                         std::map<std::string, DeadMember>& dead) {
  const std::string* const text = host.text(path);
  if (text == nullptr) {
    return;
  }
  MemberLines lines(*text, kLongLine);
  while (const auto line = lines.next()) {
    if (!has_remark(line->text) && !trim(line->text).starts_with('#')) {
      add_dead(host, name, line->text, SourcePos{path, line->line}, dead);
    }
  }
}

void alias_dead_member(HostView& host, Report& report) {
  std::map<std::string, DeadMember> dead;
  std::set<std::string> includes;
  for (const auto& [name, entry] : host.aliases()) {
    const SourcePos place = entry.source ? *entry.source : host.place("alias_maps");
    if (has_remark(entry.value)) {
      continue;
    }
    add_dead(host, name, entry.value, place, dead);
    for (const Member& member : parse_members(entry.value)) {
      const auto* const include = std::get_if<IncludeMember>(&member);
      if (include != nullptr && includes.insert(include->path).second) {
        add_dead_of_include(host, name, include->path, dead);
      }
    }
  }
  for (const auto& [member, one] : dead) {
    const bool is_alone = one.lists.size() == 1;
    Finding& finding =
        report.add(one.lists.front().second, member.substr(0, member.find('@')),
                   member + " does not exist, but " +
                       (is_alone ? one.lists.front().first + " names it"
                                 : std::to_string(one.lists.size()) + " lists name it") +
                       " (" + one.why + ")",
                   "remove it, or create it");
    finding.subject = member;
    for (std::size_t i = 1; i < one.lists.size(); ++i) {
      finding.also.push_back(one.lists[i].second);
    }
  }
}

void alias_self_without_account(HostView& host, Report& report) {
  if (takes_unknown_users(host)) {
    return;
  }
  for (const auto& alias : host.aliases()) {
    const std::string& name = alias.first;
    const WrittenEntry& entry = alias.second;
    const auto members = parse_members(entry.value);
    const bool names_itself = std::ranges::any_of(members, [&](const Member& member) {
      const auto* const address = std::get_if<AddressMember>(&member);
      return address != nullptr && local_name(host, address->address) == name;
    });
    if (names_itself && !host.accounts().contains(name)) {
      report
          .add(entry.source, name,
               std::string(name).append(" names itself, but there is no account ").append(name),
               "give it another member")
          .subject = name;
    }
  }
}

/// The texts of the alias tables.
std::vector<TableInUse> alias_texts(HostView& host) {
  auto tables = host.tables_of("alias_maps");
  std::erase_if(tables, [&host](const TableInUse& table) {
    return !host.content(table).is_text || table.spec.type == "regexp" || table.spec.type == "pcre";
  });
  return tables;
}

void alias_continuation_lost(HostView& host, Report& report) {
  for (const TableInUse& table : alias_texts(host)) {
    for (const WrittenEntry& entry : host.content(table).entries) {
      if (!trim(entry.value).ends_with(',')) {
        continue;
      }
      // The line that follows, where it is no entry.
      const auto& warnings = host.content(table).warnings;
      const auto lost = std::ranges::find_if(warnings, [&entry](const Error& warning) {
        return warning.source && warning.source->line > entry.source->line;
      });
      const bool is_next =
          lost != warnings.end() &&
          std::ranges::none_of(host.content(table).entries, [&](const WrittenEntry& other) {
            return other.source->line > entry.source->line &&
                   other.source->line < lost->source->line;
          });
      if (is_next) {
        Finding& finding = report.add(lost->source, "",
                                      "this is no part of " + entry.key +
                                          ": the line is not indented, and is "
                                          "left out",
                                      "indent it");
        finding.subject = entry.key;
        finding.also.push_back(*entry.source);
      }
    }
  }
}

void alias_value_words(HostView& host, Report& report) {
  for (const auto& [name, entry] : host.aliases()) {
    const std::size_t at = entry.value.find('#');
    if (has_remark(entry.value) && entry.value.find('"') == std::string::npos) {
      report
          .add(entry.source, "#",
               "`" + entry.value.substr(at) + "` is no comment here: each of its words is a member",
               "put the comment on a line of its own")
          .subject = name;
    }
  }
}

void alias_owner_missing(HostView& host, Report& report) {
  constexpr std::size_t kFew = 5;
  for (const auto& [name, entry] : host.aliases()) {
    if (name.starts_with("owner-")) {
      continue;
    }
    const auto members = parse_members(entry.value);
    const bool is_list =
        members.size() >= kFew || std::ranges::any_of(members, [](const Member& member) {
          return std::holds_alternative<IncludeMember>(member);
        });
    if (is_list && !host.is_alias("owner-" + name)) {
      report
          .add(entry.source, name, "bounces of " + name + " go to whoever wrote to it",
               "owner-" + name + ": " + "the one who keeps the list")
          .subject = name;
    }
  }
}

/// A name in an alias text that stands in quotes.
struct QuotedName {
  std::string written = {};  ///< With its quotes.
  std::string plain = {};
  bool needs_quotes = false;
  SourcePos source = {};
};

std::vector<QuotedName> quoted_names(HostView& host) {
  TablePolicy policy;
  policy.has_rule = [](TableRule rule) { return rule == TableRule::aliases_keep_quotes; };
  std::vector<QuotedName> names;
  std::set<std::string> read;
  for (const TableInUse& table : host.tables_of("alias_maps")) {
    const std::string* const text =
        host.index_path(table.spec).empty() ? nullptr : host.text(table.spec.name);
    if (text == nullptr || !read.insert(table.spec.name).second) {
      continue;
    }
    AliasReader reader(*text, table.spec.name, policy);
    while (auto entry = reader.next()) {
      const auto name = *entry && (**entry).key.starts_with('"') ? parse_address((**entry).key)
                                                                 : Result<Address>(Address{});
      if (name && !name->local_part.empty()) {
        const std::string plain = to_internal(*name);
        names.push_back({(**entry).key, plain, to_external(*name) != plain, (**entry).source});
      }
    }
  }
  return names;
}

void alias_quotes_kept(HostView& host, Report& report) {
  if (!host.settings().postfix->has(VersionRule::alias_keeps_quotes)) {
    return;
  }
  for (const QuotedName& name : quoted_names(host)) {
    if (name.needs_quotes) {
      continue;
    }
    const bool is_plain = static_cast<bool>(parse_alias_line(name.plain + ": x"));
    report
        .add(name.source, name.written,
             name.written + " is stored with its quotes and never found: mail for " + name.plain +
                 " is refused as an unknown user",
             is_plain ? name.plain + ": without the quotes"
                      : "another name: this one cannot be written without quotes")
        .subject = name.plain;
  }
}

void alias_owner_quoted(HostView& host, Report& report) {
  constexpr std::string_view kOwner = "owner-";
  if (!host.settings().postfix->has(VersionRule::owner_asked_plain)) {
    return;
  }
  for (const QuotedName& name : quoted_names(host)) {
    if (name.needs_quotes && name.plain.starts_with(kOwner) &&
        host.aliases().contains(name.plain.substr(kOwner.size()))) {
      report
          .add(name.source, name.written,
               "the owner of " + name.plain.substr(kOwner.size()) +
                   " is asked for without quotes, and not found: failures of the list go to "
                   "whoever wrote to it",
               "a name for the list that needs no quotes")
          .subject = name.plain;
    }
  }
}

void alias_owner_caught(HostView& host, Report& report) {
  // Names that nobody has; letters only among them.
  constexpr std::array<std::string_view, 3> kNames = {"owner-qzxvkwjq", "owner-qz7xv9kw",
                                                      "owner-qzxv.kwjq"};
  for (const TableInUse& table : host.tables_of("alias_maps")) {
    for (const std::string_view name : kNames) {
      const auto answer = host.ask(table, name);
      if (answer && *answer) {
        report
            .add(table.source, to_string(table.spec),
                 to_string(table.spec) +
                     " answers for owner-anything: the first bounce starts a "
                     "storm",
                 "luser_relay = " + (**answer).value)
            .subject = to_string(table.spec);
        break;
      }
    }
  }
}

bool has_local_domains(HostView& host) {
  return !host.settings().mydestination.value.empty() && host.uses_local_agent();
}

void alias_postmaster_missing(HostView& host, Report& report) {
  if (!has_local_domains(host)) {
    return;
  }
  for (const char* const name : {"postmaster", "mailer-daemon"}) {
    if (host.is_alias(name) || host.accounts().contains(name)) {
      continue;
    }
    const Address address{name, host.settings().myorigin.value};
    bool is_thrown_away = host.is_local(address);
    const Trace& trace = host.trace(address);
    for (const NodeId id : trace.leaves()) {
      const Destination& destination = trace.leaf(id).destination;
      is_thrown_away = is_thrown_away && (std::holds_alternative<Discard>(destination) ||
                                          std::holds_alternative<Bounce>(destination));
    }
    if (is_thrown_away) {
      Finding& finding = report.add(
          host.place("alias_maps"), "",
          "mail to " + std::string(name) +
              " is thrown away: there is neither an alias nor an "
              "account",
          std::string(name) + (std::string_view(name) == "postmaster" ? ": root" : ": postmaster"));
      finding.subject = name;
      finding.severity =
          std::string_view(name) == "postmaster" ? Severity::error : Severity::notice;
    }
  }
}

void alias_root_unread(HostView& host, Report& report) {
  const Address root{"root", host.settings().myorigin.value};
  if (!has_local_domains(host) || !host.accounts().contains("root") || host.is_alias("root") ||
      !host.is_local(root)) {
    return;
  }
  const Trace& trace = host.trace(root);
  std::string where;
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    const bool is_kept_here = std::holds_alternative<Mailbox>(leaf.destination) ||
                              std::holds_alternative<Maildir>(leaf.destination) ||
                              std::holds_alternative<Command>(leaf.destination);
    if (!is_kept_here) {
      return;
    }
    where = to_string(leaf.destination) + " (as " + (leaf.rights->name) + ")";
  }
  report
      .add(host.place("alias_maps"), "", "root's mail ends where nobody reads it: " + where,
           "root: the one who reads it, in the alias table")
      .subject = "root";
}

void alias_role_missing(HostView& host, Report& report) {
  std::vector<std::string> missing;
  const std::string& domain = host.settings().myorigin.value;
  for (const char* const role : {"abuse", "hostmaster", "webmaster", "security"}) {
    const Address address{role, domain};
    if (host.is_local(address) && host.uses_local_agent() && !host.failure(address).empty()) {
      missing.emplace_back(std::string(role) + "@" + domain);
    }
  }
  if (!missing.empty()) {
    report
        .add(
            host.place("alias_maps"), "",
            comma_list(missing) + (missing.size() == 1 ? " does" : " do") + " not exist (RFC 2142)",
            "aliases of these names")
        .subject = domain;
  }
}

/// Whether an alias leads back to the account of its name.
bool keeps_account(HostView& host, const std::string& name) {
  const Trace& trace = host.trace({name, host.settings().myorigin.value});
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    if (leaf.rights->name == name || fold_ascii(leaf.recipient.address.local_part) == name) {
      return true;
    }
  }
  return false;
}

void alias_hides_account(HostView& host, Report& report) {
  constexpr uid_t kFirstUserId = 1000;
  constexpr uid_t kNobodyId = 65534;
  for (const auto& [name, entry] : host.aliases()) {
    const auto account = host.accounts().find(name);
    const bool is_person = account != host.accounts().end() &&
                           account->second.uid >= kFirstUserId && account->second.uid != kNobodyId;
    if (is_person && !keeps_account(host, name)) {
      report
          .add(entry.source, name, "the alias hides the account " + name + " (its .forward, too)",
               std::string(name).append(": ").append(name) + ", ... keeps both, if that is meant")
          .subject = name;
    }
  }
}

constexpr std::array kAliasRules = {
    Rule{"alias-loop", Severity::error, Needs::tables,
         "Aliases that lead back to themselves with no account on the way: found only at delivery, "
         "by the nesting limit, as a bounce to the sender: 5.4.6 `alias database loop for l2`.",
         "remove one of the lines", "l1: l2; l2: l1", "l1: l2; l2: alice", alias_loop},
    Rule{"alias-dead-member", Severity::error, Needs::trace,
         "A member at one of our domains that does not exist: every message to the list bounces to "
         "its sender as well as being delivered.",
         "remove it, or create it", "dead: alice, nosuch", "dead: alice", alias_dead_member},
    Rule{"alias-self-without-account", Severity::error, Needs::tables,
         "`self: self` means \"the account self\". Without one it is accepted (it is an alias) and "
         "bounced.",
         "give it a member", "self: self", "bob: bob, carol (bob is an account)",
         alias_self_without_account},
    Rule{"alias-continuation-lost", Severity::error, Needs::tables,
         "A value that ends in a comma, and a next line that is not indented: that line is a "
         "broken entry of its own and its members are gone. `sales: alice,` / `bob`: bob gets "
         "nothing, for ever, after one warning.",
         "indent it", "sales: alice,; bob", "sales: alice,;    bob", alias_continuation_lost},
    Rule{"alias-value-words", Severity::warning, Needs::tables,
         "Words without commas are members: `alice # the boss` mails alice, `#`, `the`, `boss`, "
         "and the sender gets three bounces.",
         "put the comment on its own line", "words: alice # the boss", "# the boss; words: alice",
         alias_value_words},
    Rule{"alias-owner-missing", Severity::notice, Needs::tables,
         "A list (an include file, or five members and more) without an owner- alias: bounces of "
         "its members go to whoever wrote.",
         "owner-list: bob", "list: :include:/etc/list", "list: :include:/etc/list; owner-list: bob",
         alias_owner_missing},
    Rule{
        "alias-quotes-kept", Severity::error, Needs::tables,
        "A name in quotes that it does not need: newaliases(1) of Postfix 3.12 and later stores it "
        "with them, and nobody asks for it so. Its mail is refused as for an unknown user, from "
        "the first newaliases on.",
        "sales: alice", "\"sales\": alice", "sales: alice", alias_quotes_kept},
    Rule{"alias-owner-quoted", Severity::warning, Needs::tables,
         "The owner of a list whose name needs quotes: Postfix 3.12 and later ask for `owner-NAME` "
         "without them, while newaliases(1) stores it with them. Failures go to whoever wrote to "
         "the list.",
         "a name without blanks", "\"my list\": bob; \"owner-my list\": carol",
         "my-list: bob; owner-my-list: carol", alias_owner_quoted},
    Rule{"alias-owner-caught", Severity::error, Needs::tables,
         "`static:root`, or a pattern such as /^.*$/, also answers for `owner-NAME`. Every alias "
         "then has an owner, bounces have one too, and each bounce makes another: thousands of "
         "messages in seconds, without end.",
         "luser_relay = root, or /^(?!owner-)/ in a pcre table", "alias_maps = static:root",
         "luser_relay = root", alias_owner_caught},
    Rule{"alias-postmaster-missing", Severity::error, Needs::tables,
         "No alias and no account postmaster: its mail is accepted and thrown away (`required "
         "alias not found`). mailer-daemon likewise, as a notice.",
         "postmaster: root", "", "postmaster: root", alias_postmaster_missing},
    Rule{"alias-root-unread", Severity::warning, Needs::trace,
         "root's mail ends in a mailbox that nobody reads: no alias; with mailbox_command it runs "
         "as default_privs (nobody), not as root; with home_mailbox it lies in /root.",
         "root: alice", "mailbox_command = /usr/bin/procmail", "root: alice", alias_root_unread},
    Rule{"alias-role-missing", Severity::notice, Needs::trace,
         "abuse, hostmaster, webmaster or security without an alias (RFC 2142).",
         "abuse: postmaster", "", "abuse: postmaster", alias_role_missing},
    Rule{"alias-hides-account", Severity::notice, Needs::tables,
         "An alias of the same name as an account that does not lead back to it: the account's "
         "mailbox and .forward are never used.",
         "intended? bob: bob, carol keeps both", "bob: carol", "bob: bob, carol",
         alias_hides_account},
};

}  // namespace

std::span<const Rule> alias_rules() {
  return kAliasRules;
}

}  // namespace lastmile
