// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/forward_file.h"
#include "aliases/macro.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

constexpr std::size_t kMaxForwardSize = std::size_t{16} * 1024 * 1024;
bool reads_forward_files(HostView& host) {
  return host.uses_local_agent() && !host.settings().forward_path.value.empty() &&
         !host.settings().mydestination.value.empty();
}

/// Accounts with a file `.forward` in their home, as root sees it.
std::vector<Account> forwarding_accounts(HostView& host) {
  std::vector<Account> accounts;
  for (const auto& [name, account] : host.accounts()) {
    const auto file =
        host.world().file_attributes(account.home + "/.forward", Rights{}, Symlinks::refuse);
    if (!account.home.empty() && file && *file) {
      accounts.push_back(account);
    }
  }
  return accounts;
}

void forward_ignored(HostView& host, Report& report) {
  if (!reads_forward_files(host)) {
    return;
  }
  for (const Account& account : forwarding_accounts(host)) {
    const std::string path = account.home + "/.forward";
    const auto file =
        host.world().read_file(path, rights_of(account), Symlinks::refuse, kMaxForwardSize);
    if (!file || !*file) {
      continue;
    }
    if (const auto objection = judge_forward(path, **file, account)) {
      report
          .add(SourcePos{path, 0}, "", "Postfix does not use this file: " + *objection,
               "a plain file that belongs to " + account.name + ", mode 644")
          .subject = account.name;
    }
  }
}

void forward_out_of_sight(HostView& host, Report& report) {
  if (!reads_forward_files(host)) {
    return;
  }
  for (const Account& account : forwarding_accounts(host)) {
    const auto access = host.world().may_enter(account.home, rights_of(account));
    if (access && *access == Access::refused) {
      report
          .add(SourcePos{account.home, 0}, "",
               account.name + " may not enter " + account.home +
                   ", so the .forward there is not "
                   "seen",
               "chown " + account.name + " " + account.home)
          .subject = account.name;
    }
  }
}

void forward_without_destination(HostView& host, Report& report) {
  if (!reads_forward_files(host)) {
    return;
  }
  for (const Account& account : forwarding_accounts(host)) {
    const std::string path = account.home + "/.forward";
    const std::string* const text = host.text(path);
    bool has_member = text == nullptr;
    MemberLines lines(text == nullptr ? std::string_view() : *text, kLongLine);
    while (const auto line = lines.next()) {
      has_member = has_member || !parse_members(line->text).empty();
    }
    if (!has_member) {
      report
          .add(SourcePos{path, 0}, "", "this file forwards nothing: mail goes to the mailbox",
               "remove it")
          .subject = account.name;
    }
  }
}

void forward_path_tilde(HostView& host, Report& report) {
  const auto& path = host.settings().forward_path;
  constexpr std::array<std::string_view, 9> kKnown = {
      "user",          "home",   "shell", "recipient",
      "extension",     "domain", "local", "recipient_delimiter",
      "client_address"};
  if (path.value.find('~') != std::string::npos) {
    report
        .add(path.source, "~", "`~` means nothing here: no .forward file is found",
             "forward_path = $home/.forward")
        .subject = "forward_path";
  }
  std::set<std::string> unknown;
  static_cast<void>(expand_macros(path.value, [&](std::string_view name) {
    if (std::ranges::find(kKnown, name) == kKnown.end()) {
      unknown.emplace(name);
    }
    return std::optional<std::string>("x");
  }));
  for (const std::string& name : unknown) {
    report
        .add(path.source, "$" + name, "$" + name + " stands for nothing in forward_path",
             "$user, $home or another name of local(8)")
        .subject = "forward_path";
  }
}

void forward_never_read(HostView& host, Report& report) {
  if (reads_forward_files(host)) {
    return;
  }
  std::vector<std::string> names;
  for (const Account& account : forwarding_accounts(host)) {
    names.push_back(account.name);
  }
  if (!names.empty()) {
    const bool by_transport = !host.uses_local_agent();
    const char* const parameter = by_transport ? "local_transport" : "forward_path";
    report
        .add(host.place(parameter), "",
             std::to_string(names.size()) +
                 (names.size() == 1 ? " user has a .forward file that is never read: "
                                    : " users have .forward files that are never read: ") +
                 comma_list(names),
             by_transport ? "mailbox_transport instead of local_transport"
                          : "forward_path = $home/.forward")
        .subject = parameter;
  }
}

constexpr std::array kForwardRules = {
    Rule{"forward-ignored", Severity::warning, Needs::rights,
         "A `.forward` that Postfix will not use and does not tell the user about: a symbolic link "
         "or no regular file, another owner, world-writable, unreadable. Mail stays in the "
         "mailbox; the warning is in root's log. (Group-writable is fine in Postfix, unlike "
         "sendmail and OpenSMTPD.)",
         "a plain file of the user, mode 644", "", "", forward_ignored},
    Rule{"forward-out-of-sight", Severity::warning, Needs::rights,
         "A home directory that its user may not enter: as if there were no .forward file, without "
         "a warning. A file server that is down looks the same.",
         "chown; require_home_directory = yes defers instead", "", "", forward_out_of_sight},
    Rule{"forward-without-destination", Severity::notice, Needs::tables,
         "A .forward file with comments or blank lines alone: mail goes to the mailbox, as without "
         "it.",
         "remove it", "# nothing", "bob@partner.example", forward_without_destination},
    Rule{"forward-path-tilde", Severity::error, Needs::text,
         "`~` is not expanded in forward_path (nor in home_mailbox): no .forward is ever found.",
         "forward_path = $home/.forward", "forward_path = ~/.forward",
         "forward_path = $home/.forward", forward_path_tilde},
    Rule{"forward-never-read", Severity::notice, Needs::text,
         ".forward files that nothing reads: local_transport is not local(8), or forward_path is "
         "empty.",
         "mailbox_transport instead of local_transport", "local_transport = lmtp:unix:/run/lmtp",
         "mailbox_transport = lmtp:unix:/run/lmtp", forward_never_read},
};

}  // namespace

std::span<const Rule> forward_rules() {
  return kForwardRules;
}

}  // namespace lastmile
