// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile::lmtp {

/// What a server announced in its reply to LHLO or EHLO.
struct Capabilities {
  std::string server_name = {};            ///< As the server calls itself; may be empty.
  std::vector<std::string> keywords = {};  ///< Each line as it came, those that are ignored too.

  bool pipelining = false;                            ///< RFC 2920
  bool eight_bit_mime = false;                        ///< RFC 6152
  bool size = false;                                  ///< RFC 1870
  std::uint64_t size_limit = 0;                       ///< Octets; 0: none was given.
  bool dsn = false;                                   ///< RFC 3461
  bool smtputf8 = false;                              ///< RFC 6531
  bool enhanced_status_codes = false;                 ///< RFC 2034
  bool starttls = false;                              ///< RFC 3207
  bool auth = false;                                  ///< RFC 4954
  std::vector<std::string> auth_mechanisms = {};      ///< Of `auth`, in upper case; may be none.
  std::vector<std::string> xforward_attributes = {};  ///< What XFORWARD may tell of a message.
};

/// Reads the lines of a reply to LHLO.
///
/// \param lines  what stands behind the code, one for each line; the first names the server
/// \param discard_keywords  extensions that are not to be used, whatever their case
/// \see postconf(5), lmtp_discard_lhlo_keywords
Capabilities read_capabilities(const std::vector<std::string>& lines,
                               const std::vector<std::string>& discard_keywords);

}  // namespace lastmile::lmtp
