// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "aliases/account.h"
#include "aliases/result.h"
#include "lmtpclient/client.h"
#include "transports/destination.h"
#include "transports/settings.h"

namespace lastmile {

/// What the LMTP client of a service is told by main.cf and by the `-o` overrides of master.cf, so
/// that whoever connects does so as a delivery would.
///
/// The socket of a UNIX endpoint lies below queue_directory when its path is relative, or when the
/// service is chrooted.
///
/// \return misconfigured, naming the parameter and its line, for a value that makes no sense, and
///         for what check_client() refuses
/// \see lmtp(8), CONFIGURATION PARAMETERS
Result<lmtp::ClientOptions> lmtp_client_options(const Settings& settings, const Lmtp& server);

/// Whether a connection that is made for one transaction takes more of them.
struct ConnectionReuse {
  bool is_wanted = true;
  bool encrypted_too = false;                 ///< Also where TLS is spoken.
  std::chrono::milliseconds idle_limit = {};  ///< How long it waits for the next one.
};

/// \return misconfigured, naming the parameter and its line, for a value that makes no sense
/// \see postconf(5), lmtp_connection_cache_on_demand, lmtp_connection_cache_time_limit,
///      lmtp_tls_connection_reuse
Result<ConnectionReuse> connection_reuse(const Settings& settings, const Lmtp& server);

/// A server with those that take what it cannot behind it: `lmtp_fallback_relay`.
struct ServersInOrder {
  Lmtp server = {};
  std::size_t fallback_servers = 0;  ///< How many at its end are there for that.
};

/// \return misconfigured, naming the parameter, for a value that names no server
/// \see postconf(5), lmtp_fallback_relay, smtp_fallback_relay
Result<ServersInOrder> with_fallback_servers(const Settings& settings, const Lmtp& server);

/// Whose rights a connection is made with, and what the administrator should know of the choice.
struct ConnectingRights {
  Rights rights = {};
  std::string warning = {};  ///< One line; empty: nothing to say.
};

/// The rights of mail_owner, with its supplementary groups: those with which Postfix connects.
///
/// On a machine where no Postfix has made the account of the built-in default, and no configuration
/// names another, it is `nobody` who connects, with a warning.
///
/// \return misconfigured when a mail_owner that is set has no account, or when it is root;
///         unavailable when the account database cannot be asked
Result<ConnectingRights> rights_to_connect(const Settings& settings);

}  // namespace lastmile
