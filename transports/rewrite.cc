#include "transports/rewrite.h"

#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// Removes `@a,@b:` from `@a,@b:user`.
void strip_source_route(Address& address) {
  const std::size_t colon = address.local_part.find(':');
  if (address.local_part.starts_with('@') && colon != std::string::npos &&
      !address.domain.empty()) {
    address.local_part.erase(0, colon + 1);
  }
}

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
  Address result = address;
  if (result.is_null()) {
    return result;
  }
  strip_source_route(result);
  if (result.domain.empty() && result.local_part == "@") {
    return {};
  }
  if (has_null_domain(result)) {
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
  // Two dots are left as they are: the address is wrong, and is to be seen so.
  if (domain.size() > 1 && domain.ends_with('.') && !domain.ends_with("..")) {
    domain.pop_back();
  }
  return result;
}

}  // namespace lastmile
