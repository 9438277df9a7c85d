// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/integration/process.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// Servers that tables are kept in, each with data, sockets and a port of its own, and gone with
/// its object. They run as an ordinary user. The constructors throw when a server does not start.

/// Each says why no such server can be started here; empty when it can.
std::string postgres_unavailable();
std::string mariadb_unavailable();
std::string slapd_unavailable();
std::string memcached_unavailable();

/// PostgreSQL. Its user `mail` needs the password `secret'\ word` through TCP, and none through the
/// UNIX-domain socket.
class PostgresServer {
 public:
  PostgresServer();

  /// Runs SQL in the database `postgres`; throws when it fails.
  void execute(std::string_view sql) const;
  /// For `hosts = unix:DIRECTORY`.
  std::string socket_directory() const { return directory_.path("socket"); }
  int port() const { return port_; }

 private:
  TemporaryDirectory directory_;
  int port_ = 0;
  std::unique_ptr<ServerProcess> process_;
};

/// MariaDB with a database `mail`. Its user `mail` needs the password `secret word`.
class MariadbServer {
 public:
  MariadbServer();

  void execute(std::string_view sql) const;
  std::string socket() const { return directory_.path("socket"); }
  int port() const { return port_; }

 private:
  TemporaryDirectory directory_;
  int port_ = 0;
  std::unique_ptr<ServerProcess> process_;
};

/// OpenLDAP with the suffix `dc=example,dc=com`, whose `cn=admin,dc=example,dc=com` has the
/// password `secret word`. By SASL, `NAME` is `cn=NAME,dc=example,dc=com`, and whoever comes
/// through the UNIX-domain socket is `cn=admin`.
class LdapServer {
 public:
  /// \param ldif  what it holds
  explicit LdapServer(std::string_view ldif);

  /// "ldap://127.0.0.1:40123".
  std::string url() const { return "ldap://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  /// "ldapi://%2Ftmp%2F...".
  std::string socket_url() const;
  /// Of the server, for 127.0.0.1; signed by itself.
  std::string certificate() const { return directory_.path("run/certificate.pem"); }

 private:
  TemporaryDirectory directory_;
  int port_ = 0;
  std::unique_ptr<ServerProcess> process_;
};

class MemcachedServer {
 public:
  MemcachedServer();

  void set(std::string_view key, std::string_view value) const;
  std::string socket() const { return directory_.path("socket"); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace lastmile::test
