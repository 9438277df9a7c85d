#include "transports/address_lookup.h"

#include <span>
#include <utility>

#include "aliases/text.h"
#include "aliases/tokens.h"
#include "transports/address_class.h"
#include "transports/rewrite.h"

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

/// The addresses of a value.
std::vector<Address> parse_address_list(std::string_view text) {
  const auto tokens = scan_tokens(text);
  std::vector<Address> addresses;
  for (const auto& [first, last] : group_addresses(tokens)) {
    addresses.push_back(
        split_address(internal_form(text, std::span(tokens).subspan(first, last - first))));
  }
  return addresses;
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
  if (tables.empty() || address.is_null()) {
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

std::vector<Address> mapped_addresses(const Settings& settings, const Address& query,
                                      const AddressHit& found, std::string_view kind) {
  const std::string& value = found.hit.entry.value;
  if (trim(value) == "<>") {
    return {Address{}};
  }
  // Behind the local part of the query the value is no list any more, but one address.
  const std::vector<Address> named =
      value.starts_with('@') ? std::vector{split_address(found.kept_local_part(query) + value)}
                             : parse_address_list(value);
  const bool propagates = settings.propagate_unmatched_extensions.value.contains(kind);
  std::vector<Address> results;
  for (const Address& address : named) {
    Address result = rewrite_address(address, settings);
    if (found.unmatched_extension && propagates) {
      result.local_part += found.delimiter + *found.unmatched_extension;
    }
    results.push_back(std::move(result));
  }
  return results;
}

Error no_address_in(const std::string& parameter, const AddressHit& found) {
  return {Error::Kind::misconfigured,
          parameter + " lookup of " + found.key + " returns non-address result \"" +
              found.hit.entry.value + '"',
          found.hit.entry.source,
          {}};
}

SourcePos source_of(const TableHit& hit) {
  return hit.entry.source ? *hit.entry.source : SourcePos{hit.table, 0};
}

}  // namespace lastmile
