// SPDX-License-Identifier: Apache-2.0
#include "transports/smtp_session.h"

#include <utility>

#include "aliases/text.h"
#include "transports/domain_syntax.h"

namespace lastmile {

Result<SmtpClient> parse_client(std::string_view text) {
  const std::size_t comma = text.find(',');
  std::string_view given = trim(text.substr(0, comma));
  if (given.starts_with('[') && given.ends_with(']')) {
    given = given.substr(1, given.size() - 2);
  }
  auto address = canonical_ip_address(given);
  if (!address) {
    return malformed("\"" + printable(given) + "\" is no IP address (ADDRESS or ADDRESS,NAME)");
  }
  SmtpClient client;
  client.address = *std::move(address);
  if (comma != std::string_view::npos) {
    client.name = trim(text.substr(comma + 1));
    client.is_nameless = client.name.empty() || client.name == "unknown";
    client.name = client.is_nameless ? "unknown" : client.name;
  }
  return client;
}

}  // namespace lastmile
