#include "transports/address_lookup.h"

#include <utility>

#include "aliases/text.h"
#include "transports/address_class.h"

namespace lastmile {

namespace {

using Form = AddressKey::Form;

Result<DomainKind> domain_kind(Configuration& configuration, const std::string& domain) {
  if (equal_ignoring_case(domain, configuration.settings().myorigin.value)) {
    return DomainKind::own;
  }
  auto local = is_local_domain(configuration, domain);
  if (!local) {
    return std::move(local).error();
  }
  return *local == Match::yes ? DomainKind::own : DomainKind::foreign;
}

bool holds_extension(Form form) {
  return form != Form::address_without_extension && form != Form::user;
}

}  // namespace

std::string AddressHit::kept_local_part(const Address& query) const {
  if (!unmatched_extension) {
    return query.local_part;
  }
  return query.local_part.substr(0, query.local_part.size() - unmatched_extension->size() - 1);
}

Result<std::optional<AddressHit>> find_address(Configuration& configuration, TableList& tables,
                                               const Address& address) {
  if (tables.empty()) {
    return std::nullopt;
  }
  auto kind = domain_kind(configuration, address.domain);
  if (!kind) {
    return std::move(kind).error();
  }
  const ExtensionRules& rules = configuration.settings().extension_rules;
  for (AddressKey& key : address_keys(address, rules, *kind)) {
    auto hit = tables.lookup(key.text, key.use);
    if (!hit) {
      return std::move(hit).error();
    }
    if (!*hit) {
      continue;
    }
    AddressHit found{std::move(**hit), std::move(key.text), key.form, {}, '\0'};
    const SplitLocalPart split = split_extension(address.local_part, rules);
    if (split.extension && !holds_extension(key.form)) {
      found.unmatched_extension = std::string(*split.extension);
      found.delimiter = split.delimiter;
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace lastmile
