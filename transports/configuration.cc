#include "transports/configuration.h"

#include <utility>

#include "transports/address_class.h"

namespace lastmile {
namespace {

TablePolicy lookup_policy(const Settings& settings, TableSources sources) {
  TablePolicy policy;
  policy.utf8 = settings.smtputf8_enable.value;
  policy.want_source = sources == TableSources::wanted;
  policy.parameter = [&main_cf = settings.main_cf](std::string_view name) {
    auto value = main_cf.expand(name);
    return value ? *std::move(value) : std::nullopt;
  };
  return policy;
}

/// For tables whose values name transports.
TablePolicy transport_policy(const Settings& settings, TableSources sources) {
  TablePolicy policy = lookup_policy(settings, sources);
  policy.allow_substitution = false;
  return policy;
}

/// For tables whose values are run or written to.
TablePolicy sensitive_policy(const Settings& settings, TableSources sources) {
  TablePolicy policy = transport_policy(settings, sources);
  policy.security_sensitive = true;
  return policy;
}

}  // namespace

Configuration::Configuration(const Settings& settings, World& world, TableSources sources)
    : alias_maps(settings.alias_maps.value, world, sensitive_policy(settings, sources)),
      mailbox_transport_maps(settings.mailbox_transport_maps.value, world,
                             transport_policy(settings, sources)),
      mailbox_command_maps(settings.mailbox_command_maps.value, world,
                           sensitive_policy(settings, sources)),
      fallback_transport_maps(settings.fallback_transport_maps.value, world,
                              transport_policy(settings, sources)),
      local_recipient_maps(settings.local_recipient_maps.value, world,
                           lookup_policy(settings, sources)),
      virtual_mailbox_maps(settings.virtual_mailbox_maps.value, world,
                           lookup_policy(settings, sources)),
      relay_recipient_maps(settings.relay_recipient_maps.value, world,
                           lookup_policy(settings, sources)),
      canonical_maps(settings.canonical_maps.value, world, lookup_policy(settings, sources)),
      recipient_canonical_maps(settings.recipient_canonical_maps.value, world,
                               lookup_policy(settings, sources)),
      sender_canonical_maps(settings.sender_canonical_maps.value, world,
                            lookup_policy(settings, sources)),
      sender_bcc_maps(settings.sender_bcc_maps.value, world, lookup_policy(settings, sources)),
      recipient_bcc_maps(settings.recipient_bcc_maps.value, world,
                         lookup_policy(settings, sources)),
      virtual_alias_maps(settings.virtual_alias_maps.value, world,
                         lookup_policy(settings, sources)),
      transport_maps(settings.transport_maps.value, world, transport_policy(settings, sources)),
      relocated_maps(settings.relocated_maps.value, world, lookup_policy(settings, sources)),
      sender_dependent_relayhost_maps(settings.sender_dependent_relayhost_maps.value, world,
                                      transport_policy(settings, sources)),
      sender_dependent_default_transport_maps(
          settings.sender_dependent_default_transport_maps.value, world,
          transport_policy(settings, sources)),
      mydestination(settings.mydestination.value, world, lookup_policy(settings, sources),
                    MatchStyle::exact),
      virtual_alias_domains(settings.virtual_alias_domains.value, world,
                            lookup_policy(settings, sources), MatchStyle::exact),
      virtual_mailbox_domains(settings.virtual_mailbox_domains.value, world,
                              lookup_policy(settings, sources), MatchStyle::exact),
      relay_domains(settings.relay_domains.value, world, lookup_policy(settings, sources),
                    parent_style(settings, "relay_domains")),
      masquerade_exceptions(settings.masquerade_exceptions.value, world,
                            lookup_policy(settings, sources), MatchStyle::exact),
      settings_(settings),
      world_(world),
      sources_(sources) {}

TablePolicy Configuration::policy_for_rights() const {
  return sensitive_policy(settings_, sources_);
}

Configurations::Configurations(const Settings& settings, World& world, TableSources sources)
    : system_(settings, world, sources), world_(world), sources_(sources) {}

Configuration& Configurations::of_service(const std::string& service) {
  const Settings& settings = system_.settings().of_service(service);
  if (&settings == &system_.settings()) {
    return system_;
  }
  auto& own = of_services_[service];
  if (own == nullptr) {
    own = std::make_unique<Configuration>(settings, world_, sources_);
  }
  return *own;
}

}  // namespace lastmile
