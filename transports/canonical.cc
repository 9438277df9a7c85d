// SPDX-License-Identifier: Apache-2.0
#include "transports/canonical.h"

#include <optional>
#include <utility>

#include "aliases/text.h"
#include "transports/address_lookup.h"
#include "transports/rewrite.h"

namespace lastmile {
namespace {

/// Rounds of a canonical map. \see canonical(5); cleanup(8) accepts the address that it has then
constexpr int kMaxCanonicalRounds = 10;

/// Follows one canonical map to its end.
Result<Ok> follow_map(Configuration& configuration, TableList& table, const std::string& name,
                      CanonicalAddress& current) {
  for (int round = 0; round < kMaxCanonicalRounds; ++round) {
    auto found = find_address(configuration, table, current.address, PatternForms::external);
    if (!found) {
      return std::move(found).error().during("looking in " + name);
    }
    if (!*found) {
      return Ok{};
    }
    auto results = mapped_addresses(configuration, current.address, **found, "canonical");
    if (results.empty()) {
      return no_address_in(name, **found);
    }
    current.changes.push_back(
        {name + ' ' + (*found)->key, (*found)->hit.entry.value, false, source_of((*found)->hit)});
    const bool is_same = fold_case(configuration.settings(), results.front()) ==
                         fold_case(configuration.settings(), current.address);
    current.address = std::move(results.front());
    if (is_same) {
      return Ok{};
    }
  }
  current.changes.push_back(
      {"unreasonable " + name + " map nesting for " + to_external(current.address), {}, true, {}});
  return Ok{};
}

/// The domain that masquerading puts in place of `domain`, or nullopt when it stays.
/// \see postconf(5), masquerade_domains: the first entry that matches decides
std::optional<std::string> masqueraded(const std::vector<std::string>& entries,
                                       std::string_view domain) {
  for (std::string_view entry : entries) {
    bool replaces = true;
    while (entry.starts_with('!')) {
      replaces = !replaces;
      entry.remove_prefix(1);
    }
    if (entry.empty()) {
      continue;
    }
    if (equal_ignoring_case(entry, domain)) {
      return std::nullopt;
    }
    const bool is_below = domain.size() > entry.size() &&
                          domain[domain.size() - entry.size() - 1] == '.' &&
                          equal_ignoring_case(domain.substr(domain.size() - entry.size()), entry);
    if (is_below) {
      return replaces ? std::optional(std::string(entry)) : std::nullopt;
    }
  }
  return std::nullopt;
}

Result<Ok> masquerade(Configuration& configuration, CanonicalAddress& current) {
  const Settings& settings = configuration.settings();
  Address& address = current.address;
  if (address.domain.empty() || settings.masquerade_domains.value.empty()) {
    return Ok{};
  }
  auto excepted = configuration.list(&Settings::masquerade_exceptions).contains(address.local_part);
  if (!excepted) {
    return std::move(excepted).error().during("masquerade_exceptions lookup");
  }
  auto domain = masqueraded(settings.masquerade_domains.value, address.domain);
  if (*excepted == Match::yes || !domain) {
    return Ok{};
  }
  address.domain = *std::move(domain);
  current.changes.push_back({"masquerade_domains " + address.domain, to_external(address), false,
                             settings.masquerade_domains.source});
  return Ok{};
}

}  // namespace

Result<CanonicalAddress> canonical_address(Configuration& configuration, Address address,
                                           EnvelopeSide side) {
  const Settings& settings = configuration.settings();
  const bool is_sender = side == EnvelopeSide::sender;
  const std::string_view kind = is_sender ? "envelope_sender" : "envelope_recipient";
  const NameSet& own_classes = is_sender ? settings.sender_canonical_classes.value
                                         : settings.recipient_canonical_classes.value;
  CanonicalAddress current = {std::move(address), {}};
  if (own_classes.contains(kind)) {
    TableList& own = is_sender ? configuration.tables(&Settings::sender_canonical_maps)
                               : configuration.tables(&Settings::recipient_canonical_maps);
    const std::string name = is_sender ? "sender_canonical_maps" : "recipient_canonical_maps";
    if (auto done = follow_map(configuration, own, name, current); !done) {
      return std::move(done).error();
    }
  }
  if (settings.canonical_classes.value.contains(kind)) {
    auto done = follow_map(configuration, configuration.tables(&Settings::canonical_maps),
                           "canonical_maps", current);
    if (!done) {
      return std::move(done).error();
    }
  }
  if (settings.masquerade_classes.value.contains(kind)) {
    if (auto done = masquerade(configuration, current); !done) {
      return std::move(done).error();
    }
  }
  return current;
}

bool maps_addresses(const Settings& settings, MessageOrigin origin) {
  return origin == MessageOrigin::mail_system ||
         !settings.receive_override_options.value.contains("no_address_mappings");
}

Result<Address> canonical_sender(Configuration& configuration, const Settings& entry,
                                 const Address& sender, MessageOrigin origin) {
  const Settings& settings = configuration.settings();
  Address rewritten = rewrite_address(sender, configuration.rewriting().settings());
  const bool is_mail_system = fold_case(rewritten.local_part) == "mailer-daemon" &&
                              fold_case(rewritten.domain) == fold_case(settings.myorigin.value);
  if (is_mail_system || rewritten.is_null()) {
    return Address{};
  }
  if (!maps_addresses(entry, origin)) {
    return rewritten;
  }
  auto canonical = canonical_address(configuration, std::move(rewritten), EnvelopeSide::sender);
  if (!canonical) {
    return std::move(canonical).error();
  }
  return std::move(canonical->address);
}

}  // namespace lastmile
