#include "transports/configuration.h"

#include <utility>

#include "transports/address_class.h"

namespace lastmile {
namespace {

TablePolicy lookup_policy(const Settings& settings, TableUse use) {
  TablePolicy policy;
  policy.utf8 = settings.smtputf8_enable.value;
  policy.want_source = use == TableUse::explain;
  policy.keep_snapshot = use == TableUse::survey;
  policy.parameter = [&main_cf = settings.main_cf](std::string_view name) {
    auto value = main_cf.expand(name);
    return value ? *std::move(value) : std::nullopt;
  };
  return policy;
}

/// For tables whose values name transports.
TablePolicy transport_policy(const Settings& settings, TableUse use) {
  TablePolicy policy = lookup_policy(settings, use);
  policy.allow_substitution = false;
  return policy;
}

/// For tables whose values are run or written to.
TablePolicy sensitive_policy(const Settings& settings, TableUse use) {
  TablePolicy policy = transport_policy(settings, use);
  policy.security_sensitive = true;
  return policy;
}

/// For tables that an agent asks by a name it has folded itself: keys are as they are written, and
/// one in capitals is never found unless postmap(1) has folded it.
TablePolicy with_keys_as_written(TablePolicy policy) {
  policy.fold_key = false;
  return policy;
}

}  // namespace

Configuration::Configuration(const Settings& settings, World& world, TableUse use)
    : alias_maps(settings.alias_maps.value, world, sensitive_policy(settings, use)),
      mailbox_transport_maps(settings.mailbox_transport_maps.value, world,
                             with_keys_as_written(transport_policy(settings, use))),
      mailbox_command_maps(settings.mailbox_command_maps.value, world,
                           with_keys_as_written(sensitive_policy(settings, use))),
      fallback_transport_maps(settings.fallback_transport_maps.value, world,
                              with_keys_as_written(transport_policy(settings, use))),
      local_recipient_maps(settings.local_recipient_maps.value, world,
                           lookup_policy(settings, use)),
      virtual_mailbox_maps(settings.virtual_mailbox_maps.value, world,
                           lookup_policy(settings, use)),
      relay_recipient_maps(settings.relay_recipient_maps.value, world,
                           lookup_policy(settings, use)),
      canonical_maps(settings.canonical_maps.value, world, lookup_policy(settings, use)),
      recipient_canonical_maps(settings.recipient_canonical_maps.value, world,
                               lookup_policy(settings, use)),
      sender_canonical_maps(settings.sender_canonical_maps.value, world,
                            lookup_policy(settings, use)),
      sender_bcc_maps(settings.sender_bcc_maps.value, world, lookup_policy(settings, use)),
      recipient_bcc_maps(settings.recipient_bcc_maps.value, world, lookup_policy(settings, use)),
      virtual_alias_maps(settings.virtual_alias_maps.value, world, lookup_policy(settings, use)),
      transport_maps(settings.transport_maps.value, world, transport_policy(settings, use)),
      relocated_maps(settings.relocated_maps.value, world, lookup_policy(settings, use)),
      sender_dependent_relayhost_maps(settings.sender_dependent_relayhost_maps.value, world,
                                      transport_policy(settings, use)),
      sender_dependent_default_transport_maps(
          settings.sender_dependent_default_transport_maps.value, world,
          transport_policy(settings, use)),
      mydestination(settings.mydestination.value, world, lookup_policy(settings, use),
                    MatchStyle::exact),
      virtual_alias_domains(settings.virtual_alias_domains.value, world,
                            lookup_policy(settings, use), MatchStyle::exact),
      virtual_mailbox_domains(settings.virtual_mailbox_domains.value, world,
                              lookup_policy(settings, use), MatchStyle::exact),
      relay_domains(settings.relay_domains.value, world, lookup_policy(settings, use),
                    parent_style(settings, "relay_domains")),
      masquerade_exceptions(settings.masquerade_exceptions.value, world,
                            lookup_policy(settings, use), MatchStyle::exact),
      settings_(settings),
      world_(world),
      use_(use) {}

TablePolicy Configuration::policy_for_rights() const {
  return with_keys_as_written(sensitive_policy(settings_, use_));
}

void Configuration::release_tables() {
  for (TableList* const tables :
       {&alias_maps, &mailbox_transport_maps, &mailbox_command_maps, &fallback_transport_maps,
        &local_recipient_maps, &virtual_mailbox_maps, &relay_recipient_maps, &canonical_maps,
        &recipient_canonical_maps, &sender_canonical_maps, &sender_bcc_maps, &recipient_bcc_maps,
        &virtual_alias_maps, &transport_maps, &relocated_maps, &sender_dependent_relayhost_maps,
        &sender_dependent_default_transport_maps}) {
    tables->release();
  }
  for (MatchList* const list : {&mydestination, &virtual_alias_domains, &virtual_mailbox_domains,
                                &relay_domains, &masquerade_exceptions}) {
    list->release();
  }
}

Configurations::Configurations(const Settings& settings, World& world, TableUse use)
    : system_(settings, world, use), world_(world), use_(use) {}

Configuration& Configurations::of_service(const std::string& service) {
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

void Configurations::release_tables() {
  system_.release_tables();
  for (const auto& [service, configuration] : of_services_) {
    configuration->release_tables();
  }
}

}  // namespace lastmile
