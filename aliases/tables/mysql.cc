// SPDX-License-Identifier: Apache-2.0
#include <mysql.h>
#include <netdb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/shared_library.h"
#include "aliases/tables/sql_server_table.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "aliases/world/redact.h"
#include "aliases/world/site_export.h"

namespace lastmile {
namespace {

/// The functions of libmariadb that are used here.
struct Libmariadb {
  decltype(&::mysql_close) close = nullptr;
  decltype(&::mysql_errno) error_number = nullptr;
  decltype(&::mysql_error) error = nullptr;
  decltype(&::mysql_fetch_lengths) fetch_lengths = nullptr;
  decltype(&::mysql_fetch_row) fetch_row = nullptr;
  decltype(&::mysql_field_count) field_count = nullptr;
  decltype(&::mysql_free_result) free_result = nullptr;
  decltype(&::mysql_init) init = nullptr;
  decltype(&::mysql_next_result) next_result = nullptr;
  decltype(&::mysql_num_fields) column_count = nullptr;
  decltype(&::mysql_options) options = nullptr;
  decltype(&::mysql_real_connect) real_connect = nullptr;
  decltype(&::mysql_real_escape_string) escape_string = nullptr;
  decltype(&::mysql_real_query) real_query = nullptr;
  decltype(&::mysql_set_character_set) set_character_set = nullptr;
  decltype(&::mysql_ssl_set) ssl_set = nullptr;
  decltype(&::mysql_store_result) store_result = nullptr;

  static Result<Libmariadb> load();
};

Result<Libmariadb> Libmariadb::load() {
  auto library = SharedLibrary::load({"libmariadb.so.3"}, "libmariadb3");
  if (!library) {
    return library.error();
  }
  Libmariadb db;
  library->find("mysql_close", db.close);
  library->find("mysql_errno", db.error_number);
  library->find("mysql_error", db.error);
  library->find("mysql_fetch_lengths", db.fetch_lengths);
  library->find("mysql_fetch_row", db.fetch_row);
  library->find("mysql_field_count", db.field_count);
  library->find("mysql_free_result", db.free_result);
  library->find("mysql_init", db.init);
  library->find("mysql_next_result", db.next_result);
  library->find("mysql_num_fields", db.column_count);
  library->find("mysql_options", db.options);
  library->find("mysql_real_connect", db.real_connect);
  library->find("mysql_real_escape_string", db.escape_string);
  library->find("mysql_real_query", db.real_query);
  library->find("mysql_set_character_set", db.set_character_set);
  library->find("mysql_ssl_set", db.ssl_set);
  library->find("mysql_store_result", db.store_result);
  if (auto found = library->all_found(); !found) {
    return std::move(found).error();
  }
  return db;
}

/// \see mysql_table(5)
struct MysqlOptions {
  std::optional<std::string> option_file = {};
  std::optional<std::string> option_group = {};
  std::optional<std::string> character_set = {};
  std::optional<std::string> tls_key_file = {};
  std::optional<std::string> tls_cert_file = {};
  std::optional<std::string> tls_ca_file = {};
  std::optional<std::string> tls_ca_path = {};
  std::optional<std::string> tls_ciphers = {};
  std::optional<bool> tls_verify_cert = {};
  bool require_result_set = true;

  static Result<MysqlOptions> read(const TableSettings& settings, const TablePolicy& policy);
};

Result<MysqlOptions> MysqlOptions::read(const TableSettings& settings, const TablePolicy& policy) {
  using Choice = TableSettings::Choice;
  MysqlOptions options;
  options.option_file = settings.find("option_file");
  options.option_group = settings.is_set("option_group") ? settings.find("option_group")
                                                         : std::optional<std::string>("client");
  options.character_set = settings.find("charset");
  if (!options.character_set && policy.has(TableRule::mysql_utf8mb4)) {
    options.character_set = "utf8mb4";
  }
  options.tls_key_file = settings.find("tls_key_file");
  options.tls_cert_file = settings.find("tls_cert_file");
  options.tls_ca_file = settings.find("tls_CAfile");
  options.tls_ca_path = settings.find("tls_CApath");
  options.tls_ciphers = settings.find("tls_ciphers");
  const auto verify = settings.choice("tls_verify_cert", Choice::no);
  const auto require = settings.choice("require_result_set", Choice::yes);
  for (const auto* choice : {&verify, &require}) {
    if (!*choice) {
      return choice->error();
    }
  }
  if (settings.find("tls_verify_cert")) {
    options.tls_verify_cert = *verify == Choice::yes;
  }
  options.require_result_set = *require == Choice::yes;
  return options;
}

const char* pointer_to(const std::optional<std::string>& text) {
  return text ? text->c_str() : nullptr;
}

class MysqlConnection final : public SqlConnection {
 public:
  MysqlConnection(const Libmariadb& db, bool require_result_set)
      : db_(db), connection_(db.init(nullptr)), require_result_set_(require_result_set) {}
  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;
  ~MysqlConnection() override {
    if (connection_ != nullptr) {
      db_.close(connection_);
    }
  }

  Result<Ok> connect(const SqlHost& host, const std::string& name,
                     const SqlServerSettings& settings, const MysqlOptions& options) {
    if (connection_ == nullptr) {
      return failed("out of memory");
    }
    set_options(settings, options);
    unsigned port = 0;
    if (auto found = port_of(host); found) {
      port = *found;
    } else {
      return std::move(found).error();
    }
    const bool by_name = host.kind == SqlHost::Kind::inet;
    const char* const text = name.empty() ? nullptr : name.c_str();
    if (db_.real_connect(connection_, by_name ? text : nullptr, settings.user.c_str(),
                         settings.password.c_str(), settings.database.c_str(), port,
                         by_name ? nullptr : text, CLIENT_MULTI_RESULTS) == nullptr) {
      return last_error();
    }
    if (options.character_set &&
        db_.set_character_set(connection_, options.character_set->c_str()) != 0) {
      return last_error();
    }
    return Ok{};
  }

  Result<std::vector<std::string>> ask(const SqlQuery& query, const AddressParts& key) override {
    bool is_escaped = true;
    const std::string text = query.text_for(key, [&](std::string_view part, std::string& out) {
      is_escaped = append_escaped(part, out) && is_escaped;
    });
    if (!is_escaped) {
      return last_error();
    }
    if (db_.real_query(connection_, text.data(), text.size()) != 0) {
      return last_error();
    }
    return read_results();
  }

  /// Errors of the client, from 2000 on, are those of the connection.
  bool is_alive() const override { return db_.error_number(connection_) < kFirstClientError; }

 private:
  static constexpr unsigned kFirstClientError = 2000;

  struct FreeResult {
    const Libmariadb* db;
    void operator()(MYSQL_RES* result) const { db->free_result(result); }
  };
  using ResultHandle = std::unique_ptr<MYSQL_RES, FreeResult>;

  static Error failed(std::string text) { return unavailable(std::move(text)); }
  Error last_error() const { return failed(without_passwords(printable(db_.error(connection_)))); }

  void set_options(const SqlServerSettings& settings, const MysqlOptions& options) {
    const auto seconds = static_cast<unsigned>(settings.timeout.count());
    for (const mysql_option limit :
         {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT, MYSQL_OPT_WRITE_TIMEOUT}) {
      db_.options(connection_, limit, &seconds);
    }
    if (options.option_file) {
      db_.options(connection_, MYSQL_READ_DEFAULT_FILE, options.option_file->c_str());
    }
    if (options.option_group) {
      db_.options(connection_, MYSQL_READ_DEFAULT_GROUP, options.option_group->c_str());
    }
    if (options.tls_key_file || options.tls_cert_file || options.tls_ca_file ||
        options.tls_ca_path || options.tls_ciphers) {
      db_.ssl_set(connection_, pointer_to(options.tls_key_file), pointer_to(options.tls_cert_file),
                  pointer_to(options.tls_ca_file), pointer_to(options.tls_ca_path),
                  pointer_to(options.tls_ciphers));
    }
    if (options.tls_verify_cert) {
      const my_bool verify = *options.tls_verify_cert ? 1 : 0;
      db_.options(connection_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    }
  }

  /// 0: the usual one.
  static Result<unsigned> port_of(const SqlHost& host) {
    if (host.port.empty()) {
      return 0U;
    }
    if (const auto port = whole_number<std::uint16_t>(host.port)) {
      return unsigned{*port};
    }
    addrinfo* list = nullptr;
    if (::getaddrinfo(nullptr, host.port.c_str(), nullptr, &list) != 0) {
      return failed("\"" + printable(host.port) + "\" is neither a port nor a service");
    }
    char number[8] = {};
    ::getnameinfo(list->ai_addr, list->ai_addrlen, nullptr, 0, number, sizeof number,
                  NI_NUMERICSERV);
    ::freeaddrinfo(list);
    return whole_number<unsigned>(number).value_or(0);
  }

  bool append_escaped(std::string_view part, std::string& out) const {
    const std::size_t begin = out.size();
    out.resize(begin + 2 * part.size() + 1);
    const unsigned long size =
        db_.escape_string(connection_, out.data() + begin, part.data(), part.size());
    const bool is_escaped = size != static_cast<unsigned long>(-1);
    out.resize(begin + (is_escaped ? size : 0));
    return is_escaped;
  }

  /// All result sets are taken, so that the connection can be used again; one may have rows.
  Result<std::vector<std::string>> read_results() {
    ResultHandle rows(nullptr, FreeResult{&db_});
    std::optional<Error> problem;
    int more = 0;
    while (more == 0) {
      ResultHandle result(db_.store_result(connection_), FreeResult{&db_});
      if (!result && db_.field_count(connection_) != 0) {
        return last_error();
      }
      if (result && rows) {
        problem = failed("multiple result sets returning data are not supported");
      } else if (result) {
        rows = std::move(result);
      }
      more = db_.next_result(connection_);
    }
    if (more > 0) {
      return last_error();
    }
    if (!rows && require_result_set_) {
      problem = failed("the query returned no result set (require_result_set = yes)");
    }
    if (problem) {
      return *std::move(problem);
    }
    return rows ? values_of(rows.get()) : std::vector<std::string>();
  }

  std::vector<std::string> values_of(MYSQL_RES* result) const {
    std::vector<std::string> values;
    const unsigned columns = db_.column_count(result);
    while (const MYSQL_ROW row = db_.fetch_row(result)) {
      const unsigned long* const lengths = db_.fetch_lengths(result);
      for (unsigned column = 0; column < columns; ++column) {
        if (row[column] != nullptr) {
          values.emplace_back(row[column], lengths[column]);
        }
      }
    }
    return values;
  }

  Libmariadb db_;
  MYSQL* connection_;
  bool require_result_set_;
};

class MysqlClient final : public SqlClient {
 public:
  MysqlClient(World& world, SqlServerSettings settings, MysqlOptions options)
      : world_(world), settings_(std::move(settings)), options_(std::move(options)) {}

  Result<std::unique_ptr<SqlConnection>> connect(const SqlHost& host) override {
    auto name = name_for_client(world_, host);
    if (!name) {
      return std::move(name).error();
    }
    const auto db = Libmariadb::load();
    if (!db) {
      return db.error();
    }
    auto connection = std::make_unique<MysqlConnection>(*db, options_.require_result_set);
    if (auto connected = connection->connect(host, *name, settings_, options_); !connected) {
      return std::move(connected).error();
    }
    return std::unique_ptr<SqlConnection>(std::move(connection));
  }

 private:
  World& world_;
  SqlServerSettings settings_;
  MysqlOptions options_;
};

/// \see mysql_table(5), hosts
SqlHost parse_mysql_host(const std::string& word, const TablePolicy& /*policy*/) {
  const bool is_unix = word.starts_with("unix:");
  SqlHost host{is_unix ? SqlHost::Kind::unix_socket : SqlHost::Kind::inet, word, {}, word};
  if (is_unix || word.starts_with("inet:")) {
    host.name.erase(0, 5);
  }
  if (const std::size_t colon = host.name.rfind(':'); colon != std::string::npos) {
    host.port = host.name.substr(colon + 1);
    host.name.resize(colon);
  }
  if (equal_ignoring_case(host.name, "localhost")) {
    // The socket that the library takes by itself.
    host.name.clear();
    host.kind = SqlHost::Kind::unix_socket;
  }
  return host;
}

Result<std::unique_ptr<SqlClient>> make_mysql_client(World& world, const SqlServerSettings& common,
                                                     const TableSettings& settings,
                                                     const TablePolicy& policy) {
  auto options = MysqlOptions::read(settings, policy);
  if (!options) {
    return std::move(options).error();
  }
  return std::unique_ptr<SqlClient>(
      std::make_unique<MysqlClient>(world, common, *std::move(options)));
}

constexpr SqlServerType kMysqlServers = {"?", TableSettings::LegacyQuery::table, parse_mysql_host,
                                         make_mysql_client};

Result<std::unique_ptr<Table>> open_mysql(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  return open_sql_server_table(kMysqlServers, spec, world, policy);
}

}  // namespace

const MapType kMysqlMap = {.name = "mysql", .open = open_mysql, .asks_server = true};

}  // namespace lastmile
