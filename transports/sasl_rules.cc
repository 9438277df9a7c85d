// SPDX-License-Identifier: Apache-2.0
#include "transports/sasl_rules.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"

namespace lastmile {

Result<SaslSecurity> parse_sasl_security(std::string_view words) {
  constexpr std::string_view kSeparators = ", \t\r\n";
  constexpr std::pair<std::string_view, bool SaslSecurity::*> kWords[] = {
      {"noplaintext", &SaslSecurity::no_plaintext},
      {"noactive", &SaslSecurity::no_active},
      {"nodictionary", &SaslSecurity::no_dictionary},
      {"noanonymous", &SaslSecurity::no_anonymous},
      {"forward_secrecy", &SaslSecurity::forward_secrecy},
      {"mutual_auth", &SaslSecurity::mutual_auth},
  };
  SaslSecurity security;
  while (true) {
    words.remove_prefix(std::min(words.find_first_not_of(kSeparators), words.size()));
    if (words.empty()) {
      return security;
    }
    const std::string_view word = words.substr(0, words.find_first_of(kSeparators));
    words.remove_prefix(word.size());
    const auto* const known =
        std::ranges::find_if(kWords, [word](const auto& row) { return row.first == word; });
    if (known == std::end(kWords)) {
      return malformed("unknown SASL security option \"" + printable(word) + '"');
    }
    security.*known->second = true;
  }
}

SaslCredentials parse_credentials(std::string_view value) {
  const std::size_t colon = value.find(':');
  SaslCredentials credentials;
  credentials.user = value.substr(0, colon);
  if (colon != std::string_view::npos) {
    credentials.password = value.substr(colon + 1);
  }
  return credentials;
}

}  // namespace lastmile
