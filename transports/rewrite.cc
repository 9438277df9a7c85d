// SPDX-License-Identifier: Apache-2.0
#include "transports/rewrite.h"

#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// Gives an address without a domain one, by the first rule that applies.
void qualify(Address& address, const Settings& settings) {
  const std::string& local_part = address.local_part;
  const bool quoted = is_quoted_local_part(local_part);
  const std::size_t bang = local_part.find('!');
  const std::size_t percent = local_part.rfind('%');
  if (settings.swap_bangpath.value && !quoted && bang != std::string::npos) {
    address = with_domain(local_part.substr(bang + 1), local_part.substr(0, bang));
  } else if (settings.allow_percent_hack.value && !quoted && percent != std::string::npos) {
    address = with_domain(local_part.substr(0, percent), local_part.substr(percent + 1));
  } else if (settings.append_at_myorigin.value) {
    address.domain = settings.myorigin.value;
  }
}

}  // namespace

Address without_source_route(const Address& address) {
  if (!address.local_part.empty() && address.local_part.front() != '@') {
    return address;
  }
  const std::string internal = to_internal(address);
  const std::size_t route = source_route_size(internal);
  return route == 0 ? address : split_address(std::string_view(internal).substr(route));
}

void strip_trailing_dot(std::string& domain) {
  if (domain.size() > 1 && domain.ends_with('.') && domain[domain.size() - 2] != '.') {
    domain.pop_back();
  }
}

bool has_null_domain(const Address& address) {
  return address.domain.empty() && address.local_part.ends_with('@');
}

Address with_domain(std::string local_part, std::string domain) {
  if (domain.empty()) {
    local_part += '@';
  }
  return {std::move(local_part), std::move(domain)};
}

bool is_quoted_local_part(const std::string& local_part) {
  return to_external(Address{local_part, "domain"}).starts_with('"');
}

Address rewrite_address(const Address& address, const Settings& settings) {
  Address result = without_source_route(address);
  if (result.is_null() || has_null_domain(result)) {
    return result;
  }
  if (result.domain.empty()) {
    qualify(result, settings);
  }
  if (has_null_domain(result)) {
    return result;
  }
  std::string& domain = result.domain;
  if (settings.append_dot_mydomain.value && !domain.empty() && !domain.starts_with('[') &&
      domain.find('.') == std::string::npos) {
    domain += "." + settings.mydomain.value;
  }
  strip_trailing_dot(domain);
  return result;
}

Address rewrite_parsed(const Address& address, const Settings& settings) {
  return to_internal(address) == "@" ? Address{} : rewrite_address(address, settings);
}

}  // namespace lastmile
