// SPDX-License-Identifier: Apache-2.0
#include "transports/table_keys.h"

#include <optional>
#include <utility>

#include "aliases/text.h"
#include "transports/address_class.h"
#include "transports/address_lookup.h"

namespace lastmile {
namespace {

std::optional<ParentKeys> parents_in(MatchStyle style) {
  switch (style) {
    case MatchStyle::exact:
      break;
    case MatchStyle::parent_domains:
      return ParentKeys::plain;
    case MatchStyle::dotted_subdomains:
      return ParentKeys::with_dot;
  }
  return std::nullopt;
}

std::vector<AddressKey> user_keys(const Settings& settings, const Address& address,
                                  KeyOrder order) {
  using Form = AddressKey::Form;
  const std::string local_part = fold_case(settings, address.local_part);
  const auto split = split_extension(local_part, settings.extension_rules);
  std::vector<AddressKey> keys;
  if (order == KeyOrder::alias && split.extension) {
    keys.push_back({local_part, KeyUse::whole, Form::local_part});
  }
  keys.push_back({std::string(split.user), KeyUse::whole, Form::user});
  if (order != KeyOrder::alias) {
    return keys;
  }
  std::vector<AddressKey> asked;
  for (AddressKey& key : keys) {
    const std::string quoted = to_external(Address{key.text, ""});
    if (quoted != key.text && settings.postfix->has(VersionRule::aliases_asked_quoted)) {
      asked.push_back({quoted, key.use, key.form});
    }
    asked.push_back(std::move(key));
  }
  return asked;
}

/// A name in each domain that is written down as this host's own.
std::vector<Address> in_own_domains(const Settings& settings, std::string_view name) {
  std::vector<Address> addresses = {{std::string(name), settings.myorigin.value}};
  for (const std::string& item : settings.mydestination.value) {
    const bool is_name = !item.empty() && item.find_first_of("/!:#") == std::string::npos;
    if (is_name && !equal_ignoring_case(item, settings.myorigin.value)) {
      addresses.push_back({std::string(name), item});
    }
  }
  return addresses;
}

}  // namespace

TablePolicy policy_for(const Parameter& parameter, TablePolicy policy) {
  const auto* const tables = std::get_if<TablesParameter>(&parameter.kind);
  if (tables == nullptr) {
    policy.fold_key = false;  // What a list is asked for is folded already.
    return policy;
  }
  policy.allow_substitution = tables->values == TableValues::texts;
  policy.security_sensitive = tables->values == TableValues::actions;
  policy.fold_key = tables->folded_by == TablesParameter::FoldedBy::table;
  return policy;
}

MatchStyle match_style(const Settings& settings, const Parameter& parameter) {
  const auto* const list = std::get_if<MatchListParameter>(&parameter.kind);
  return list != nullptr && list->parents == MatchListParameter::Parents::as_configured
             ? parent_style(settings, parameter.name)
             : MatchStyle::exact;
}

Result<std::vector<AddressKey>> keys_for(Configuration& configuration, const Parameter& parameter,
                                         const Address& address) {
  const Settings& settings = configuration.settings();
  const KeyOrder order = key_order_of(parameter).value_or(KeyOrder::text);
  switch (order) {
    case KeyOrder::address:
      break;
    case KeyOrder::transport:
      return transport_keys(
          address, settings.extension_rules,
          parents_in(parent_style(settings, parameter.name)).value_or(ParentKeys::with_dot));
    case KeyOrder::alias:
    case KeyOrder::user:
      return user_keys(settings, address, order);
    case KeyOrder::local_part:
      return std::vector<AddressKey>{
          {fold_case(settings, address.local_part), KeyUse::whole, AddressKey::Form::local_part}};
    case KeyOrder::domain:
      return domain_keys(fold_case(settings, address.domain),
                         parents_in(match_style(settings, parameter)));
    case KeyOrder::text:
      return std::vector<AddressKey>{
          {to_internal(address), KeyUse::whole, AddressKey::Form::address}};
  }
  const auto kind = domain_kind(configuration, address.domain);
  if (!kind) {
    return kind.error();
  }
  return address_keys(address, settings.extension_rules, *kind);
}

std::vector<Address> addresses_asked_with(const Settings& settings, KeyOrder order,
                                          std::string_view key) {
  if (key.empty() || order == KeyOrder::domain || order == KeyOrder::text) {
    return {};
  }
  const bool takes_addresses = order == KeyOrder::address || order == KeyOrder::transport;
  if (order == KeyOrder::alias && key.starts_with('"') &&
      settings.postfix->has(VersionRule::aliases_asked_quoted)) {
    const auto name = parse_address(key);
    return name ? in_own_domains(settings, to_internal(*name)) : std::vector<Address>{};
  }
  if (!takes_addresses || (order == KeyOrder::address && key.find('@') == std::string_view::npos)) {
    return in_own_domains(settings, key);
  }
  if (key.starts_with('@') || key.find('@') == std::string_view::npos) {
    return {};
  }
  auto address = parse_address(key);
  return address && !address->domain.empty() ? std::vector<Address>{*std::move(address)}
                                             : std::vector<Address>();
}

}  // namespace lastmile
