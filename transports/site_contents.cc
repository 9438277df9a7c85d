// SPDX-License-Identifier: Apache-2.0
#include "transports/site_contents.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "aliases/macro.h"
#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "transports/configuration_files.h"
#include "transports/host_map_types.h"
#include "transports/parameter_catalogue.h"
#include "transports/table_release.h"

namespace lastmile {
namespace {

/// The items of a list such as mydestination that are files or tables. \see postconf(5)
void add_list(const std::vector<std::string>& list, std::size_t row, SiteContents& contents) {
  for (std::string_view item : list) {
    while (item.starts_with('!')) {
      item.remove_prefix(1);
    }
    if (item.starts_with('/')) {
      contents.files.emplace_back(item);
      continue;
    }
    auto spec = parse_table_spec(item);
    if (spec && find_map_type(spec->type) != nullptr) {
      contents.tables.push_back({*std::move(spec), row});
    }
  }
}

/// The tables and files that the parameters name.
void add_tables(const Settings& settings, SiteContents& contents) {
  for (std::size_t row = 0; row < parameter_catalogue().size(); ++row) {
    const Parameter& parameter = parameter_catalogue()[row];
    if (const auto* const tables = std::get_if<TablesParameter>(&parameter.kind)) {
      const auto& setting = (settings.*tables->member);
      // What no program reads says something only where somebody has set it.
      const bool is_of_use = setting.source || parameter.readers != Daemons();
      for (const TableSpec& spec : is_of_use ? setting.value : std::vector<TableSpec>()) {
        contents.tables.push_back({spec, row});
      }
    } else if (const auto* const list = std::get_if<MatchListParameter>(&parameter.kind)) {
      add_list((settings.*list->member).value, row, contents);
    }
  }
  // The sources of the aliases, beside their indexes.
  for (const TableSpec& spec : settings.alias_maps.value) {
    if (spec.name.starts_with('/')) {
      contents.files.push_back(spec.name);
    }
  }
}

/// The tables that the restriction lists of smtpd(8) name, such as that of check_recipient_access.
void add_restrictions(const Settings& settings, SiteContents& contents) {
  const auto add = [&contents](const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto spec = parse_table_spec(words[i]);
      // Where a policy server is looks like a table: unix:private/policy.
      const bool is_server = i > 0 && words[i - 1] == "check_policy_service";
      if (spec && !is_server && find_map_type(spec->type) != nullptr) {
        contents.tables.push_back({*std::move(spec), std::nullopt});
      }
    }
  };
  for (const auto list : {&Settings::smtpd_client_restrictions, &Settings::smtpd_helo_restrictions,
                          &Settings::smtpd_sender_restrictions, &Settings::smtpd_relay_restrictions,
                          &Settings::smtpd_recipient_restrictions}) {
    add((settings.*list).value);
  }
  for (const auto& [name, words] : settings.restrictions_of_classes) {
    add(words);
  }
}

void add_restrictions_of_services(const Settings& settings, World& world, SiteContents& contents) {
  for (const Service& service : settings.master_cf.services()) {
    if (!service.overrides.empty() && service.program == "smtpd") {
      add_restrictions(settings_of_line(settings, service, world), contents);
    }
  }
}

/// What the services that have tables of their own ask, and pipe(8).
void add_services(const Settings& settings, World& world, SiteContents& contents) {
  for (const Service& service : settings.master_cf.services()) {
    if (!service.overrides.empty() && daemon_of(service.program) != Daemon::every) {
      add_tables(settings_of_line(settings, service, world), contents);
    }
    if (service.program == "pipe") {
      contents.files.emplace_back("/etc/group");
    }
  }
}

/// The value of a name in forward_path for mail to the account itself, without an extension.
std::optional<std::string> forward_value(const Account& account, const Settings& settings,
                                         std::string_view name) {
  if (name == "user" || name == "local" || name == "mailbox") {
    return account.name;
  }
  if (name == "home") {
    return account.home;
  }
  if (name == "shell") {
    return account.shell;
  }
  if (name == "domain") {
    return settings.myorigin.value;
  }
  return name == "recipient" ? std::optional(account.name + "@" + settings.myorigin.value)
                             : std::nullopt;
}

/// Those candidates of forward_path that are not found in the home directory.
void add_forward_files(const Account& account, const Settings& settings, SiteContents& contents) {
  for (const std::string_view candidate : split_list(settings.forward_path.value)) {
    const auto path = expand_macros(
        candidate, [&](std::string_view name) { return forward_value(account, settings, name); });
    const bool usable = path && !path->undefined_name && path->text.starts_with('/');
    if (usable && !path->text.starts_with(account.home + "/.forward")) {
      contents.reader_files.push_back({path->text, account});
    }
  }
}

/// What stands in the way of a delivery: a maildir, where the path ends in a slash, or a file.
void add_mailbox(std::string path, SiteContents& contents) {
  if (path.ends_with('/')) {
    path.pop_back();
    contents.attributes_only.push_back(path + "/tmp");
    contents.attributes_only.push_back(path + "/new");
  }
  contents.attributes_only.push_back(std::move(path));
}

void add_mailboxes(const Account& account, const Settings& settings, SiteContents& contents) {
  const std::string& spool = settings.mail_spool_directory.value;
  if (!spool.empty()) {
    add_mailbox(spool.ends_with('/') ? spool + account.name + '/' : spool + '/' + account.name,
                contents);
  }
  if (!settings.home_mailbox.value.empty() && account.home.starts_with('/')) {
    add_mailbox(account.home + "/" + settings.home_mailbox.value, contents);
  }
}

}  // namespace

SiteContents named_tables(const Settings& settings, World& world) {
  SiteContents contents;
  add_tables(settings, contents);
  add_services(settings, world, contents);
  return contents;
}

Result<SiteContents> site_contents(const Settings& settings, World& world) {
  SiteContents contents = named_tables(settings, world);
  add_restrictions(settings, contents);
  add_restrictions_of_services(settings, world, contents);
  const std::string& directory = settings.config_directory.value;
  contents.config_directory = directory;
  const auto programs = settings.main_cf.expand("command_directory");
  contents.postconf = (programs ? programs->value_or("") : "") + "/postconf";
  for (const char* const name : {"/lastmile.cf", "/main.cf", "/master.cf"}) {
    contents.files.push_back(directory + name);
  }
  if (const auto origin = settings.main_cf.find("myorigin");
      origin && origin->value.starts_with('/')) {
    contents.files.push_back(origin->value);
    contents.files.emplace_back(kOsRelease);
  }
  const auto meta = settings.main_cf.expand("meta_directory");
  for (const std::string& place : {directory, meta ? (*meta).value_or(directory) : directory}) {
    contents.files.push_back(place + "/dynamicmaps.cf");
  }
  contents.policy.parameter = values_of(settings.main_cf);
  follow_release(contents.policy, settings.main_cf, world);
  // What the host's Postfix cannot open is not asked either: a trace says so, from the file as
  // well.
  contents.policy.host_refuses = [types = std::make_shared<HostMapTypes>(world, settings.main_cf)](
                                     std::string_view type) { return types->refusal_of(type); };
  contents.policy.utf8 = settings.smtputf8_enable.value;
  contents.attributes_only.push_back(settings.mail_spool_directory.value);
  const auto listing = world.for_each_account([&](const Account& account) {
    add_forward_files(account, settings, contents);
    add_mailboxes(account, settings, contents);
    return true;
  });
  if (!listing) {
    return Error(listing.error()).during("listing the accounts");
  }
  return contents;
}

}  // namespace lastmile
