// SPDX-License-Identifier: Apache-2.0
#include "transports/configuration.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/address_class.h"
#include "transports/configuration_files.h"
#include "transports/parameter_catalogue.h"
#include "transports/table_keys.h"
#include "transports/table_release.h"
#include "transports/unfilled_template.h"

namespace lastmile {

Configuration::Configuration(const Settings& settings, World& world, TableUse use)
    : settings_(settings),
      world_(world),
      use_(use),
      host_types_(std::make_unique<HostMapTypes>(world, settings.main_cf)) {}

TablePolicy Configuration::lookup_policy() const {
  TablePolicy policy;
  policy.utf8 = settings_.smtputf8_enable.value;
  policy.want_source = names_lines(use_);
  policy.keep_snapshot = use_ == TableUse::survey || use_ == TableUse::list;
  policy.host_refuses = [&types = *host_types_](std::string_view type) {
    return types.refusal_of(type);
  };
  policy.explain_failure = [this](std::string_view named, Error error) {
    return explain_unfilled_template(settings_.main_cf, world_, named, std::move(error));
  };
  policy.parameter = values_of(settings_.main_cf);
  follow_release(policy, settings_.main_cf, world_);
  return policy;
}

TablePolicy Configuration::policy_for_rights() const {
  TablePolicy policy = lookup_policy();
  policy.allow_substitution = false;
  policy.security_sensitive = true;
  policy.fold_key = false;
  return policy;
}

TablePolicy Configuration::policy_of(Setting<std::vector<TableSpec>> Settings::*parameter) const {
  return policy_for(parameter_of(parameter), lookup_policy());
}

TableList& Configuration::tables(Setting<std::vector<TableSpec>> Settings::*parameter) {
  for (const auto& opened : tables_) {
    if (opened.parameter == parameter) {
      return *opened.list;
    }
  }
  tables_.push_back({parameter, std::make_unique<TableList>((settings_.*parameter).value, world_,
                                                            policy_of(parameter))});
  record_misses_of(*tables_.back().list, parameter);
  return *tables_.back().list;
}

TableList& Configuration::tables_beyond(Setting<std::vector<TableSpec>> Settings::*parameter,
                                        Setting<std::vector<TableSpec>> Settings::*other) {
  for (const auto& opened : tables_beyond_) {
    if (opened.parameter == parameter) {
      return *opened.list;
    }
  }
  std::vector<TableSpec> specs = (settings_.*parameter).value;
  std::erase_if(specs, [&others = (settings_.*other).value](const TableSpec& spec) {
    return std::ranges::find(others, spec) != others.end();
  });
  tables_beyond_.push_back(
      {parameter, std::make_unique<TableList>(std::move(specs), world_, policy_of(parameter))});
  return *tables_beyond_.back().list;
}

void Configuration::record_misses_of(TableList& tables,
                                     Setting<std::vector<TableSpec>> Settings::*parameter) {
  if (record_ != nullptr) {
    tables.on_miss(
        record_->watch({parameter_of(parameter).name, (settings_.*parameter).source,
                        [&tables] { return tables.names(); },
                        [&tables](std::string_view key) { return tables.near_misses(key); }}));
  }
}

MatchList& Configuration::list(Setting<std::vector<std::string>> Settings::*parameter) {
  for (const auto& opened : lists_) {
    if (opened.parameter == parameter) {
      return *opened.list;
    }
  }
  const MatchStyle style = match_style(settings_, parameter_of(parameter));
  lists_.push_back({parameter, std::make_unique<MatchList>((settings_.*parameter).value, world_,
                                                           lookup_policy(), style)});
  MatchList& list = *lists_.back().list;
  if (record_ != nullptr && !list.empty()) {
    list.on_miss(record_->watch({parameter_of(parameter).name, (settings_.*parameter).source,
                                 [&list] { return list.contents(); },
                                 [&list](std::string_view key) { return list.near_misses(key); }}));
  }
  return list;
}

TableList& Configuration::table(const TableSpec& spec) {
  auto& list = other_tables_[to_string(spec)];
  if (list == nullptr) {
    list = std::make_unique<TableList>(std::vector<TableSpec>{spec}, world_, lookup_policy());
  }
  return *list;
}

NetworkList& Configuration::client_networks() {
  if (client_networks_ == nullptr) {
    MainCf main_cf = settings_.main_cf;
    set_network_default(main_cf, world_);
    const auto value = main_cf.expand("mynetworks");
    const std::string text = value ? (*value).value_or("127.0.0.0/8 [::1]/128") : "";
    const auto items = split_list(text, Braces::protect);
    client_networks_ =
        std::make_unique<NetworkList>(std::vector<std::string>(items.begin(), items.end()), world_,
                                      lookup_policy(), parent_style(settings_, "mynetworks"));
  }
  return *client_networks_;
}

void Configuration::release_tables() {
  for (const auto& [name, list] : other_tables_) {
    list->release();
  }
  for (const auto* all : {&tables_, &tables_beyond_}) {
    for (const auto& opened : *all) {
      opened.list->release();
    }
  }
  for (const auto& opened : lists_) {
    opened.list->release();
  }
}

ServiceConfigurations::ServiceConfigurations(const Settings& settings, World& world, TableUse use)
    : system_(settings, world, use), world_(world), use_(use) {
  if (names_lines(use_)) {
    system_.record_misses(record_);
  }
  join_rewriting(system_);
}

void ServiceConfigurations::join_rewriting(Configuration& configuration) {
  const auto& name = configuration.settings().rewrite_service_name;
  const Service* const line = system_.settings().master_cf.find_internal(name.value);
  Configuration& rewriting = of_line(line);
  if (&rewriting != &configuration) {
    configuration.ask_for_rewriting(rewriting);
  }
}

Configuration& ServiceConfigurations::of_service(const std::string& service) {
  const Settings& settings = system_.settings().of_service(service);
  if (&settings == &system_.settings()) {
    return system_;
  }
  auto& own = of_services_[service];
  if (own == nullptr) {
    own = std::make_unique<Configuration>(settings, world_, use_);
    if (names_lines(use_)) {
      own->record_misses(record_);
    }
    join_rewriting(*own);
  }
  return *own;
}

Configuration& ServiceConfigurations::of_line(const Service* line) {
  if (line == nullptr || line->overrides.empty()) {
    return system_;
  }
  const auto place =
      static_cast<std::size_t>(line - system_.settings().master_cf.services().data());
  auto& own = of_lines_[place];
  if (own == nullptr) {
    auto& settings = settings_of_lines_[place];
    settings =
        std::make_unique<const Settings>(settings_of_line(system_.settings(), *line, world_));
    own = std::make_unique<Configuration>(*settings, world_, use_);
    if (names_lines(use_)) {
      own->record_misses(record_);
    }
    if (daemon_of(line->program) != Daemon::trivial_rewrite) {
      join_rewriting(*own);
    }
  }
  return *own;
}

MailPath ServiceConfigurations::path_behind(Configuration& entry) {
  const MasterCf& master_cf = system_.settings().master_cf;
  const auto& cleanup = entry.settings().cleanup_service_name;
  const auto& queue = system_.settings().queue_service_name;
  const Service* const line = master_cf.find_internal(cleanup.value);
  MailPath path = {&entry, &of_line(line), &of_line(master_cf.find_internal(queue.value)), {}};
  if (line == nullptr && cleanup.source) {
    path.failure = misconfigured("cleanup_service_name: \"" + printable(cleanup.value) +
                                     "\": master.cf has no such service of type unix",
                                 cleanup.source);
  }
  const std::pair<Configuration*, Daemon> programs[] = {
      {path.cleanup, Daemon::cleanup},
      {path.queue_manager, Daemon::qmgr},
      {&entry.rewriting(), Daemon::trivial_rewrite},
      {&path.cleanup->rewriting(), Daemon::trivial_rewrite},
      {&path.queue_manager->rewriting(), Daemon::trivial_rewrite},
  };
  for (const auto& [configuration, daemon] : programs) {
    if (auto failure = configuration->settings().failure_of(daemon); failure && !path.failure) {
      path.failure = std::move(failure);
    }
  }
  return path;
}

Configuration& ServiceConfigurations::of_probes(Configuration& rewriting) {
  const auto known = of_probes_.find(&rewriting);
  if (known != of_probes_.end()) {
    return known->second == nullptr ? rewriting : *known->second;
  }
  auto& own = of_probes_[&rewriting];
  if (auto settings = settings_of_probes(rewriting.settings(), world_)) {
    own = std::make_unique<Configuration>(*settings, world_, use_);
    settings_of_probes_.push_back(std::move(settings));
  }
  return own == nullptr ? rewriting : *own;
}

void ServiceConfigurations::release_tables() {
  system_.release_tables();
  for (const auto& [service, configuration] : of_services_) {
    configuration->release_tables();
  }
  for (const auto& [place, configuration] : of_lines_) {
    configuration->release_tables();
  }
}

}  // namespace lastmile
