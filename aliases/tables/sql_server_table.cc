// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/sql_server_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aliases/tables/list_query.h"
#include "aliases/tables/server_address.h"
#include "aliases/tables/table_file.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kUsualTimeout{
    10};                                  // As ldap_table(5) has it; Postfix has none here.
constexpr long kUsualRetryInterval = 60;  // \see dict_pgsql.c in Postfix, RETRY_CONN_INTV

class SqlServerTable final : public Table {
 public:
  SqlServerTable(TableSpec spec, const SqlServerSettings& settings, SqlQuery query,
                 std::optional<SqlQuery> list_query, LookupFormat format,
                 std::vector<SqlHost> hosts, std::unique_ptr<SqlClient> client)
      : Table(std::move(spec), settings.owner),
        retry_interval_(settings.retry_interval),
        query_(std::move(query)),
        list_query_(std::move(list_query)),
        format_(std::move(format)),
        client_(std::move(client)) {
    for (SqlHost& host : hosts) {
      servers_.push_back(Server{std::move(host), {}, {}, {}});
    }
    std::stable_sort(servers_.begin(), servers_.end(), [](const Server& left, const Server& right) {
      return left.host.kind < right.host.kind;
    });
  }

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const AddressParts parts(key);
    const auto wanted =
        query_.accepts_key(parts) ? format_.accepts(parts) : LookupFormat::Match::no;
    if (!wanted) {
      return wanted.error();
    }
    if (*wanted == LookupFormat::Match::no) {
      return std::nullopt;
    }
    const auto rows = ask_servers(query_, parts);
    if (!rows) {
      return rows.error();
    }
    LookupFormat::Values values(format_, parts);
    for (const std::string& row : *rows) {
      if (auto added = values.add(row); !added) {
        return std::move(added).error();
      }
    }
    return values.take();
  }

  // Each key is looked up by the query itself: a list may miss keys, and never invents one.
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    if (!list_query_) {
      return Listing::not_supported;
    }
    const auto keys = ask_servers(*list_query_, AddressParts(""));
    if (!keys) {
      return keys.error();
    }
    for (const std::string& key : *keys) {
      const auto entry = lookup(key);
      if (!entry) {
        return entry.error();
      }
      if (*entry && !visit(key, **entry)) {
        return Listing::stopped;
      }
    }
    return Listing::complete;
  }

 private:
  struct Server {
    SqlHost host = {};
    std::unique_ptr<SqlConnection> connection = {};
    std::optional<Error> failure = {};  ///< Why it could not be reached.
    Clock::time_point left_alone_until = {};
  };

  using Rows = Result<std::vector<std::string>>;

  Rows ask_servers(const SqlQuery& query, const AddressParts& key) {
    const auto connected = std::find_if(servers_.begin(), servers_.end(), [](const Server& server) {
      return server.connection != nullptr;
    });
    std::string problems;
    if (connected != servers_.end()) {
      auto rows = ask(*connected, query, key);
      if (rows) {
        return rows;
      }
      problems = rows.error().text;
    }
    for (auto server = servers_.begin(); server != servers_.end(); ++server) {
      if (server == connected) {
        continue;
      }
      auto rows = ask(*server, query, key);
      if (rows) {
        return rows;
      }
      problems += (problems.empty() ? "" : "; ") + rows.error().text;
    }
    return unavailable(std::move(problems));
  }

  /// A connection that the server closed while it was not used is made anew.
  Rows ask(Server& server, const SqlQuery& query, const AddressParts& key) {
    const bool is_old = server.connection != nullptr;
    auto rows = ask_once(server, query, key);
    if (rows) {
      return rows;
    }
    const bool was_lost = server.connection != nullptr && !server.connection->is_alive();
    server.connection.reset();
    if (is_old && was_lost) {
      rows = ask_once(server, query, key);
      if (!rows) {
        server.connection.reset();
      }
    }
    return rows;
  }

  Rows ask_once(Server& server, const SqlQuery& query, const AddressParts& key) {
    if (auto connected = connect(server); !connected) {
      return std::move(connected).error();
    }
    auto rows = server.connection->ask(query, key);
    if (!rows) {
      return failed("query failed", server, std::move(rows).error());
    }
    return rows;
  }

  /// Whoever was not reached is not tried again at once: each attempt may take the whole time
  /// limit, and there may be many keys to look up.
  Result<Ok> connect(Server& server) {
    if (server.connection) {
      return Ok{};
    }
    if (server.failure && Clock::now() < server.left_alone_until) {
      return *server.failure;
    }
    auto connection = client_->connect(server.host);
    if (!connection) {
      server.failure = failed("cannot connect", server, std::move(connection).error());
      server.left_alone_until = Clock::now() + retry_interval_;
      return *server.failure;
    }
    server.connection = *std::move(connection);
    server.failure.reset();
    return Ok{};
  }

  static Error failed(std::string_view what, const Server& server, Error error) {
    error.text = std::string(what) + ": " + server.host.text + ": " + std::move(error.text);
    return error;
  }

  std::chrono::seconds retry_interval_;
  SqlQuery query_;
  std::optional<SqlQuery> list_query_;
  LookupFormat format_;
  std::unique_ptr<SqlClient> client_;
  std::vector<Server> servers_ = {};
};

/// nullopt where the keys cannot be listed: that keeps nobody from looking one up.
std::optional<SqlQuery> read_list_query(const TableSettings& settings,
                                        TableSettings::LegacyQuery legacy) {
  const auto query = settings.query(legacy);
  const auto text = query ? list_query_of(settings, *query) : std::nullopt;
  auto list_query = text ? SqlQuery::constant(*text) : Result<SqlQuery>(misconfigured("no list"));
  return list_query ? std::optional(*std::move(list_query)) : std::nullopt;
}

std::vector<SqlHost> hosts_of(const TableSettings& settings,
                              SqlHost (*parse_host)(const std::string&, const TablePolicy&),
                              const TablePolicy& policy) {
  const std::string text = settings.find("hosts").value_or("");
  std::vector<SqlHost> hosts;
  for (const std::string_view word : split_list(text)) {
    hosts.push_back(parse_host(std::string(word), policy));
  }
  if (hosts.empty()) {
    hosts.push_back(parse_host("localhost", policy));
  }
  return hosts;
}

}  // namespace

Result<SqlServerSettings> SqlServerSettings::read(const TableSettings& settings,
                                                  const TablePolicy& policy, Database need) {
  SqlServerSettings result;
  result.owner = settings.owner();
  result.user = settings.find("user").value_or("");
  result.password = settings.find("password").value_or("");
  if (need == Database::required) {
    auto database = settings.require("dbname");
    if (!database) {
      return std::move(database).error();
    }
  }
  result.database = settings.find("dbname").value_or("");
  const auto usual = table_timeout(policy, kUsualTimeout);
  if (!usual) {
    return usual.error();
  }
  const auto timeout = settings.number("timeout", static_cast<long>(usual->count()), 1);
  if (!timeout) {
    return timeout.error();
  }
  result.timeout = std::chrono::seconds(*timeout);
  const auto interval = settings.number("retry_interval", kUsualRetryInterval, 1);
  if (!interval) {
    return interval.error();
  }
  result.retry_interval = std::chrono::seconds(*interval);
  return result;
}

Result<std::string> name_for_client(World& world, const SqlHost& host) {
  if (host.kind == SqlHost::Kind::unix_socket && !host.name.empty()) {
    const auto socket =
        world.is_on_network()
            ? Result<std::optional<FileView>>(std::optional<FileView>())
            : world.file_attributes(host.name, {0, 0, {}, "root"}, Symlinks::follow);
    if (!world.is_on_network() && socket && !*socket) {
      return unavailable("no socket " + host.name +
                         " there: a tree is not on the network, and asks no server of this host");
    }
    return host_path_of(world, host.name);
  }
  if (!world.is_on_network()) {
    return not_on_network();
  }
  return host.name;
}

Result<std::unique_ptr<Table>> open_sql_server_table(const SqlServerType& type,
                                                     const TableSpec& spec, World& world,
                                                     const TablePolicy& policy) {
  const auto settings = TableSettings::load(spec, world, policy);
  if (!settings) {
    return settings.error();
  }
  std::vector<SqlHost> hosts = hosts_of(*settings, type.parse_host, policy);
  // A URI says which database is meant.
  const bool are_uris = std::ranges::all_of(
      hosts, [](const SqlHost& host) { return host.kind == SqlHost::Kind::uri; });
  using Database = SqlServerSettings::Database;
  const auto common = SqlServerSettings::read(
      *settings, policy,
      are_uris && policy.has(TableRule::pgsql_any_uri) ? Database::optional : Database::required);
  if (!common) {
    return common.error();
  }
  auto client = type.make_client(world, *common, *settings, policy);
  if (!client) {
    return std::move(client).error();
  }
  auto query = read_query(*settings, type.placeholder, type.legacy_query);
  if (!query) {
    return std::move(query).error();
  }
  auto format = LookupFormat::read(*settings, world, policy);
  if (!format) {
    return std::move(format).error();
  }
  return std::unique_ptr<Table>(std::make_unique<SqlServerTable>(
      spec, *common, *std::move(query), read_list_query(*settings, type.legacy_query),
      *std::move(format), std::move(hosts), *std::move(client)));
}

}  // namespace lastmile
