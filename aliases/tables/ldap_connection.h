// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/ldap_settings.h"

namespace lastmile {

struct LdapAttribute {
  std::string name = {};
  std::vector<std::string> values = {};
};

/// The attributes of an entry, in the order in which the server sent them.
using LdapEntry = std::vector<LdapAttribute>;

struct LdapSearch {
  std::string base = {};
  LdapScope scope = LdapScope::base;
  std::string filter = {};
  std::vector<std::string> attributes = {};  ///< Empty: all.
  long size_limit = 0;                       ///< 0: none.
};

struct LdapFound {
  bool base_exists = true;
  std::vector<LdapEntry> entries = {};
};

/// A connection to the first of some LDAP servers that answers. The library is loaded when the
/// first one is made.
class LdapConnection {
 public:
  LdapConnection() = default;
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;
  virtual ~LdapConnection() = default;

  /// Connects, and binds where that is asked for.
  /// \return unavailable, whatever the reason; never with the password in its text
  static Result<std::unique_ptr<LdapConnection>> open(const LdapServers& servers);

  /// \return unavailable when the server does not answer in time, refuses, or finds too much
  virtual Result<LdapFound> search(const LdapSearch& search) = 0;

  /// Whether the last failure was that the server has gone: it may be back at once.
  virtual bool is_server_down() const = 0;

  /// What an LDAP URL asks for, as the library reads it; nullopt for what is no such URL.
  virtual Result<std::optional<LdapSearch>> parse_url(const std::string& text) const = 0;
};

}  // namespace lastmile
