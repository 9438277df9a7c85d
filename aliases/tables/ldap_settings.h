// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/list_query.h"
#include "aliases/tables/lookup_format.h"
#include "aliases/tables/lookup_template.h"
#include "aliases/tables/table.h"
#include "aliases/tables/table_settings.h"

namespace lastmile {

/// How a connection to LDAP servers is made.
struct LdapServers {
  enum class Bind { none, simple, sasl };

  std::string urls = {};  ///< Separated by blanks; the first that answers is asked.
  int version = 2;
  Bind bind = Bind::simple;
  std::string bind_dn = {};  ///< With SASL: the authentication identity, which is no DN.
  std::string bind_password = {};
  std::string sasl_mechanisms = {};  ///< Separated by blanks; empty: what the server offers.
  std::string sasl_realm = {};
  std::string sasl_authorization_id = {};
  long sasl_least_strength = 0;  ///< In bits of a key, as SASL counts them.
  std::chrono::seconds timeout = {};
  int dereference = 0;  ///< 0 never, 1 searching, 2 finding, 3 always.
  bool chase_referrals = false;
  bool start_tls = false;
  bool uses_tls = false;  ///< start_tls, or an ldaps: URL.
  bool tls_require_cert = false;
  std::string tls_ca_cert_file = {};
  std::string tls_ca_cert_dir = {};
  std::string tls_cert = {};
  std::string tls_key = {};
  std::string tls_random_file = {};
  std::string tls_cipher_suite = {};
};

/// The attributes that a search asks for, in this order: terminal, leaf, ordinary, special.
struct LdapAttributes {
  std::vector<std::string> names = {};
  std::size_t terminal_count = 0;
  std::size_t leaf_count = 0;
  std::size_t value_count = 0;  ///< All but the special ones, which hold DNs or URLs to follow.
};

enum class LdapScope { base, one, subtree };

/// The parameters of one LDAP table. \see ldap_table(5)
struct LdapSettings {
  TableOwner owner = {};
  LdapServers servers = {};
  LookupTemplate search_base = {};
  bool base_depends_on_key = false;  ///< Then a base that is not there is a key that is not there.
  LookupTemplate query_filter = {};
  std::optional<LdapList> list = {};  ///< How its keys are listed, where that is known.
  LookupFormat format = {};
  LdapAttributes attributes = {};
  LdapScope scope = LdapScope::subtree;
  long recursion_limit = 0;
  long size_limit = 0;  ///< 0: none.

  static Result<LdapSettings> read(const TableSettings& from, World& world,
                                   const TablePolicy& policy);
};

/// Quotes a part of a key for a distinguished name, and for a filter.
/// \see RFC 4514, 2.4; RFC 4515, 3
void append_for_dn(std::string_view part, std::string& out);
void append_for_filter(std::string_view part, std::string& out);

}  // namespace lastmile
