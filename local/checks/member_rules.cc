// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aliases/include_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "aliases/path.h"
#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// An include file that an alias, or another include file, names.
struct IncludeUse {
  std::string path = {};
  std::string alias = {};  ///< The alias through which it is reached.
  SourcePos source = {};   ///< The line that names it.
};

void add_includes(HostView& host, std::string_view value, const std::string& alias,
                  const SourcePos& source, std::set<std::string>& seen,
                  std::vector<IncludeUse>& uses) {
  for (const Member& member : parse_members(value)) {
    const auto* const include = std::get_if<IncludeMember>(&member);
    if (include == nullptr) {
      continue;
    }
    uses.push_back({include->path, alias, source});
    const std::string* const text =
        seen.insert(include->path).second ? host.text(include->path) : nullptr;
    if (text != nullptr) {
      MemberLines lines(*text, kLongLine);
      while (const auto line = lines.next()) {
        add_includes(host, line->text, alias, SourcePos{include->path, line->line}, seen, uses);
      }
    }
  }
}

/// Every include file, with each line that names it.
std::vector<IncludeUse> include_uses(HostView& host) {
  std::vector<IncludeUse> uses;
  std::set<std::string> seen;
  for (const auto& [name, entry] : host.aliases()) {
    if (entry.value.find(':') != std::string::npos) {
      add_includes(host, entry.value, name, entry.source ? *entry.source : host.place("alias_maps"),
                   seen, uses);
    }
  }
  return uses;
}

/// The first use of each file.
std::vector<IncludeUse> includes(HostView& host) {
  std::vector<IncludeUse> uses = include_uses(host);
  std::set<std::string> seen;
  std::erase_if(uses, [&seen](const IncludeUse& use) { return !seen.insert(use.path).second; });
  return uses;
}

/// The .forward files of all accounts where they usually are, as root sees them.
std::vector<std::string> forward_files(HostView& host) {
  std::vector<std::string> paths;
  if (!host.uses_local_agent() || host.settings().forward_path.value.empty()) {
    return paths;
  }
  for (const auto& [name, account] : host.accounts()) {
    std::string path = account.home + "/.forward";
    if (!account.home.empty() && host.file(path)) {
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

/// Calls `visit` with every text of members: alias values, and lines of include and .forward files.
template <class Visit>
void for_each_members(HostView& host, const Visit& visit) {
  for (const auto& [name, entry] : host.aliases()) {
    visit(std::string_view(entry.value), entry.source ? *entry.source : host.place("alias_maps"),
          name);
  }
  std::vector<std::string> paths = forward_files(host);
  for (const IncludeUse& use : includes(host)) {
    paths.push_back(use.path);
  }
  for (const std::string& path : paths) {
    if (const std::string* const text = host.text(path)) {
      MemberLines lines(*text, kLongLine);
      while (const auto line = lines.next()) {
        visit(line->text, SourcePos{path, line->line}, path);
      }
    }
  }
}

/// The words behind an unquoted `|command`; empty when there is none.
std::string_view cut_command(std::string_view value) {
  bool is_quoted = false;
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] == '\\') {
      ++at;
    } else if (value[at] == '"') {
      is_quoted = !is_quoted;
    } else if (value[at] == '|' && !is_quoted &&
               (at == 0 || is_space(value[at - 1]) || value[at - 1] == ',')) {
      const std::string_view rest = value.substr(at);
      const std::size_t end = std::min(rest.find_first_of(" \t"), rest.find(','));
      const std::string_view behind =
          end == std::string_view::npos
              ? ""
              : trim(rest.substr(end).substr(0, rest.substr(end).find(',')));
      return behind.empty() ? "" : rest;
    }
  }
  return "";
}

void member_command_unquoted(HostView& host, Report& report) {
  for_each_members(host, [&](std::string_view value, const SourcePos& place,
                             const std::string& subject) {
    const std::string_view command = trim(cut_command(value));
    if (!command.empty()) {
      const std::string program(command.substr(1, command.find_first_of(" \t") - 1));
      report
          .add(place, std::string(command),
               "only `" + program + "` is the command; the words behind it are taken for addresses",
               "\"" + std::string(command) + "\"")
          .subject = subject;
    }
  });
}

bool has_open_quote(std::string_view text) {
  bool is_quoted = false;
  int comment = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"' && comment == 0) {
      is_quoted = !is_quoted;
    } else if (!is_quoted) {
      comment += text[at] == '(' ? 1 : text[at] == ')' && comment > 0 ? -1 : 0;
    }
  }
  return is_quoted;
}

void member_quote_open(HostView& host, Report& report) {
  for_each_members(host,
                   [&](std::string_view value, const SourcePos& place, const std::string& subject) {
                     if (has_open_quote(value)) {
                       report
                           .add(place, "\"", "the quote is not closed on this line",
                                "close it: lines are not joined here")
                           .subject = subject;
                     }
                   });
}

void include_semicolon(HostView& host, Report& report) {
  for (const auto& [name, entry] : host.aliases()) {
    const std::size_t at = entry.value.find(":include:");
    if (at == std::string::npos) {
      continue;
    }
    const std::string_view rest = std::string_view(entry.value).substr(at);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t,"));
    if (word.ends_with(';')) {
      report
          .add(
              entry.source, std::string(word),
              "with the semicolon this is the file " +
                  std::string(word.substr(std::string_view(":include:").size(),
                                          word.size() - std::string_view(":include:").size() - 1)) +
                  ", not an include",
              "remove the semicolon")
          .subject = name;
    }
  }
}

void include_missing(HostView& host, Report& report) {
  for (const IncludeUse& use : includes(host)) {
    std::string problem;
    if (const auto relative = judge_include_path(use.path)) {
      problem = *relative;
    } else if (const auto file = host.file(use.path); !file) {
      problem = use.path + " does not exist";
    } else if (file->type != FileType::regular) {
      problem = use.path + " is no regular file";
    }
    if (!problem.empty()) {
      report
          .add(use.source, use.path,
               problem + ": " + use.alias + " bounces to everyone who writes to it",
               "create it, or take it out")
          .subject = use.path;
    }
  }
}

void include_world_writable(HostView& host, Report& report) {
  constexpr mode_t kOthersWrite = 0002;
  for (const IncludeUse& use : includes(host)) {
    const auto file = host.file(use.path);
    if (file && file->type == FileType::regular && (file->mode & kOthersWrite) != 0) {
      report
          .add(use.source, use.path,
               use.path + " is world-writable, so Postfix bounces " + use.alias,
               "chmod o-w " + use.path)
          .subject = use.path;
    }
  }
}

void include_link_of_user(HostView& host, Report& report) {
  for (const IncludeUse& use : includes(host)) {
    const auto link = find_link_of_user(host.world(), use.path);
    if (link) {
      report
          .add(use.source, use.path,
               link->path + " is a symbolic link of uid " + std::to_string(link->owner) +
                   ", who so decides which file root reads for " + use.alias,
               "put the list where only root can write")
          .subject = use.path;
    }
  }
}

/// Whether a file names anybody, or a file other than itself.
bool names_anybody(const std::string& path, const std::string& text) {
  MemberLines lines(text, kLongLine);
  while (const auto line = lines.next()) {
    for (const Member& member : parse_members(line->text)) {
      const auto* const include = std::get_if<IncludeMember>(&member);
      if (include == nullptr || include->path != path) {
        return true;
      }
    }
  }
  return false;
}

void include_empty(HostView& host, Report& report) {
  for (const IncludeUse& use : includes(host)) {
    const std::string* const text = host.text(use.path);
    if (text == nullptr || names_anybody(use.path, *text)) {
      continue;
    }
    const auto alias = host.aliases().find(use.alias);
    const bool is_all =
        alias == host.aliases().end() || parse_members(alias->second.value).size() == 1;
    Finding& finding = report.add(
        use.source, use.path,
        use.path + " names nobody: " +
            (is_all ? "mail to " + use.alias + " disappears" : use.alias + " gains nothing by it"),
        "add a member, such as postmaster");
    finding.subject = use.path;
    finding.severity = is_all ? Severity::error : Severity::notice;
  }
}

/// What a member of an include file must not be there: "commands", "files"; nullptr: it may.
const char* forbidden_in_include(const Member& member, const Settings& settings) {
  if (std::holds_alternative<CommandMember>(member)) {
    return settings.allow_mail_to_commands.value.contains("include") ? nullptr : "commands";
  }
  if (std::holds_alternative<FileMember>(member)) {
    return settings.allow_mail_to_files.value.contains("include") ? nullptr : "files";
  }
  return nullptr;
}

void include_command_restricted(HostView& host, Report& report) {
  for (const IncludeUse& use : includes(host)) {
    const std::string* const text = host.text(use.path);
    if (text == nullptr) {
      continue;
    }
    MemberLines lines(*text, kLongLine);
    while (const auto line = lines.next()) {
      for (const Member& member : parse_members(line->text)) {
        if (const char* const what = forbidden_in_include(member, host.settings())) {
          report
              .add(SourcePos{use.path, line->line}, "",
                   std::string(what) + " are not allowed in include files: 5.7.1",
                   std::string("put it into the alias, or allow_mail_to_") + what +
                       " = alias, forward, include")
              .subject = use.path;
        }
      }
    }
  }
}

void include_indented_comment(HostView& host, Report& report) {
  std::vector<std::string> paths = forward_files(host);
  for (const IncludeUse& use : includes(host)) {
    paths.push_back(use.path);
  }
  for (const std::string& path : paths) {
    const std::string* const text = host.text(path);
    if (text == nullptr) {
      continue;
    }
    MemberLines lines(*text, kLongLine);
    while (const auto line = lines.next()) {
      if (!line->text.empty() && is_space(line->text.front()) &&
          trim(line->text).starts_with('#')) {
        report
            .add(SourcePos{path, line->line}, "#",
                 "this is no comment here: each of its words is a member",
                 "move the # to the first column")
            .subject = path;
      }
    }
  }
}

// Files and commands of aliases

/// With whose rights the files and commands of an alias table are used.
struct TableRights {
  Rights rights = {};
  std::string name = {};
};

std::optional<TableRights> rights_of_table(HostView& host, const TableInUse& table) {
  const std::string index = host.index_path(table.spec);
  auto file = host.file(index.empty() ? table.spec.name : index);
  file = file ? file : host.file(table.spec.name);
  std::optional<Account> account;
  if (file && file->owner != 0) {
    const auto owner = host.world().account_by_uid(file->owner);
    account = owner ? *owner : std::nullopt;
  } else if (const auto privs = default_privileges(host.settings(), host.world())) {
    account = *privs;
  }
  return account ? std::optional(TableRights{rights_of(*account), account->name}) : std::nullopt;
}

template <class Kind, class Visit>
void for_each_member_of(HostView& host, const Visit& visit) {
  for (const TableInUse& table : host.tables_of("alias_maps")) {
    const auto rights = rights_of_table(host, table);
    if (!rights) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      for (const Member& member : parse_members(entry.value)) {
        if (const auto* const one = std::get_if<Kind>(&member)) {
          visit(*one, entry, *rights);
        }
      }
    }
  }
}

/// Whether some bit of a mode holds for somebody.
bool is_permitted(const FileView& file, const Rights& rights, mode_t bit) {
  if (file.owner == rights.uid) {
    return (file.mode & (bit << 6U)) != 0;
  }
  return (file.mode & (file.group == rights.gid ? bit << 3U : bit)) != 0;
}

constexpr mode_t kWrite = 2;
constexpr mode_t kExecute = 1;

std::string file_problem(HostView& host, const std::string& path, const TableRights& as) {
  const auto file = host.file(path);
  if (!file) {
    const auto directory = host.file(parent_directory(path));
    return !directory ? "there is no directory " + parent_directory(path)
           : is_permitted(*directory, as.rights, kWrite) ? ""
                                                         : as.name + " may not create " + path;
  }
  if (file->type == FileType::directory && !path.ends_with('/')) {
    return path + " is a directory";
  }
  const bool is_executable = file->type == FileType::regular && (file->mode & 0111) != 0;
  if (is_executable) {
    return path + " is executable";
  }
  return file->type != FileType::regular || is_permitted(*file, as.rights, kWrite)
             ? ""
             : as.name + " may not write " + path;
}

void file_target_refused(HostView& host, Report& report) {
  for_each_member_of<FileMember>(
      host, [&](const FileMember& member, const WrittenEntry& entry, const TableRights& as) {
        const bool is_of_home = !member.path.starts_with('/');
        const std::string problem = is_of_home ? "" : file_problem(host, member.path, as);
        if (!problem.empty()) {
          report
              .add(entry.source, member.path, problem + ": mail to " + entry.key + " bounces",
                   "touch " + member.path + " && chown " + as.name + " " + member.path +
                       ", or give the alias table to another user")
              .subject = entry.key;
        }
      });
}

/// The program of a command; empty for what only a shell can tell.
std::string program_of(std::string_view command) {
  const std::string_view word = trim(command).substr(0, trim(command).find_first_of(" \t"));
  return word.starts_with('/') && word.find_first_of("$`;&|<>\"'") == std::string_view::npos
             ? std::string(word)
             : "";
}

void command_missing(HostView& host, Report& report) {
  const auto look_at = [&](const std::string& command, const std::optional<SourcePos>& place,
                           const std::string& subject) {
    const std::string program = program_of(command);
    if (!program.empty() && !host.file(program)) {
      const bool by_shell = command.find_first_of("$`;&|<>\"'*?()") != std::string::npos;
      report
          .add(place, program,
               program + " does not exist: mail to " + subject + (by_shell ? " bounces" : " waits"),
               "install it, or take the command out")
          .subject = subject;
    }
  };
  for (const auto& [name, entry] : host.aliases()) {
    for (const Member& member : parse_members(entry.value)) {
      if (const auto* const command = std::get_if<CommandMember>(&member)) {
        look_at(command->line, entry.source, name);
      }
    }
  }
  const auto& command = host.settings().mailbox_command;
  look_at(command.value, command.source, "every user");
}

void command_not_executable(HostView& host, Report& report) {
  for_each_member_of<CommandMember>(host, [&](const CommandMember& member,
                                              const WrittenEntry& entry, const TableRights& as) {
    const std::string program = program_of(member.line);
    const auto file = program.empty() ? std::nullopt : host.file(program);
    if (file && (file->type != FileType::regular || !is_permitted(*file, as.rights, kExecute))) {
      report
          .add(entry.source, program,
               as.name + " may not execute " + program + ": mail to " + entry.key + " waits",
               "chmod 755 " + program + ", or give the alias table to another user")
          .subject = entry.key;
    }
  });
}

constexpr std::array kMemberRules = {
    Rule{"member-command-unquoted", Severity::error, Needs::tables,
         "`|/bin/cat -u` is the command `/bin/cat` and the member `-u` (5.1.3). In aliases, "
         ".forward and include files alike.",
         "\"|/bin/cat -u\"", "cmd: |/bin/cat -u", "cmd: \"|/bin/cat -u\"", member_command_unquoted},
    Rule{"member-quote-open", Severity::warning, Needs::tables,
         "A quote that is not closed on its line. In include and .forward files each physical line "
         "is read alone: `\"bob` and `carol\"` became the users `\"bob \"` and `\" \"` besides "
         "carol.",
         "close it; lines are not joined here", "\"bob; carol", "bob; carol", member_quote_open},
    Rule{"include-semicolon", Severity::error, Needs::tables,
         "`:include:/etc/list;` (sendmail habit) is a *file*: mail is appended to /etc/list, or "
         "bounces 5.2.0.",
         "remove the semicolon", "incs: :include:/etc/list;", "incs: :include:/etc/list",
         include_semicolon},
    Rule{"include-missing", Severity::error, Needs::tables,
         "The include file is missing, relative, no regular file or not readable by its owner: "
         "5.3.5 `mail system configuration error`, to the poster.",
         "create it", "list: :include:/etc/nosuch", "", include_missing},
    Rule{"include-world-writable", Severity::error, Needs::rights,
         "Postfix bounces such a list, 5.3.5; the reason is in the log only. (Group-writable is "
         "accepted.)",
         "chmod o-w", "", "", include_world_writable},
    Rule{"include-link-of-user", Severity::warning, Needs::rights,
         "The path of a list leads through a symbolic link of a user. Below an alias of root's it "
         "is read as root, so the user decides which file is read; lines of it come to a bounce.",
         "put the list where only root can write, or lastmile_include_as_link_owner = yes",
         "list: :include:/home/mallory/list", "list: :include:/etc/mail/list",
         include_link_of_user},
    Rule{"include-empty", Severity::error, Needs::tables,
         "An include file that names nobody: the message is accepted and vanishes, without a line "
         "in the log and without a bounce.",
         "add a member, e.g. postmaster", "", "", include_empty},
    Rule{"include-command-restricted", Severity::error, Needs::text,
         "`|command` and `/file` in an include file are refused 5.7.1 unless "
         "allow_mail_to_commands / _files have `include`.",
         "put it into the alias, or allow_mail_to_commands = alias, forward, include", "|/bin/true",
         "list: \"|/bin/true\"", include_command_restricted},
    Rule{"include-indented-comment", Severity::warning, Needs::tables,
         "Only a `#` in the first column begins a comment in include and .forward files: ` # dave` "
         "is mail for `#`, which bounces, and for dave.",
         "move the # to the first column", " # dave", "# dave", include_indented_comment},
    Rule{"file-target-refused", Severity::error, Needs::rights,
         "A `/file` that the user (default_privs for root's tables) may not create or append, that "
         "is a directory, executable, or whose dotlock cannot be made: bounce 5.2.0.",
         "touch it and chown nobody, or own the alias table by another user", "arch: /var/log/arch",
         "arch: /var/mail/arch", file_target_refused},
    Rule{"command-missing", Severity::error, Needs::live,
         "The program does not exist. Without shell characters local(8) runs it itself and "
         "*defers* (4.3.0 `execvp ... No such file`); with them the shell ends with 127 and mail "
         "*bounces* 5.3.0. The Debian line for procmail is of the second kind.",
         "install procmail, or remove mailbox_command",
         "mailbox_command = /usr/bin/procmail -a \"$EXTENSION\"",
         "mailbox_command =", command_missing},
    Rule{"command-not-executable", Severity::error, Needs::rights,
         "The program exists, but the user that runs it may not execute or reach it: deferred for "
         "days (`execvp: Permission denied`), then bounced.",
         "chmod 755, or an alias table owned by another user", "", "", command_not_executable},
};

}  // namespace

std::span<const Rule> member_rules() {
  return kMemberRules;
}

}  // namespace lastmile
