// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lmtpclient/tls.h"
#include "transports/tls_rules.h"

namespace lastmile {

/// One line for the log of a service.
struct LogLine {
  bool is_warning = false;
  std::string text = {};
};
using LogLines = std::vector<LogLine>;

/// A certificate and its private key, each a file in PEM.
struct TlsCertificate {
  std::string certificate_file = {};
  std::string key_file = {};
};

/// What all sessions of a service have in common.
struct TlsEngineOptions {
  std::string ca_file = {};  ///< Authorities; empty: none of this kind.
  std::string ca_path = {};
  bool append_default_authorities = false;
  std::vector<std::string> chain_files = {};  ///< Where there are some, `certificates` are none.
  std::vector<TlsCertificate> certificates = {};
  std::size_t verify_depth = 9;
  std::string digest = {};  ///< Of fingerprints: "sha256".
  std::string curves = {};  ///< Of key exchanges; empty: the library's choice.
  TlsLogging logging = {};
};

/// Sessions of one run that servers may take up again, by what they were made with. Secret.
using TlsSessionStore = std::map<std::string, std::string, std::less<>>;

/// One session, as the policy of its server wants it.
struct TlsSession {
  TlsPolicy policy = {};
  std::string cipher_list = {};
  TlsVersions versions = {};
  std::string service = {};  ///< Whose files verify the server.
  std::string server = {};   ///< "HOST[ADDRESS]:PORT", for the log.
  std::shared_ptr<LogLines> log = {};
  /// Where sessions are kept and found; null: each handshake is a whole one.
  std::shared_ptr<TlsSessionStore> store = {};
};

/// What a session of that kind is kept under.
std::string key_of(const TlsSession& session);

/// The TLS library of this host with the files of one service, read by whoever makes the engine.
/// What lies in ca_path is read during a handshake, with the rights of whoever shakes hands.
class TlsEngine {
 public:
  TlsEngine() = default;
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;
  virtual ~TlsEngine() = default;

  /// \return null when the session cannot be made as it has to be; the log says why
  virtual std::unique_ptr<lmtp::TlsChannel> begin(const TlsSession& session) = 0;
};

/// Whether this program was built with a TLS library.
bool is_tls_built_in();

/// \return null when there is no TLS library, or when a file cannot be used; `log` says why
std::shared_ptr<TlsEngine> make_tls_engine(const TlsEngineOptions& options, LogLines& log);

}  // namespace lastmile
