// SPDX-License-Identifier: Apache-2.0
#include "transports/address_lookup.h"

#include <algorithm>
#include <span>
#include <utility>

#include "aliases/text.h"
#include "aliases/tokens.h"
#include "transports/address_class.h"
#include "transports/rewrite.h"

namespace lastmile {

namespace {

using Form = AddressKey::Form;

bool holds_extension(Form form) {
  return form != Form::address_without_extension && form != Form::user;
}

/// The addresses of a value. One without an @ outside of quotes is a local part alone.
std::vector<Address> parse_address_list(std::string_view text) {
  if (is_plain_address(text)) {
    return {split_address(text)};
  }
  const auto tokens = scan_tokens(text);
  std::vector<Address> addresses;
  for (const auto& [first, last] : group_addresses(tokens)) {
    const auto own = std::span(tokens).subspan(first, last - first);
    std::string internal = internal_form(text, own);
    const bool has_domain =
        std::ranges::any_of(own, [](const Token& token) { return token.sign == '@'; });
    addresses.push_back(has_domain ? split_address(internal) : Address{std::move(internal), {}});
  }
  return addresses;
}

/// The addresses of what a table has for an address. What begins with @ gets the local part of the
/// query in front, and all before the last @ is one local part in internal form then.
std::vector<Address> named_addresses(const Address& query, const AddressHit& found) {
  const std::string& value = found.hit.entry.value;
  if (trim(value) == "<>") {
    return {Address{}};
  }
  return parse_address_list(value.starts_with('@')
                                ? to_external(split_address(found.kept_local_part(query) + value))
                                : value);
}

}  // namespace

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

std::string AddressHit::kept_local_part(const Address& query) const {
  if (!unmatched_extension) {
    return query.local_part;
  }
  return query.local_part.substr(0, query.local_part.size() - unmatched_extension->size() - 1);
}

Result<std::optional<AddressHit>> find_address(Configuration& configuration, TableList& tables,
                                               const Address& address, PatternForms forms) {
  if (tables.empty() || address.is_null()) {
    return std::nullopt;
  }
  auto kind = domain_kind(configuration, address.domain);
  if (!kind) {
    return std::move(kind).error();
  }
  const ExtensionRules& rules = configuration.settings().extension_rules;
  std::vector<AddressKey> keys = address_keys(address, rules, *kind);
  const std::string external = keys.front().text;
  for (AddressKey& key : keys) {
    const bool is_passed_over = forms == PatternForms::external && key.text != external;
    auto hit = tables.lookup(key.text, is_passed_over ? KeyUse::partial : key.use);
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

std::vector<Address> mapped_addresses(Configuration& configuration, const Address& query,
                                      const AddressHit& found, std::string_view kind) {
  const bool propagates =
      found.unmatched_extension &&
      configuration.settings().propagate_unmatched_extensions.value.contains(kind);
  std::vector<Address> results;
  for (const Address& address : named_addresses(query, found)) {
    Address result = rewrite_parsed(address, configuration.rewriting().settings());
    if (propagates) {
      const std::size_t end = result.local_part.size() - (has_null_domain(result) ? 1 : 0);
      result.local_part.insert(end, found.delimiter + *found.unmatched_extension);
    }
    results.push_back(std::move(result));
  }
  return results;
}

Error no_address_in(const std::string& parameter, const AddressHit& found) {
  return misconfigured(parameter + " lookup of " + found.key + " returns non-address result \"" +
                           found.hit.entry.value + '"',
                       found.hit.entry.source);
}

SourcePos source_of(const TableHit& hit) {
  return hit.entry.source ? *hit.entry.source : SourcePos{hit.table, 0};
}

}  // namespace lastmile
