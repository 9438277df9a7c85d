// SPDX-License-Identifier: Apache-2.0
#include "transports/address_class.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "aliases/text.h"
#include "transports/domain_syntax.h"

namespace lastmile {
namespace {

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

/// Whether the name localhost stands for it.
bool is_localhost(std::string_view address) {
  return address == "::1" || address == "127.0.0.1";
}

/// \param item  an address as the parameters have it, with or without brackets
bool is_same_address(std::string_view item, const std::string& address) {
  if (item.starts_with('[') && item.ends_with(']')) {
    item = item.substr(1, item.size() - 2);
  }
  return canonical_ip_address(item) == address;
}

bool contains_address(const std::vector<std::string>& list, const std::string& address) {
  return std::ranges::any_of(
      list, [&address](const std::string& item) { return is_same_address(item, address); });
}

/// Whether this host speaks the protocol of an address at all. \see postconf(5), inet_protocols
bool is_spoken(const std::string& address, const Settings& settings) {
  const std::string_view protocol = address.find(':') == std::string::npos ? "ipv4" : "ipv6";
  return std::ranges::any_of(split_list(settings.inet_protocols.value), [&](std::string_view word) {
    return equal_ignoring_case(word, protocol) || equal_ignoring_case(word, "all");
  });
}

/// What an item of inet_interfaces stands for.
enum class Interfaces { this_host, this_host_but_loopback, loopback, localhost, one_address };

Interfaces interfaces_of(std::string_view item, const Settings& settings, const HostFacts& host) {
  if (equal_ignoring_case(item, "all")) {
    return Interfaces::this_host;
  }
  if (equal_ignoring_case(item, "loopback-only")) {
    return Interfaces::loopback;
  }
  if (equal_ignoring_case(item, "localhost")) {
    return Interfaces::localhost;
  }
  // Resolving asks no DNS: the host's own name stands for the host's addresses.
  if (equal_ignoring_case(item, settings.myhostname.value) ||
      equal_ignoring_case(item, host.hostname)) {
    return Interfaces::this_host_but_loopback;
  }
  return Interfaces::one_address;
}

std::string_view without_trailing_dot(std::string_view domain) {
  return domain.size() > 1 && domain.ends_with('.') ? domain.substr(0, domain.size() - 1) : domain;
}

/// A parameter that lists the domains of a class.
struct DomainList {
  MatchList* domains = nullptr;
  std::string_view parameter = {};
  AddressClass address_class = AddressClass::other;
};

/// Those behind mydestination, in the order in which they are asked.
std::array<DomainList, 3> domain_lists(Configuration& configuration) {
  return {{
      {&configuration.list(&Settings::virtual_alias_domains), "virtual_alias_domains",
       AddressClass::virtual_alias},
      {&configuration.list(&Settings::virtual_mailbox_domains), "virtual_mailbox_domains",
       AddressClass::virtual_mailbox},
      {&configuration.list(&Settings::relay_domains), "relay_domains", AddressClass::relay},
  }};
}

Error in_parameter(Error error, std::string_view parameter) {
  return std::move(error).during(std::string(parameter) + " lookup");
}

}  // namespace

Result<Match> is_own_address(const std::string& address, const Settings& settings, World& world) {
  if (!is_spoken(address, settings)) {
    return Match::no;
  }
  bool ask_host = false;
  for (const std::string& item : settings.inet_interfaces.value) {
    const Interfaces interfaces = interfaces_of(item, settings, world.host());
    if ((interfaces == Interfaces::localhost && is_localhost(address)) ||
        (interfaces == Interfaces::one_address && is_same_address(item, address))) {
      return Match::yes;
    }
    ask_host = ask_host || interfaces == Interfaces::this_host ||
               (interfaces == Interfaces::loopback && is_loopback(address)) ||
               (interfaces == Interfaces::this_host_but_loopback && !is_loopback(address));
  }
  if (contains_address(settings.proxy_interfaces.value, address)) {
    return Match::yes;
  }
  if (!ask_host) {
    return Match::no;
  }
  auto own = world.interface_addresses();
  if (!own) {
    return std::move(own).error().during("inet_interfaces");
  }
  return contains_address(*own, address) ? Match::yes : Match::no;
}

std::string_view name_of(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::local:
      return "local";
    case AddressClass::virtual_alias:
      return "virtual alias";
    case AddressClass::virtual_mailbox:
      return "virtual mailbox";
    case AddressClass::relay:
      return "relay";
    case AddressClass::other:
      return "default";
  }
  return {};
}

Result<Match> is_local_domain(Configuration& configuration, std::string_view domain) {
  domain = without_trailing_dot(domain);
  // Each lookup of an address asks this: classify_domain() alone tells of a miss.
  auto listed = configuration.list(&Settings::mydestination).find(domain);
  if (!listed) {
    return in_parameter(std::move(listed).error(), "mydestination");
  }
  if (*listed && (*listed)->match == Match::yes) {
    return Match::yes;
  }
  const auto address = literal_address(domain);
  if (!address) {
    return Match::no;
  }
  return is_own_address(*address, configuration.settings(), configuration.world());
}

Result<AddressClass> classify_domain(Configuration& configuration, std::string_view domain) {
  auto local = is_local_domain(configuration, domain);
  if (!local) {
    return std::move(local).error();
  }
  if (*local == Match::yes) {
    return AddressClass::local;
  }
  configuration.list(&Settings::mydestination).note_miss(without_trailing_dot(domain));
  for (const DomainList& candidate : domain_lists(configuration)) {
    auto listed = candidate.domains->contains(domain);
    if (!listed) {
      return in_parameter(std::move(listed).error(), candidate.parameter);
    }
    if (*listed == Match::yes) {
      return candidate.address_class;
    }
  }
  return AddressClass::other;
}

std::vector<std::string> double_listings(Configuration& configuration, std::string_view domain,
                                         AddressClass address_class) {
  std::vector<std::string> warnings;
  std::string_view first = address_class == AddressClass::local ? "mydestination" : "";
  for (const DomainList& candidate : domain_lists(configuration)) {
    // relay_domains had $mydestination as its default, and lists it in many a main.cf.
    const bool is_usual =
        address_class == AddressClass::local && candidate.address_class == AddressClass::relay;
    if (candidate.address_class == address_class) {
      first = candidate.parameter;
    } else if (!first.empty() && !is_usual) {
      const auto listed = candidate.domains->find(domain);
      if (listed && *listed && (*listed)->match == Match::yes) {
        warnings.push_back("do not list domain " + std::string(domain) + " in BOTH " +
                           std::string(first) + " and " + std::string(candidate.parameter));
      }
    }
  }
  return warnings;
}

MatchStyle parent_style(const Settings& settings, std::string_view parameter) {
  // The value is a list of patterns, as any other: the first that matches decides.
  for (const std::string& item : settings.parent_domain_matches_subdomains.value) {
    const bool negated = item.starts_with('!');
    if (equal_ignoring_case(std::string_view(item).substr(negated ? 1 : 0), parameter)) {
      return negated ? MatchStyle::dotted_subdomains : MatchStyle::parent_domains;
    }
  }
  return MatchStyle::dotted_subdomains;
}

}  // namespace lastmile
