// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"

namespace lastmile {

/// What SASL must not do, as libsasl2 names it. \see postconf(5), lmtp_sasl_security_options
struct SaslSecurity {
  bool no_plaintext = false;
  bool no_active = false;
  bool no_dictionary = false;
  bool no_anonymous = false;
  bool forward_secrecy = false;
  bool mutual_auth = false;
};

/// "noplaintext, noanonymous"; empty: nothing is forbidden.
/// \return malformed for a word that is none: nobody logs in then
Result<SaslSecurity> parse_sasl_security(std::string_view words);

/// Who logs in to a server.
struct SaslCredentials {
  std::string user = {};
  std::string password = {};
};

/// Reads "user:password"; what has no colon is a user without a password.
SaslCredentials parse_credentials(std::string_view value);

}  // namespace lastmile
