// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lmtpclient/login.h"
#include "transports/sasl_rules.h"

namespace lastmile {

/// Everything that logging in to one server needs.
struct SaslOptions {
  std::string service = {};  ///< "lmtp" or "smtp".
  std::string server = {};   ///< Its host name.
  SaslCredentials credentials = {};
  /// The options for a session in the clear, under TLS, and with a server that TLS has verified.
  std::string security_options = {};
  std::string tls_security_options = {};
  std::string tls_verified_security_options = {};
  std::string configuration_path = {};  ///< \see postconf(5), cyrus_sasl_config_path
  bool sends_authorization_id = false;  ///< \see postconf(5), send_cyrus_sasl_authzid
  /// Whether a mechanism may be used. \see postconf(5), lmtp_sasl_mechanism_filter
  std::function<bool(const std::string& mechanism)> allows = {};
};

/// Whether this program was built with Cyrus SASL.
bool is_sasl_built_in();

/// Logs in with Cyrus SASL, which is loaded here. Where that cannot be, every login fails and says
/// why. Nothing of it is logged, and no password is in what it says.
std::shared_ptr<lmtp::Login> make_login(const SaslOptions& options);

}  // namespace lastmile
