#include "transports/configuration.h"

#include <utility>

#include "transports/parameter_catalogue.h"
#include "transports/table_keys.h"

namespace lastmile {

Configuration::Configuration(const Settings& settings, World& world, TableUse use)
    : settings_(settings),
      world_(world),
      use_(use),
      host_types_(std::make_unique<HostMapTypes>(world, settings.main_cf)) {}

TablePolicy Configuration::lookup_policy() const {
  TablePolicy policy;
  policy.utf8 = settings_.smtputf8_enable.value;
  policy.want_source = use_ == TableUse::explain;
  policy.keep_snapshot = use_ == TableUse::survey;
  policy.host_refuses = [&types = *host_types_](std::string_view type) {
    return types.refusal_of(type);
  };
  policy.parameter = values_of(settings_.main_cf);
  return policy;
}

TablePolicy Configuration::policy_for_rights() const {
  TablePolicy policy = lookup_policy();
  policy.allow_substitution = false;
  policy.security_sensitive = true;
  policy.fold_key = false;
  return policy;
}

TableList& Configuration::tables(Setting<std::vector<TableSpec>> Settings::*parameter) {
  for (const auto& opened : tables_) {
    if (opened.parameter == parameter) {
      return *opened.list;
    }
  }
  TablePolicy policy = policy_for(parameter_of(parameter), lookup_policy());
  tables_.push_back({parameter, std::make_unique<TableList>((settings_.*parameter).value, world_,
                                                            std::move(policy))});
  return *tables_.back().list;
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
  return *lists_.back().list;
}

void Configuration::release_tables() {
  for (const auto& opened : tables_) {
    opened.list->release();
  }
  for (const auto& opened : lists_) {
    opened.list->release();
  }
}

ServiceConfigurations::ServiceConfigurations(const Settings& settings, World& world, TableUse use)
    : system_(settings, world, use), world_(world), use_(use) {}

Configuration& ServiceConfigurations::of_service(const std::string& service) {
  const Settings& settings = system_.settings().of_service(service);
  if (&settings == &system_.settings()) {
    return system_;
  }
  auto& own = of_services_[service];
  if (own == nullptr) {
    own = std::make_unique<Configuration>(settings, world_, use_);
  }
  return *own;
}

void ServiceConfigurations::release_tables() {
  system_.release_tables();
  for (const auto& [service, configuration] : of_services_) {
    configuration->release_tables();
  }
}

}  // namespace lastmile
