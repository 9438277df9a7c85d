// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/lookup_format.h"
#include "aliases/tables/sql_query.h"
#include "aliases/tables/table.h"
#include "aliases/tables/table_settings.h"

namespace lastmile {

/// One of the `hosts` of a table whose database is a server.
struct SqlHost {
  enum class Kind { unix_socket, inet, uri };

  Kind kind = Kind::inet;
  std::string name = {};  ///< A path, a host, or a whole URI. Empty: the default of the library.
  std::string port = {};  ///< Empty: the usual one.
  std::string text = {};  ///< As configured, without a password: for messages.
};

/// A connection to a database server. Every call ends within the time limit that the connection
/// was made with.
class SqlConnection {
 public:
  SqlConnection() = default;
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;
  virtual ~SqlConnection() = default;

  /// All columns of all rows, one after the other, without those that are NULL.
  /// \return unavailable, whatever the reason: Postfix defers as well
  virtual Result<std::vector<std::string>> ask(const SqlQuery& query, const AddressParts& key) = 0;

  /// Whether the connection itself still stands after a failure.
  virtual bool is_alive() const = 0;
};

/// Connects to servers of one type.
class SqlClient {
 public:
  SqlClient() = default;
  SqlClient(const SqlClient&) = delete;
  SqlClient& operator=(const SqlClient&) = delete;
  virtual ~SqlClient() = default;

  virtual Result<std::unique_ptr<SqlConnection>> connect(const SqlHost& host) = 0;
};

/// What is common to all types whose database is a server.
struct SqlServerSettings {
  TableOwner owner = {};
  std::chrono::seconds timeout = {};         ///< For connecting, and for each query.
  std::chrono::seconds retry_interval = {};  ///< How long a server that is down is left alone.
  std::string user = {};
  std::string password = {};
  std::string database = {};

  /// Whether `dbname` must be set.
  enum class Database { required, optional };

  /// \return misconfigured when `dbname` is not set, or a number is none
  static Result<SqlServerSettings> read(const TableSettings& settings, const TablePolicy& policy,
                                        Database need);
};

/// The name of a host for the client library: a socket path is that on the host.
/// \return unavailable for a server on the network, where World::is_on_network() says no
Result<std::string> name_for_client(World& world, const SqlHost& host);

/// What sets the servers of one type apart from others.
struct SqlServerType {
  std::string_view placeholder = {};  ///< \see SqlQuery::parse
  TableSettings::LegacyQuery legacy_query = TableSettings::LegacyQuery::table;
  /// Reads one word of `hosts`.
  SqlHost (*parse_host)(const std::string& word, const TablePolicy& policy) = nullptr;
  /// \return misconfigured for a parameter of this type alone that makes no sense
  Result<std::unique_ptr<SqlClient>> (*make_client)(World& world, const SqlServerSettings& common,
                                                    const TableSettings& settings,
                                                    const TablePolicy& policy) = nullptr;
};

/// Opens a table that asks the first of its `hosts` that answers: the one it is connected to, then
/// UNIX sockets, then the others, in the order in which they are written; `localhost` when there is
/// none. Postfix draws among equals; here equal configurations ask equal servers.
/// \return misconfigured, unavailable: what is wrong with the settings; no server is asked yet
/// \see pgsql_table(5), mysql_table(5)
Result<std::unique_ptr<Table>> open_sql_server_table(const SqlServerType& type,
                                                     const TableSpec& spec, World& world,
                                                     const TablePolicy& policy);

}  // namespace lastmile
