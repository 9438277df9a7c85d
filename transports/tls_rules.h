// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "lmtpclient/enhanced_status.h"

namespace lastmile {

/// How a session has to be protected. \see postconf(5), lmtp_tls_security_level
enum class TlsLevel { none, may, encrypt, fingerprint, verify, secure, dane, dane_only };

/// "encrypt", "dane-only", in any case; nullopt: no such level.
std::optional<TlsLevel> parse_tls_level(std::string_view word);
std::string_view name_of(TlsLevel level);

/// Whether plain text will not do.
constexpr bool is_mandatory(TlsLevel level) {
  return level != TlsLevel::none && level != TlsLevel::may;
}

/// Whether the certificate of the server has to be the right one.
constexpr bool must_match(TlsLevel level) {
  return level != TlsLevel::none && level != TlsLevel::may && level != TlsLevel::encrypt;
}

/// What main.cf says to an lmtp(8) or smtp(8) service of TLS, by the names of the parameters behind
/// `lmtp_` and `smtp_`.
struct TlsParameters {
  std::string prefix = {};  ///< "lmtp_" or "smtp_", for messages.

  // Which level, where no table says it.
  std::string security_level = {};
  bool use_tls = false;
  bool enforce_tls = false;
  bool enforce_peername = false;
  bool wrappermode = false;
  bool has_policy_maps = false;
  bool has_per_site = false;

  // What each level asks for.
  std::string protocols = {};
  std::string mandatory_protocols = {};
  std::string ciphers = {};
  std::string mandatory_ciphers = {};
  std::string exclude_ciphers = {};
  std::string mandatory_exclude_ciphers = {};
  std::vector<std::string> fingerprint_cert_match = {};
  std::vector<std::string> verify_cert_match = {};
  std::vector<std::string> secure_cert_match = {};
  std::vector<std::string> trust_anchor_file = {};
  std::string servername = {};

  // Without a prefix: what the grades of ciphers stand for.
  std::string high_cipherlist = {};
  std::string medium_cipherlist = {};
  std::string low_cipherlist = {};
  std::string export_cipherlist = {};
  std::string null_cipherlist = {};

  /// The level where no table has another one. \return nullopt for a word that is no level
  std::optional<TlsLevel> level() const;
};

/// Whom a session is with.
struct TlsServer {
  std::string destination = {};  ///< The nexthop as configured, or the path of a socket.
  std::string nexthop = {};      ///< Its host; for a socket the name of this host.
  std::string host = {};         ///< As certificates may name the server.
  bool is_socket = false;
};

/// How the session with one server has to be protected.
struct TlsPolicy {
  TlsLevel level = TlsLevel::none;
  std::string protocols = {};
  std::string ciphers = {};     ///< A grade.
  std::string exclusions = {};  ///< Of ciphers.
  /// Names that a certificate may have: `nexthop`, `dot-nexthop`, `hostname` are filled in; one
  /// with a dot in front stands for those below it.
  std::vector<std::string> match = {};
  std::vector<std::string> fingerprints = {};
  std::vector<std::string> trust_anchors = {};  ///< Files; none: the usual authorities.
  std::string servername = {};                  ///< Told to the server; empty: none.

  EnhancedStatus status = {};  ///< Of `problem`.
  std::string problem = {};    ///< Not empty: the server may not be talked to.
  std::vector<std::string> warnings = {};
};

/// Asks a table: the value of a key, or nothing.
using PolicyLookup = std::function<Result<std::optional<std::string>>(std::string_view key)>;

/// \param policy_maps, per_site  asked where TlsParameters says that there is such a table
/// \see postconf(5), lmtp_tls_policy_maps; TLS_README, CLIENT SIDE
TlsPolicy tls_policy(const TlsParameters& parameters, const TlsServer& server,
                     const PolicyLookup& policy_maps, const PolicyLookup& per_site);

/// The ciphers of a grade without what is excluded, as OpenSSL wants them.
/// \return malformed for a grade that there is not, and for an exclusion that is none
Result<std::string> tls_cipher_list(const TlsParameters& parameters, const TlsPolicy& policy);

/// Which versions may be spoken: those from `lowest` to `highest` (0: no bound), numbered as on the
/// wire (0x0303 is TLSv1.2), without `excluded`.
struct TlsVersions {
  std::vector<int> excluded = {};
  int lowest = 0;
  int highest = 0;
};

/// Reads ">=TLSv1", "!SSLv3, !TLSv1", "TLSv1.2:TLSv1.3". \return nullopt for an unknown name
/// \see postconf(5), lmtp_tls_mandatory_protocols
std::optional<TlsVersions> parse_tls_versions(std::string_view list);

/// What of TLS is logged. \see postconf(5), lmtp_tls_loglevel
struct TlsLogging {
  bool summary = false;      ///< One line for each session.
  bool untrusted = false;    ///< Why a certificate is not trusted, also where that does not matter.
  bool certificate = false;  ///< Whose certificate it is.
};

/// "1", "summary, untrusted".
TlsLogging parse_tls_loglevel(std::string_view words);

/// "AB:CD:12" or "abcd12", as fingerprints are written, as octets; nullopt: nothing of that kind.
std::optional<std::string> parse_hexadecimal(std::string_view text);

}  // namespace lastmile
