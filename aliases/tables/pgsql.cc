// SPDX-License-Identifier: Apache-2.0
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/exchange_limit.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/shared_library.h"
#include "aliases/tables/sql_server_table.h"
#include "aliases/text.h"
#include "aliases/world/redact.h"
#include "aliases/world/site_export.h"

namespace lastmile {
namespace {

/// The functions of libpq that are used here.
struct Libpq {
  decltype(&::PQclear) clear = nullptr;
  decltype(&::PQconnectPoll) connect_poll = nullptr;
  decltype(&::PQconnectStartParams) connect_start = nullptr;
  decltype(&::PQconsumeInput) consume_input = nullptr;
  decltype(&::PQerrorMessage) error_message = nullptr;
  decltype(&::PQescapeStringConn) escape_string = nullptr;
  decltype(&::PQfinish) finish = nullptr;
  decltype(&::PQflush) flush = nullptr;
  decltype(&::PQgetResult) get_result = nullptr;
  decltype(&::PQgetisnull) get_is_null = nullptr;
  decltype(&::PQgetlength) get_length = nullptr;
  decltype(&::PQgetvalue) get_value = nullptr;
  decltype(&::PQisBusy) is_busy = nullptr;
  decltype(&::PQnfields) column_count = nullptr;
  decltype(&::PQntuples) row_count = nullptr;
  decltype(&::PQparameterStatus) parameter_status = nullptr;
  decltype(&::PQresultErrorMessage) result_error = nullptr;
  decltype(&::PQresultStatus) result_status = nullptr;
  decltype(&::PQsendPrepare) send_prepare = nullptr;
  decltype(&::PQsendQuery) send_query = nullptr;
  decltype(&::PQsendQueryPrepared) send_query_prepared = nullptr;
  decltype(&::PQsetNoticeReceiver) set_notice_receiver = nullptr;
  decltype(&::PQsetnonblocking) set_nonblocking = nullptr;
  decltype(&::PQsocket) socket = nullptr;
  decltype(&::PQstatus) status = nullptr;

  static Result<Libpq> load();
};

Result<Libpq> Libpq::load() {
  auto library = SharedLibrary::load({"libpq.so.5"}, "libpq5");
  if (!library) {
    return library.error();
  }
  Libpq pq;
  library->find("PQclear", pq.clear);
  library->find("PQconnectPoll", pq.connect_poll);
  library->find("PQconnectStartParams", pq.connect_start);
  library->find("PQconsumeInput", pq.consume_input);
  library->find("PQerrorMessage", pq.error_message);
  library->find("PQescapeStringConn", pq.escape_string);
  library->find("PQfinish", pq.finish);
  library->find("PQflush", pq.flush);
  library->find("PQgetResult", pq.get_result);
  library->find("PQgetisnull", pq.get_is_null);
  library->find("PQgetlength", pq.get_length);
  library->find("PQgetvalue", pq.get_value);
  library->find("PQisBusy", pq.is_busy);
  library->find("PQnfields", pq.column_count);
  library->find("PQntuples", pq.row_count);
  library->find("PQparameterStatus", pq.parameter_status);
  library->find("PQresultErrorMessage", pq.result_error);
  library->find("PQresultStatus", pq.result_status);
  library->find("PQsendPrepare", pq.send_prepare);
  library->find("PQsendQuery", pq.send_query);
  library->find("PQsendQueryPrepared", pq.send_query_prepared);
  library->find("PQsetNoticeReceiver", pq.set_notice_receiver);
  library->find("PQsetnonblocking", pq.set_nonblocking);
  library->find("PQsocket", pq.socket);
  library->find("PQstatus", pq.status);
  if (auto found = library->all_found(); !found) {
    return std::move(found).error();
  }
  return pq;
}

/// What libpq says has line ends, and may repeat a URI.
std::string one_line(const char* message) {
  std::string text(trim(message));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return without_passwords(printable(text));
}

void drop_notice(void* /*unused*/, const PGresult* /*result*/) {}

class PgsqlConnection final : public SqlConnection {
 public:
  PgsqlConnection(const Libpq& pq, PGconn* connection, std::chrono::seconds limit)
      : pq_(pq), connection_(connection), limit_(limit) {}
  PgsqlConnection(const PgsqlConnection&) = delete;
  PgsqlConnection& operator=(const PgsqlConnection&) = delete;
  ~PgsqlConnection() override { pq_.finish(connection_); }

  /// Finishes what PQconnectStartParams() began.
  Result<Ok> finish_connecting() {
    limit_.start();
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (connection_ == nullptr) {
      return failed("out of memory");
    }
    while (pq_.status(connection_) != CONNECTION_BAD && status != PGRES_POLLING_OK) {
      if (auto waited = wait(status == PGRES_POLLING_READING ? POLLIN : POLLOUT); !waited) {
        return waited;
      }
      status = pq_.connect_poll(connection_);
    }
    if (pq_.status(connection_) != CONNECTION_OK) {
      return failed(one_line(pq_.error_message(connection_)));
    }
    pq_.set_notice_receiver(connection_, drop_notice, nullptr);
    pq_.set_nonblocking(connection_, 1);
    return Ok{};
  }

  Result<std::vector<std::string>> ask(const SqlQuery& query, const AddressParts& key) override {
    limit_.start();
    if (query.has_parameters() && !parameters_refused_) {
      if (is_prepared_ || prepare(query)) {
        return ask_prepared(query, key);
      }
      // What may stand in the place of a string may not always be a parameter. Try the text.
      parameters_refused_ = true;
    }
    std::optional<Error> problem;
    const std::string text = query.text_for(key, [&](std::string_view part, std::string& out) {
      if (auto appended = append_escaped(part, out); !appended) {
        problem = std::move(appended).error();
      }
    });
    if (problem) {
      return *std::move(problem);
    }
    if (pq_.send_query(connection_, text.c_str()) == 0) {
      return failed(one_line(pq_.error_message(connection_)));
    }
    return read_rows();
  }

  bool is_alive() const override { return !is_lost_ && pq_.status(connection_) == CONNECTION_OK; }

 private:
  struct FreeResult {
    const Libpq* pq;
    void operator()(PGresult* result) const { pq->clear(result); }
  };
  using ResultHandle = std::unique_ptr<PGresult, FreeResult>;

  static Error failed(std::string text) { return unavailable(std::move(text)); }

  Result<Ok> wait(short events) {
    auto waited = limit_.wait(pq_.socket(connection_), events);
    is_lost_ = is_lost_ || !waited;
    return waited;
  }

  /// String literals mean what the standard says, so that they can be replaced by parameters.
  bool has_standard_strings() const {
    const char* value = pq_.parameter_status(connection_, "standard_conforming_strings");
    return value != nullptr && std::string_view(value) == "on";
  }

  bool prepare(const SqlQuery& query) {
    if (!has_standard_strings() ||
        pq_.send_prepare(connection_, "lookup", query.parameterised().c_str(), 0, nullptr) == 0) {
      return false;
    }
    is_prepared_ = read_rows().ok();
    return is_prepared_;
  }

  Result<std::vector<std::string>> ask_prepared(const SqlQuery& query, const AddressParts& key) {
    query.values_for(key, values_);
    std::vector<const char*> pointers;
    pointers.reserve(values_.size());
    for (const std::string& value : values_) {
      pointers.push_back(value.c_str());
    }
    if (pq_.send_query_prepared(connection_, "lookup", static_cast<int>(pointers.size()),
                                pointers.data(), nullptr, nullptr, 0) == 0) {
      return failed(one_line(pq_.error_message(connection_)));
    }
    return read_rows();
  }

  Result<Ok> append_escaped(std::string_view part, std::string& out) const {
    const std::size_t begin = out.size();
    out.resize(begin + 2 * part.size() + 1);
    int error = 0;
    const std::size_t size =
        pq_.escape_string(connection_, out.data() + begin, part.data(), part.size(), &error);
    out.resize(begin + size);
    if (error != 0) {
      return failed("cannot escape \"" + printable(part) +
                    "\": " + one_line(pq_.error_message(connection_)));
    }
    return Ok{};
  }

  Result<Ok> flush_and_wait() {
    for (;;) {
      const int unsent = pq_.flush(connection_);
      if (unsent < 0 || pq_.consume_input(connection_) == 0) {
        return failed(one_line(pq_.error_message(connection_)));
      }
      if (unsent == 0 && pq_.is_busy(connection_) == 0) {
        return Ok{};
      }
      if (auto waited = wait(unsent > 0 ? POLLIN | POLLOUT : POLLIN); !waited) {
        return waited;
      }
    }
  }

  /// The rows of the last statement, as PQexec() gives them.
  Result<std::vector<std::string>> read_rows() {
    std::vector<std::string> rows;
    std::optional<Error> problem;
    for (;;) {
      if (auto ready = flush_and_wait(); !ready) {
        return std::move(ready).error();
      }
      const ResultHandle result(pq_.get_result(connection_), FreeResult{&pq_});
      if (!result) {
        break;
      }
      const ExecStatusType status = pq_.result_status(result.get());
      if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        rows = rows_of(result.get());
      } else if (!problem) {
        problem = failed(one_line(pq_.result_error(result.get())));
        if (status != PGRES_FATAL_ERROR && status != PGRES_EMPTY_QUERY) {
          is_lost_ = true;  // COPY and the like: it would go on for ever.
          break;
        }
      }
    }
    if (problem) {
      return *std::move(problem);
    }
    return rows;
  }

  std::vector<std::string> rows_of(const PGresult* result) const {
    std::vector<std::string> rows;
    const int columns = pq_.column_count(result);
    for (int row = 0; row < pq_.row_count(result); ++row) {
      for (int column = 0; column < columns; ++column) {
        if (pq_.get_is_null(result, row, column) == 0) {
          rows.emplace_back(pq_.get_value(result, row, column),
                            static_cast<std::size_t>(pq_.get_length(result, row, column)));
        }
      }
    }
    return rows;
  }

  Libpq pq_;
  PGconn* connection_;
  ExchangeLimit limit_;
  std::vector<std::string> values_ = {};  ///< What is bound, kept for its storage.
  bool is_prepared_ = false;
  bool parameters_refused_ = false;
  bool is_lost_ = false;
};

class PgsqlClient final : public SqlClient {
 public:
  PgsqlClient(World& world, SqlServerSettings settings, std::string encoding)
      : world_(world), settings_(std::move(settings)), encoding_(std::move(encoding)) {}

  Result<std::unique_ptr<SqlConnection>> connect(const SqlHost& host) override {
    const auto pq = Libpq::load();
    if (!pq) {
      return pq.error();
    }
    auto name = name_for_client(world_, host);
    if (!name) {
      return std::move(name).error();
    }
    const bool is_uri = host.kind == SqlHost::Kind::uri;
    // What comes later wins, and what is empty does not count, as in PQsetdbLogin().
    const std::array<const char*, 7> keywords = {
        "dbname", "host", "port", "user", "password", "client_encoding", nullptr};
    const std::array<const char*, 7> values = {
        is_uri ? host.name.c_str() : settings_.database.c_str(),
        is_uri ? "" : name->c_str(),
        is_uri ? "" : host.port.c_str(),
        is_uri ? "" : settings_.user.c_str(),
        is_uri ? "" : settings_.password.c_str(),
        encoding_.c_str(),
        nullptr};
    constexpr int kExpandDbname = 1;
    auto connection = std::make_unique<PgsqlConnection>(
        *pq, pq->connect_start(keywords.data(), values.data(), kExpandDbname), settings_.timeout);
    if (auto connected = connection->finish_connecting(); !connected) {
      return std::move(connected).error();
    }
    return std::unique_ptr<SqlConnection>(std::move(connection));
  }

 private:
  World& world_;
  SqlServerSettings settings_;
  std::string encoding_;
};

/// Whether a word begins with `scheme://`. \see RFC 3986 section 3.1
bool has_uri_scheme(std::string_view word) {
  const std::size_t end = word.find("://");
  const auto is_letter = [](char octet) {
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
  };
  return end != std::string_view::npos && end > 0 && is_letter(word.front()) &&
         std::ranges::all_of(word.substr(0, end), [&](char octet) {
           return is_letter(octet) || is_digit(octet) || octet == '+' || octet == '-';
         });
}

/// \see pgsql_table(5), hosts
SqlHost parse_pgsql_host(const std::string& word, const TablePolicy& policy) {
  SqlHost host{SqlHost::Kind::uri, word, {}, without_passwords(word)};
  if (policy.has(TableRule::pgsql_any_uri) ? has_uri_scheme(word)
                                           : word.starts_with("postgresql:")) {
    return host;
  }
  const bool has_prefix = word.starts_with("unix:") || word.starts_with("inet:");
  host.name = word.substr(has_prefix ? 5 : 0);
  host.kind = host.name.empty() || host.name.starts_with('/') ? SqlHost::Kind::unix_socket
                                                              : SqlHost::Kind::inet;
  if (const std::size_t colon = host.name.rfind(':');
      host.kind == SqlHost::Kind::inet && colon != std::string::npos) {
    host.port = host.name.substr(colon + 1);
    host.name.resize(colon);
  }
  return host;
}

Result<std::unique_ptr<SqlClient>> make_pgsql_client(World& world, const SqlServerSettings& common,
                                                     const TableSettings& settings,
                                                     const TablePolicy& policy) {
  const std::string usual = policy.has(TableRule::pgsql_utf8) ? "UTF8" : "LATIN1";
  return std::unique_ptr<SqlClient>(
      std::make_unique<PgsqlClient>(world, common, settings.find("encoding").value_or(usual)));
}

constexpr SqlServerType kPgsqlServers = {" $", TableSettings::LegacyQuery::function,
                                         parse_pgsql_host, make_pgsql_client};

Result<std::unique_ptr<Table>> open_pgsql(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  return open_sql_server_table(kPgsqlServers, spec, world, policy);
}

}  // namespace

const MapType kPgsqlMap = {.name = "pgsql", .open = open_pgsql, .asks_server = true};

}  // namespace lastmile
