// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/macro.h"
#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// The faults of a parameter in main.cf, and in the services that have settings of their own.
std::vector<ParameterFault> faults_of(HostView& host, std::string_view parameter) {
  std::vector<ParameterFault> found;
  std::set<std::string> seen;
  const auto collect = [&](const Settings& settings) {
    for (const ParameterFault& fault : settings.faults) {
      if (fault.parameter == parameter && seen.insert(fault.error.message()).second) {
        found.push_back(fault);
      }
    }
  };
  collect(host.settings());
  for (const auto& [name, settings] : host.settings().services) {
    collect(*settings);
  }
  return found;
}

bool is_size_conflict(const ParameterFault& fault) {
  return fault.error.text.find("configuration error") != std::string::npos;
}

void mailbox_limit_below_message(HostView& host, Report& report) {
  for (const ParameterFault& fault : faults_of(host, "mailbox_size_limit")) {
    if (is_size_conflict(fault)) {
      report
          .add(fault.error.source, "", fault.error.text + "; local(8) does not start",
               "mailbox_size_limit = 0")
          .subject = fault.parameter;
    }
  }
}

/// Whether virtual(8) stores anything.
bool uses_virtual_agent(HostView& host) {
  const auto is_virtual = [&host](const NamedTransport& named) {
    const Service* const service =
        host.settings().master_cf.find_transport(split_transport(named.text).transport);
    const bool is_default = named.parameter == "virtual_transport" &&
                            host.settings().virtual_mailbox_domains.value.empty();
    return service != nullptr && service->program == "virtual" && !is_default;
  };
  return std::ranges::any_of(host.transports(), is_virtual);
}

void virtual_limit_below_message(HostView& host, Report& report) {
  if (!uses_virtual_agent(host)) {
    return;
  }
  for (const ParameterFault& fault : faults_of(host, "virtual_mailbox_limit")) {
    if (is_size_conflict(fault)) {
      report
          .add(fault.error.source, "", fault.error.text + "; virtual(8) does not start",
               "virtual_mailbox_limit = 0")
          .subject = fault.parameter;
    }
  }
}

void virtual_base_relative(HostView& host, Report& report) {
  if (!uses_virtual_agent(host)) {
    return;
  }
  for (const ParameterFault& fault : faults_of(host, "virtual_mailbox_base")) {
    report
        .add(fault.error.source ? *fault.error.source : host.place("virtual_mailbox_domains"), "",
             fault.error.text + "; virtual(8) does not start",
             "virtual_mailbox_base = /var/mail/vhosts")
        .subject = fault.parameter;
  }
}

void default_privs_forbidden(HostView& host, Report& report) {
  const auto faults = faults_of(host, "default_privs");
  for (const ParameterFault& fault : faults) {
    report
        .add(fault.error.source, "", fault.error.text + "; no Postfix program starts",
             "default_privs = nobody")
        .subject = fault.parameter;
  }
  const auto account = host.world().account_by_name(host.settings().default_privs.value);
  if (faults.empty() && host.is_set("default_privs") && account && !*account) {
    report
        .add(host.place("default_privs"), host.settings().default_privs.value,
             "there is no account " + host.settings().default_privs.value +
                 ": no Postfix program starts",
             "default_privs = nobody")
        .subject = "default_privs";
  }
}

/// One of the settings by which local(8) stores mail, in the order in which they count.
struct StorageSetting {
  std::string_view name = {};
  bool takes_everything = false;  ///< What stands behind it is never reached.
};

void mailbox_setting_shadowed(HostView& host, Report& report) {
  constexpr std::array<StorageSetting, 6> kOrder = {StorageSetting{"mailbox_transport_maps", false},
                                                    StorageSetting{"mailbox_transport", true},
                                                    StorageSetting{"mailbox_command_maps", false},
                                                    StorageSetting{"mailbox_command", true},
                                                    StorageSetting{"home_mailbox", true},
                                                    StorageSetting{"mail_spool_directory", true}};
  std::string_view first;
  for (const StorageSetting& setting : kOrder) {
    const bool is_there = host.is_set(setting.name) && !host.value(setting.name).empty();
    if (is_there && !first.empty() && setting.name != "mail_spool_directory") {
      report
          .add(host.place(setting.name), std::string(setting.name),
               std::string(setting.name) + " has no effect: " + std::string(first) +
                   " comes first and takes all mail",
               "remove one of the two")
          .subject = setting.name;
    }
    first = is_there && setting.takes_everything && first.empty() ? setting.name : first;
  }
  constexpr std::pair<std::string_view, std::string_view> kNever[] = {
      {"fallback_transport", "mailbox_transport"},
      {"fallback_transport_maps", "mailbox_transport"},
      {"luser_relay", "mailbox_transport"},
      {"luser_relay", "fallback_transport"}};
  std::set<std::string_view> told;
  for (const auto& [name, by] : kNever) {
    const auto raw = host.settings().main_cf.find(name);
    const bool is_there = host.is_set(name) && raw && !raw->value.empty();
    if (is_there && !host.value(by).empty() && told.insert(name).second) {
      report
          .add(host.place(name), std::string(name),
               std::string(name) + " has no effect: " + std::string(by) +
                   " takes unknown users, too",
               "remove one of the two")
          .subject = name;
    }
  }
}

void home_mailbox_slash(HostView& host, Report& report) {
  const auto& home_mailbox = host.settings().home_mailbox;
  const std::string& name = home_mailbox.value;
  if (name.empty() || name.ends_with('/')) {
    return;
  }
  bool is_maildir = name.ends_with("Maildir") || name.ends_with(".maildir");
  for (const auto& [user, account] : host.accounts()) {
    const auto file = is_maildir ? std::nullopt : host.file(account.home + "/" + name);
    is_maildir = is_maildir || (file && file->type == FileType::directory);
  }
  if (is_maildir) {
    report
        .add(home_mailbox.source, name,
             "without a slash at the end this is an mbox file called " + name,
             "home_mailbox = " + name + "/")
        .subject = "home_mailbox";
  }
}

void home_mailbox_path(HostView& host, Report& report) {
  const auto& home_mailbox = host.settings().home_mailbox;
  const std::string& name = home_mailbox.value;
  const bool is_outside = name.starts_with('/') && !name.ends_with('/');
  if (name.starts_with('~') || is_outside || name.find('$') != std::string::npos) {
    report
        .add(home_mailbox.source, name,
             "this is /home/USER/" + name + ": it is put behind the home directory as it is",
             "home_mailbox = Maildir/")
        .subject = "home_mailbox";
  }
}

void luser_relay_list(HostView& host, Report& report) {
  const auto& relay = host.settings().luser_relay;
  if (split_list(relay.value, Braces::protect).size() > 1) {
    report
        .add(relay.source, relay.value,
             "luser_relay is one address: mail to unknown users vanishes",
             "luser_relay = unknown, and `unknown: " + relay.value + "` in the aliases")
        .subject = "luser_relay";
  }
}

void luser_relay_macro(HostView& host, Report& report) {
  const auto& relay = host.settings().luser_relay;
  constexpr std::array<std::string_view, 8> kKnown = {
      "user", "local", "domain", "extension", "recipient", "home", "shell", "recipient_delimiter"};
  std::set<std::string> unknown;
  static_cast<void>(expand_macros(relay.value, [&](std::string_view name) {
    if (std::ranges::find(kKnown, name) == kKnown.end()) {
      unknown.emplace(name);
    }
    return std::optional<std::string>("x");
  }));
  for (const std::string& name : unknown) {
    report
        .add(relay.source, "$" + name, "$" + name + " stands for nothing in luser_relay",
             "write the name out, or use $domain")
        .subject = "luser_relay";
  }
}

void mailbox_lock_disagrees(HostView& host, Report& report) {
  for (const char* const path : {"/etc/dovecot/dovecot.conf", "/etc/dovecot/conf.d/10-mail.conf"}) {
    const std::string* const text = host.text(path);
    if (text == nullptr) {
      continue;
    }
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
      const std::string_view line = trim(rest.substr(0, rest.find('\n')));
      rest.remove_prefix(std::min(rest.size(), rest.find('\n') == std::string_view::npos
                                                   ? rest.size()
                                                   : rest.find('\n') + 1));
      if (!line.starts_with("mbox_write_locks")) {
        continue;
      }
      const std::size_t equals = line.find('=');
      const auto theirs = split_list(line.substr(std::min(equals, line.size() - 1) + 1));
      const std::string value = host.value("mailbox_delivery_lock");
      const auto ours = split_list(value);
      if (!std::ranges::equal(ours, theirs)) {
        report.add(
            SourcePos{path, number}, "",
            "Postfix locks mailboxes by " + comma_list(ours) + ", Dovecot by " + comma_list(theirs),
            "the same locks in the same order on both sides");
      }
    }
  }
}

constexpr std::array kStorageRules = {
    Rule{"mailbox-setting-shadowed", Severity::warning, Needs::text,
         "Settings behind one that always wins: mailbox_transport_maps, mailbox_transport, "
         "mailbox_command_maps, mailbox_command, home_mailbox, mail_spool_directory, in this "
         "order; fallback_transport and luser_relay are never reached when mailbox_transport is "
         "set; luser_relay not when fallback_transport is.",
         "remove one",
         "mailbox_transport = lmtp:unix:/run/lmtp; home_mailbox = Maildir/; luser_relay = carol",
         "mailbox_transport = lmtp:unix:/run/lmtp", mailbox_setting_shadowed},
    Rule{"home-mailbox-slash", Severity::warning, Needs::tables,
         "`home_mailbox = Maildir` without `/` is an mbox *file*: it is made where there is none, "
         "and bounces 5.2.0 `Is a directory` where the maildir exists.",
         "home_mailbox = Maildir/", "home_mailbox = Maildir", "home_mailbox = Maildir/",
         home_mailbox_slash},
    Rule{"home-mailbox-path", Severity::warning, Needs::text,
         "home_mailbox is put behind `$home/` as it is: `~/Maildir/` makes a directory `~`, "
         "`/var/mail/alice` is below the home and bounces.",
         "home_mailbox = Maildir/", "home_mailbox = ~/Maildir/", "home_mailbox = Maildir/",
         home_mailbox_path},
    Rule{"mailbox-limit-below-message", Severity::error, Needs::text,
         "mailbox_size_limit below message_size_limit (or limited while that one is 0): local(8) "
         "ends at once, all local mail waits. `postfix check` and `postconf` say nothing.",
         "mailbox_size_limit = 0", "mailbox_size_limit = 1000000", "mailbox_size_limit = 0",
         mailbox_limit_below_message},
    Rule{"virtual-limit-below-message", Severity::error, Needs::text,
         "virtual_mailbox_limit below message_size_limit, where virtual(8) is in use: it does not "
         "start, and its mail waits.",
         "virtual_mailbox_limit = 0", "virtual_mailbox_limit = 1000", "virtual_mailbox_limit = 0",
         virtual_limit_below_message},
    Rule{"virtual-base-relative", Severity::error, Needs::text,
         "virtual_mailbox_base must be an absolute path: virtual(8) ends with a fatal error, and "
         "its mail waits.",
         "virtual_mailbox_base = /var/mail/vhosts", "virtual_mailbox_base = var/mail/vhosts",
         "virtual_mailbox_base = /var/mail/vhosts", virtual_base_relative},
    Rule{"default-privs-forbidden", Severity::error, Needs::tables,
         "default_privs that is root, has gid 0, is $mail_owner or does not exist: *every* Postfix "
         "program ends, sendmail included (`user root has privileged user ID`; `default_privs and "
         "mail_owner specify the same user`).",
         "default_privs = nobody", "default_privs = postfix", "default_privs = nobody",
         default_privs_forbidden},
    Rule{"mailbox-lock-disagrees", Severity::notice, Needs::text,
         "mbox files, and the locks of Postfix (`mailbox_delivery_lock`) are not those of the "
         "other writer (Dovecot's mbox_write_locks, if its configuration is in the tree), or in "
         "another order: dead locks or none.",
         "the same order on both sides", "mbox_write_locks = dotlock fcntl", "fcntl dotlock",
         mailbox_lock_disagrees},
    Rule{"luser-relay-list", Severity::error, Needs::text,
         "luser_relay is one address. `alice, bob` is a user with a comma in the name: the message "
         "disappears, no log line, no bounce.",
         "luser_relay = unknown, and unknown: alice, bob in aliases", "luser_relay = alice, bob",
         "luser_relay = unknown", luser_relay_list},
    Rule{"luser-relay-macro", Severity::error, Needs::text,
         "Parameters of main.cf are unknown in luser_relay: `alice@$mydomain` is `alice@`, 5.1.3.",
         "luser_relay = alice", "luser_relay = alice@$mydomain", "luser_relay = alice",
         luser_relay_macro},
};

}  // namespace

std::span<const Rule> storage_rules() {
  return kStorageRules;
}

}  // namespace lastmile
