// SPDX-License-Identifier: Apache-2.0
#include "transports/transport_rules.h"

#include <utility>

#include "aliases/text.h"
#include "transports/address_lookup.h"
#include "transports/domain_syntax.h"
#include "transports/rewrite.h"

namespace lastmile {
namespace {

/// Rounds in which an address is taken apart, beyond one for each of its octets.
constexpr std::size_t kMaxStrippedDomains = 100;

/// An address after the routing operators of local domains were undone.
struct Resolved {
  Address address = {};
  bool is_local = false;
  bool valid = true;
  std::vector<AddressChange> changes = {};
};

/// An address whose routing operators were undone, and the parameter that wants it so.
struct Undone {
  Address address = {};
  std::string_view parameter = {};
  std::optional<SourcePos> source = {};
};

/// Takes a local part with routing operators apart; nullopt when it has none.
std::optional<Undone> undo_operators(const std::string& local_part, const Settings& settings) {
  const auto has = [&local_part](char octet) {
    return local_part.find(octet) != std::string::npos;
  };
  const bool bang = settings.swap_bangpath.value && has('!');
  const bool percent = settings.allow_percent_hack.value && has('%');
  if (!is_quoted_local_part(local_part)) {
    if (!bang && !percent) {
      return std::nullopt;
    }
    Address address = rewrite_address({local_part, {}}, settings);
    return bang ? Undone{std::move(address), "swap_bangpath", settings.swap_bangpath.source}
                : Undone{std::move(address), "allow_percent_hack",
                         settings.allow_percent_hack.source};
  }
  if (!settings.resolve_dequoted_address.value) {
    return std::nullopt;
  }
  // A quoted string is opened at its last `@`, else its last `%`, else its first `!`.
  const auto opened = [&](std::string user, std::string domain) {
    const Address address = with_domain(std::move(user), std::move(domain));
    return Undone{has_null_domain(address) ? address : rewrite_address(address, settings),
                  "resolve_dequoted_address", settings.resolve_dequoted_address.source};
  };
  const auto split = [&](std::size_t at) {
    return opened(local_part.substr(0, at), std::string(trim(local_part.substr(at + 1))));
  };
  if (has('@')) {
    return split(local_part.rfind('@'));
  }
  if (percent) {
    return split(local_part.rfind('%'));
  }
  if (bang) {
    const std::size_t at = local_part.find('!');
    return opened(local_part.substr(at + 1), local_part.substr(0, at));
  }
  return std::nullopt;
}

/// Strips local domains and what they were asked to route, until the address names a user of this
/// host or a domain that is not local.
Result<Resolved> strip_local_domains(Configuration& configuration, Address address) {
  const Settings& settings = configuration.settings();
  std::vector<AddressChange> changes;
  const auto resolved = [&changes, &address](bool is_local, bool valid) {
    return Resolved{std::move(address), is_local, valid, std::move(changes)};
  };
  const std::size_t max_rounds =
      address.local_part.size() + address.domain.size() + kMaxStrippedDomains;
  std::optional<std::string> stripped;  // The last one; empty: that of `user@`.
  for (std::size_t round = 0; round <= max_rounds; ++round) {
    strip_trailing_dot(address.domain);
    if (has_null_domain(address)) {
      address.local_part.pop_back();
      stripped.emplace();
      if (address.local_part.find('@') != std::string::npos) {
        address = rewrite_address(split_address(address.local_part), settings);
        continue;
      }
    }
    if (!address.domain.empty()) {
      auto local = is_local_domain(configuration, address.domain);
      if (!local) {
        return std::move(local).error();
      }
      if (*local == Match::no) {
        return resolved(false, true);
      }
      stripped = std::exchange(address.domain, {});
    }
    if (auto undone = undo_operators(address.local_part, settings)) {
      address = std::move(undone->address);
      changes.push_back(
          {std::string(undone->parameter), to_external(address), false, std::move(undone->source)});
    } else if (address.local_part.empty()) {
      address = split_address(settings.empty_address_recipient.value);
      changes.push_back({"empty_address_recipient", to_external(address), false,
                         settings.empty_address_recipient.source});
    } else if (!stripped || (stripped->empty() && settings.resolve_null_domain.value)) {
      address.domain = settings.myhostname.value;
    } else if (stripped->empty()) {
      address = with_domain(std::move(address.local_part), {});
      return resolved(false, false);
    } else {
      address.domain = *std::move(stripped);
      return resolved(true, true);
    }
  }
  return resolved(false, false);
}

/// A bare IP address as domain becomes a domain literal where that is allowed; that of an IPv6
/// address has no tag, and is none of this host's. \return whether it did
bool bracket_numeric_domain(std::string& domain, const Settings& settings) {
  if (!settings.resolve_numeric_domain.value || !canonical_ip_address(domain)) {
    return false;
  }
  domain.insert(0, 1, '[').append(1, ']');
  return true;
}

/// \param is_bracketed  what bracket_numeric_domain() said
bool is_valid(const Address& address, const Settings& settings, bool is_bracketed) {
  const bool utf8 = settings.smtputf8_enable.value;
  if (!settings.allow_min_user.value && address.local_part.starts_with('-')) {
    return false;
  }
  if (utf8 && !is_valid_utf8(to_internal(address))) {
    return false;
  }
  if (is_bracketed) {
    return true;
  }
  return address.domain.starts_with('[')
             ? literal_address(address.domain).has_value()
             : is_valid_host_name(address.domain, utf8 ? NonAscii::allow : NonAscii::refuse);
}

/// Adds what in a list names the domain, when that is not the list itself.
void add_list_entry(MatchList& list, Route& route) {
  const auto entry = list.find(route.recipient.domain);
  if (!entry || !*entry) {
    return;
  }
  if ((*entry)->source) {
    route.class_source = (*entry)->source;
  }
  if (!(*entry)->table.empty()) {
    route.class_reason += ", by " + (*entry)->table + " for " + (*entry)->key;
  }
}

/// Says in words why the domain is of its class, with the line that says so where a trace wants it:
/// of a file or table in the list, or else of the parameter.
void explain_class(Configuration& configuration, Route& route) {
  const Settings& settings = configuration.settings();
  const std::string& domain = route.recipient.domain;
  const auto is_in = [&](std::string_view parameter, const auto& setting) {
    route.class_reason = domain + " is in " + std::string(parameter);
    route.class_source = setting.source;
  };
  const auto is_listed = [&](std::string_view parameter, const auto& setting, MatchList& list) {
    is_in(parameter, setting);
    if (configuration.wants_sources()) {
      add_list_entry(list, route);
    }
  };
  switch (route.address_class) {
    case AddressClass::local:
      if (domain.starts_with('[')) {
        is_in("inet_interfaces", settings.inet_interfaces);
      } else {
        is_listed("mydestination", settings.mydestination,
                  configuration.list(&Settings::mydestination));
      }
      break;
    case AddressClass::virtual_alias:
      is_listed("virtual_alias_domains", settings.virtual_alias_domains,
                configuration.list(&Settings::virtual_alias_domains));
      break;
    case AddressClass::virtual_mailbox:
      is_listed("virtual_mailbox_domains", settings.virtual_mailbox_domains,
                configuration.list(&Settings::virtual_mailbox_domains));
      break;
    case AddressClass::relay:
      is_listed("relay_domains", settings.relay_domains,
                configuration.list(&Settings::relay_domains));
      break;
    case AddressClass::other:
      route.class_reason = domain + " is no domain of this host";
      break;
  }
}

/// The main.cf parameter that names the transport of a class.
const Setting<std::string>& transport_of_class(AddressClass address_class,
                                               const Settings& settings) {
  switch (address_class) {
    case AddressClass::local:
      return settings.local_transport;
    case AddressClass::virtual_mailbox:
      return settings.virtual_transport;
    case AddressClass::relay:
      return settings.relay_transport;
    case AddressClass::virtual_alias:
    case AddressClass::other:
      break;
  }
  return settings.default_transport;
}

std::string_view transport_parameter(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::local:
      return "local_transport";
    case AddressClass::virtual_mailbox:
      return "virtual_transport";
    case AddressClass::relay:
      return "relay_transport";
    case AddressClass::virtual_alias:
    case AddressClass::other:
      break;
  }
  return "default_transport";
}

/// What a table has for the sender. \return nullopt when it has nothing, or DUNNO
Result<std::optional<TableHit>> find_for_sender(Configuration& configuration, TableList& maps,
                                                const Address& sender,
                                                const std::string& null_sender_key) {
  if (maps.empty()) {
    return std::optional<TableHit>();
  }
  std::optional<TableHit> found;
  if (sender.is_null()) {
    auto hit = maps.lookup(null_sender_key);
    if (!hit) {
      return hit;
    }
    found = *std::move(hit);
  } else {
    auto hit = find_address(configuration, maps, sender);
    if (!hit) {
      return std::move(hit).error();
    }
    if (*hit) {
      found = std::move((*hit)->hit);
    }
  }
  const bool says_nothing =
      found && (found->entry.value.empty() || equal_ignoring_case(found->entry.value, "DUNNO"));
  return says_nothing ? std::optional<TableHit>() : std::move(found);
}

/// default_transport, or what the sender has instead.
Result<Ok> choose_default_transport(Configuration& configuration, const Address& sender,
                                    Setting<std::string>& chosen, std::string& parameter) {
  const Settings& settings = configuration.settings();
  auto hit = find_for_sender(
      configuration, configuration.tables(&Settings::sender_dependent_default_transport_maps),
      sender, settings.empty_address_default_transport_maps_lookup_key.value);
  if (!hit) {
    return std::move(hit).error().during("sender_dependent_default_transport_maps lookup");
  }
  if (*hit) {
    parameter = "sender_dependent_default_transport_maps";
    chosen = {std::move((*hit)->entry.value), source_of(**hit)};
  }
  return Ok{};
}

/// The nexthop of mail that leaves this host: what the sender has, relayhost, or the domain.
Result<Ok> choose_relayhost(Configuration& configuration, const Address& sender, Route& route) {
  const Settings& settings = configuration.settings();
  auto hit = find_for_sender(configuration,
                             configuration.tables(&Settings::sender_dependent_relayhost_maps),
                             sender, settings.empty_address_relayhost_maps_lookup_key.value);
  if (!hit) {
    return std::move(hit).error().during("sender_dependent_relayhost_maps lookup");
  }
  if (*hit) {
    route.nexthop = std::move((*hit)->entry.value);
    route.parameter = "sender_dependent_relayhost_maps";
    route.source = source_of(**hit);
  } else if (!settings.relayhost.value.empty()) {
    route.nexthop = settings.relayhost.value;
    route.parameter = "relayhost";
    route.source = settings.relayhost.source;
  }
  return Ok{};
}

/// What the address class alone leads to.
Result<Ok> route_by_class(Configuration& configuration, const Address& sender, Route& route) {
  const Settings& settings = configuration.settings();
  // Virtual aliases were expanded before: what still has such a domain is nobody.
  if (route.address_class == AddressClass::virtual_alias) {
    route.transport = "error";
    route.nexthop = "5.1.1 User unknown";
    route.nexthop += settings.show_user_unknown_table_name.value ? " in virtual alias table" : "";
    route.parameter = "virtual_alias_domains";
    route.source = settings.virtual_alias_domains.source;
    return Ok{};
  }
  Setting<std::string> setting = transport_of_class(route.address_class, settings);
  route.parameter = transport_parameter(route.address_class);
  // Only what leaves may have a way of its sender's; where our own mail goes is no matter of who
  // writes.
  if (route.address_class == AddressClass::other) {
    auto chosen = choose_default_transport(configuration, sender, setting, route.parameter);
    if (!chosen) {
      return chosen;
    }
  }
  TransportNexthop target = split_transport(setting.value);
  route.source = setting.source;
  // trivial-rewrite(8) ends here, and all mail waits: nobody could say where it should go.
  if (target.transport.empty()) {
    return misconfigured(
        route.parameter + ": \"" + setting.value + "\": null transport is not allowed",
        setting.source);
  }
  const bool leaves_host =
      route.address_class == AddressClass::relay || route.address_class == AddressClass::other;
  route.transport = std::move(target.transport);
  route.nexthop = route.recipient.domain;
  // A nexthop that the transport names is meant for it alone; relayhost is for what names none.
  if (!target.nexthop.empty()) {
    route.nexthop = std::move(target.nexthop);
  } else if (leaves_host) {
    return choose_relayhost(configuration, sender, route);
  }
  return Ok{};
}

/// An entry of transport_maps, and the key that found it.
struct TransportEntry {
  TableHit hit = {};
  std::string key = {};
};

Result<std::optional<TransportEntry>> look_up_transport(TableList& maps, std::string_view key,
                                                        KeyUse use) {
  auto hit = maps.lookup(key, use);
  if (!hit) {
    return std::move(hit).error();
  }
  if (!*hit) {
    return std::optional<TransportEntry>();
  }
  return std::optional(TransportEntry{**std::move(hit), std::string(key)});
}

/// transport_maps by the address, its domain, the parents of that, and `*`.
Result<std::optional<TransportEntry>> find_transport(Configuration& configuration,
                                                     const Address& recipient) {
  const Settings& settings = configuration.settings();
  const bool plain = parent_style(settings, "transport_maps") == MatchStyle::parent_domains;
  for (const AddressKey& key : transport_keys(recipient, settings.extension_rules,
                                              plain ? ParentKeys::plain : ParentKeys::with_dot)) {
    auto hit =
        look_up_transport(configuration.tables(&Settings::transport_maps), key.text, key.use);
    if (!hit || *hit) {
      return hit;
    }
  }
  return std::optional<TransportEntry>();
}

Result<Ok> apply_transport_maps(Configuration& configuration, Route& route) {
  if (route.address_class == AddressClass::virtual_alias ||
      configuration.tables(&Settings::transport_maps).empty()) {
    return Ok{};
  }
  auto hit = find_transport(configuration, route.recipient);
  if (!hit) {
    return std::move(hit).error().during("transport_maps lookup");
  }
  if (!*hit) {
    return Ok{};
  }
  const TableHit& found = (*hit)->hit;
  TransportNexthop target = split_transport(found.entry.value);
  if (!target.transport.empty()) {
    route.transport = std::move(target.transport);
    route.nexthop = route.transport == "error" || route.transport == "retry"
                        ? "Address is undeliverable"
                        : route.recipient.domain;
  }
  if (!target.nexthop.empty()) {
    route.nexthop = std::move(target.nexthop);
  }
  route.parameter = "transport_maps";
  route.entry = {"transport_maps " + (*hit)->key, found.entry.value};
  route.source = source_of(found);
  return Ok{};
}

/// What the error service is told of an entry of relocated_maps.
std::string relocated_text(const Settings& settings, const std::string& value) {
  if (settings.relocated_prefix_enable.value ||
      !settings.postfix->has(VersionRule::relocated_prefix)) {
    return "5.1.6 User has moved to " + value;
  }
  std::string_view text = value;
  const auto status = take_enhanced_status(text);
  return status && !text.empty() ? to_string(*status) + ' ' + std::string(text)
                                 : "5.2.0 Mailbox is unavailable";
}

Result<Ok> apply_relocated_maps(Configuration& configuration, Route& route) {
  auto hit =
      find_address(configuration, configuration.tables(&Settings::relocated_maps), route.recipient);
  if (!hit) {
    return std::move(hit).error().during("relocated_maps lookup");
  }
  if (*hit) {
    route.transport = "error";
    route.nexthop = relocated_text(configuration.settings(), (*hit)->hit.entry.value);
    route.parameter = "relocated_maps";
    route.entry = {"relocated_maps " + (*hit)->key, (*hit)->hit.entry.value};
    route.source = source_of((*hit)->hit);
  }
  return Ok{};
}

}  // namespace

Result<Route> route_address(Configuration& configuration, const Address& address,
                            const Address& sender) {
  const Settings& settings = configuration.settings();
  auto resolved = strip_local_domains(configuration, address);
  if (!resolved) {
    return std::move(resolved).error();
  }
  Route route;
  route.recipient = std::move(resolved->address);
  route.changes = std::move(resolved->changes);
  const bool is_bracketed = bracket_numeric_domain(route.recipient.domain, settings);
  route.valid = resolved->valid && is_valid(route.recipient, settings, is_bracketed);
  if (!route.valid) {
    return route;
  }
  route.address_class = AddressClass::local;
  if (!resolved->is_local) {
    auto address_class = classify_domain(configuration, route.recipient.domain);
    if (!address_class) {
      return std::move(address_class).error();
    }
    route.address_class = *address_class;
  }
  explain_class(configuration, route);
  if (configuration.wants_sources()) {
    route.warnings = double_listings(configuration, route.recipient.domain, route.address_class);
  }
  if (auto routed = route_by_class(configuration, sender, route); !routed) {
    return std::move(routed).error();
  }
  if (auto mapped = apply_transport_maps(configuration, route); !mapped) {
    return std::move(mapped).error();
  }
  if (auto moved = apply_relocated_maps(configuration, route); !moved) {
    return std::move(moved).error();
  }
  return route;
}

Address stripped_recipient(Configuration& configuration, const Address& address) {
  const auto resolved = strip_local_domains(configuration, address);
  return resolved ? resolved->address : address;
}

}  // namespace lastmile
