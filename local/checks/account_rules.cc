// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/address.h"
#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

constexpr uid_t kFirstPerson = 1000;
constexpr uid_t kNobodysUid = 65534;

/// Nobody logs in as a system account, or reads its mail.
bool is_system(const Account& account) {
  return account.uid < kFirstPerson || account.uid == kNobodysUid ||
         account.shell.ends_with("/nologin") || account.shell.ends_with("/false");
}

/// Whether mail for accounts is delivered here at all.
bool accounts_receive(HostView& host) {
  return !host.settings().mydestination.value.empty() && host.uses_local_agent();
}

SourcePos passwd() {
  return {std::string("/etc/passwd"), 0};
}

void account_upper_case(HostView& host, Report& report) {
  if (!accounts_receive(host)) {
    return;
  }
  for (const auto& [name, account] : host.accounts()) {
    const std::string folded = fold_ascii(name);
    if (name != folded && !host.accounts().contains(folded) && !host.is_alias(folded)) {
      Finding& finding =
          report.add(passwd(), "", name + " cannot get mail: names are folded to lower case",
                     folded + ": an alias that leads to its mailbox, or rename the account");
      finding.subject = name;
      finding.severity = is_system(account) ? Severity::notice : Severity::error;
    }
  }
}

void account_has_delimiter(HostView& host, Report& report) {
  if (!accounts_receive(host)) {
    return;
  }
  const ExtensionRules& rules = host.settings().extension_rules;
  for (const auto& [name, account] : host.accounts()) {
    const auto split = split_extension(name, rules);
    if (!split.extension || host.is_alias(name)) {
      continue;
    }
    Finding& finding =
        report.add(host.place("recipient_delimiter"), "",
                   name + " is accepted, and then split at `" + std::string(1, split.delimiter) +
                       "`: its mail goes to " + std::string(split.user),
                   "recipient_delimiter = +, or an alias " + name);
    finding.subject = name;
    finding.severity = is_system(account) ? Severity::notice : Severity::error;
  }
}

void account_system_receives(HostView& host, Report& report) {
  if (!accounts_receive(host)) {
    return;
  }
  std::vector<std::string> names;
  for (const auto& [name, account] : host.accounts()) {
    const bool is_of_people = name == "root" || account.uid == kNobodysUid;
    if (is_system(account) && !is_of_people && account.uid < kFirstPerson &&
        (account.shell.ends_with("/nologin") || account.shell.ends_with("/false")) &&
        !host.is_alias(name)) {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    return;
  }
  constexpr std::size_t kFew = 4;
  const std::vector<std::string> first(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kFew, names.size())));
  report.add(passwd(), "",
             std::to_string(names.size()) +
                 (names.size() == 1 ? " system account takes" : " system accounts take") +
                 " mail that nobody reads (" + comma_list(first) +
                 (names.size() > kFew ? ", ...)" : ")"),
             names.front() + ": root, or local_recipient_maps without them");
}

constexpr std::array kAccountRules = {
    Rule{"account-upper-case", Severity::error, Needs::tables,
         "Names are folded before the look-up; an account `Gina` is unreachable, 550 at RCPT and "
         "5.1.1 at delivery.",
         "gina: \"...\" alias, or rename the account", "Gina:x:2007:...", "gina:x:2007:...",
         account_upper_case},
    Rule{"account-has-delimiter", Severity::error, Needs::tables,
         "An account whose name holds a character of recipient_delimiter: smtpd finds the whole "
         "name and accepts, local(8) splits it: `unknown user: \"anna\"`.",
         "recipient_delimiter = +, or an alias \"anna-maria\"",
         "recipient_delimiter = -; anna-maria:x:2008:2008::/home/am:/bin/sh",
         "recipient_delimiter = +; anna-maria:x:2008:2008::/home/am:/bin/sh",
         account_has_delimiter},
    Rule{"account-system-receives", Severity::notice, Needs::tables,
         "System accounts (uid below 1000, nologin shell) without alias take mail into a file that "
         "nobody reads; spam fills it.",
         "www-data: root, or local_recipient_maps without them",
         "www-data:x:33:33::/var/www:/usr/sbin/nologin", "www-data: root", account_system_receives},
};

}  // namespace

std::span<const Rule> account_rules() {
  return kAccountRules;
}

}  // namespace lastmile
