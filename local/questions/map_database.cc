// SPDX-License-Identifier: Apache-2.0
#include "local/questions/map_database.h"

#include <sqlite3.h>

#include <set>
#include <utility>
#include <vector>

#include "aliases/tables/sqlite_handle.h"
#include "local/questions/destination_query.h"

namespace lastmile {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE address (
  id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, domain TEXT NOT NULL, mark TEXT NOT NULL,
  rcpt TEXT NOT NULL, fate TEXT NOT NULL, rcpt_text TEXT NOT NULL);
CREATE TABLE destination (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, target TEXT NOT NULL, recipient TEXT NOT NULL,
  user TEXT NOT NULL, dsn TEXT NOT NULL, text TEXT NOT NULL, takes_recipient INTEGER NOT NULL,
  via TEXT NOT NULL, UNIQUE (kind, target, recipient, user, dsn, text, via));
CREATE TABLE landing (
  address INTEGER NOT NULL REFERENCES address, position INTEGER NOT NULL,
  destination INTEGER NOT NULL REFERENCES destination, sender TEXT NOT NULL,
  PRIMARY KEY (address, position)) WITHOUT ROWID;
CREATE TABLE edge (
  origin TEXT NOT NULL, step TEXT NOT NULL, goal TEXT NOT NULL, file TEXT NOT NULL,
  line INTEGER NOT NULL, PRIMARY KEY (origin, step, goal, file, line)) WITHOUT ROWID;
CREATE TABLE not_listed (what TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unanswered (what TEXT PRIMARY KEY, addresses INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = )";

constexpr const char* kQuick = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;";

constexpr const char* kIndexes =
    "CREATE INDEX landing_by_destination ON landing (destination);"
    "CREATE INDEX edge_by_goal ON edge (goal);"
    "CREATE INDEX address_by_domain ON address (domain);"
    "COMMIT;";

constexpr const char* kStatements[] = {
    "INSERT INTO address (address, domain, mark, rcpt, fate, rcpt_text)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    "INSERT OR IGNORE INTO destination"
    " (kind, target, recipient, user, dsn, text, takes_recipient, via)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "INSERT INTO landing VALUES (?1, ?9, (SELECT id FROM destination WHERE kind = ?2 AND"
    " target = ?3 AND recipient = ?4 AND user = ?5 AND dsn = ?6 AND text = ?7 AND via = ?10), ?8)",
    "INSERT OR IGNORE INTO edge VALUES (?1, ?2, ?3, ?4, ?5)",
    "INSERT INTO not_listed VALUES (?1)",
    "INSERT INTO unanswered VALUES (?1, ?2)",
};

class DatabaseReport final : public MapReport {
 public:
  DatabaseReport(SqliteDatabase database, std::vector<SqliteStatement> statements,
                 Commands commands)
      : database_(std::move(database)), statements_(std::move(statements)), commands_(commands) {}

  void add(const KnownAddress& known, const Trace& trace, const Outcome& full) override {
    const Outcome outcome = with_commands(full, commands_);
    const std::string address = to_external(known.address);
    const std::string codes = outcome.reply ? outcome.reply->codes() : "";
    run(statements_[0]
            .bind(1, address)
            .bind(2, known.address.domain)
            .bind(3, name_of(known.marks.first()))
            .bind(4, codes)
            .bind(5, fate_name(outcome.fate()))
            .bind(6, outcome.reply ? std::string_view(outcome.reply->text) : ""));
    const std::int64_t id = sqlite3_last_insert_rowid(database_.get());
    std::int64_t position = 0;
    for (const Landing& landing : outcome.landings) {
      add_landing(id, position++, landing);
    }
    for (const NodeId leaf : trace.leaves()) {
      add_way(way_to(trace, leaf), trace.node(leaf).subject);
    }
  }

  Result<Ok> end(const Coverage& coverage) override {
    for (const std::string& gap : gaps_of(coverage)) {
      run(statements_[4].bind(1, gap));
    }
    for (const auto& [what, count] : coverage.unanswered) {
      run(statements_[5].bind(1, what).bind(2, static_cast<std::int64_t>(count)));
    }
    statements_.clear();
    auto done = result_ ? execute(database_.get(), kIndexes) : std::move(result_);
    database_.reset();
    return done;
  }

 private:
  using Statement = SqliteStatement;

  void run(Statement& statement) {
    if (auto done = statement.run(); !done && result_) {
      result_ = std::move(done);
    }
  }

  void add_landing(std::int64_t address, std::int64_t position, const Landing& landing) {
    const LeafText& words = landing.words;
    run(statements_[1]
            .bind(1, words.kind)
            .bind(2, words.target)
            .bind(3, words.recipient)
            .bind(4, words.user)
            .bind(5, words.dsn)
            .bind(6, words.text)
            .bind(7, std::int64_t{landing.takes_recipient ? 1 : 0})
            .bind(8, words.via));
    run(statements_[2]
            .bind(1, address)
            .bind(2, words.kind)
            .bind(3, words.target)
            .bind(4, words.recipient)
            .bind(5, words.user)
            .bind(6, words.dsn)
            .bind(7, words.text)
            .bind(8, words.sender)
            .bind(9, position)
            .bind(10, words.via));
  }

  void add_way(const std::vector<WayStep>& way, const std::string& destination) {
    constexpr std::string_view kCommand = "command:";
    const bool hides = commands_ == Commands::redacted && destination.starts_with(kCommand);
    const std::string goal_of_all =
        hides ? "command:" + redacted_command(destination.substr(kCommand.size())) : destination;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
      const WayStep& next = way[i + 1];
      const std::string& goal = next.address.empty() ? goal_of_all : next.address;
      const std::string file = next.source ? std::string(*next.source->file) : "";
      run(statements_[3]
              .bind(1, way[i].address)
              .bind(2, next.step)
              .bind(3, goal)
              .bind(4, file)
              .bind(5, static_cast<std::int64_t>(next.source ? next.source->line : 0)));
    }
  }

  SqliteDatabase database_;
  std::vector<Statement> statements_;
  Commands commands_;
  Result<Ok> result_ = Ok{};
};

}  // namespace

Result<std::unique_ptr<MapReport>> make_map_database(const std::string& path, Commands commands) {
  auto database = open_sqlite_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) {
    return std::move(database).error();
  }
  // What is there before the end is thrown away if the run does not come to it.
  const std::string schema = kSchema + std::to_string(kMapVersion) + "; BEGIN;";
  for (const std::string& sql : {std::string(kQuick), schema}) {
    if (auto made = execute(database->get(), sql); !made) {
      return std::move(made).error();
    }
  }
  auto statements = SqliteStatement::prepare_all(database->get(), kStatements);
  if (!statements) {
    return std::move(statements).error();
  }
  return std::unique_ptr<MapReport>(
      std::make_unique<DatabaseReport>(*std::move(database), *std::move(statements), commands));
}

}  // namespace lastmile
