// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aliases/address.h"
#include "aliases/result.h"

namespace lastmile {

/// The client of a session, as smtpd(8) sees it.
struct SmtpClient {
  /// In canonical form; empty: some address outside of mynetworks that no table names.
  std::string address = {};
  std::string name = "unknown";  ///< Of the address, where it leads back to it; else "unknown".
  bool is_nameless = false;      ///< It is known that its address has no name.
  std::string helo = {};         ///< Empty: it did not say.
  std::string user = {};         ///< As whom it authenticated; empty: it did not.
  bool tls = false;              ///< Whether the session is encrypted.

  /// "mail.example.com[192.0.2.1]", as replies and logs have it.
  std::string name_and_address() const {
    return name + '[' + (address.empty() ? "unknown" : address) + ']';
  }
};

/// Reads ADDRESS[,NAME]. \return an Error when ADDRESS is no IP address
Result<SmtpClient> parse_client(std::string_view text);

/// The client that a filter on this host is.
inline SmtpClient client_on_this_host() {
  return {"127.0.0.1", "localhost", false, "localhost", {}, false};
}

}  // namespace lastmile
