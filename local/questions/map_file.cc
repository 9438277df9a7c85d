// SPDX-License-Identifier: Apache-2.0
#include "local/questions/map_file.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "aliases/text.h"
#include "local/questions/map_database.h"

namespace lastmile {

namespace {

/// The columns kind, target, recipient, user, dsn, text, takes_recipient.
Landing read_landing(const SqliteStatement& row, int first) {
  Landing landing;
  landing.words.kind = row.text(first);
  landing.words.target = row.text(first + 1);
  landing.words.recipient = row.text(first + 2);
  landing.words.user = row.text(first + 3);
  landing.words.dsn = row.text(first + 4);
  landing.words.text = row.text(first + 5);
  landing.takes_recipient = row.number(first + 6) != 0;
  return landing;
}

KnownAddress read_known(const std::string& text, const std::string& mark) {
  auto address = parse_address(text);
  return {address ? *std::move(address) : split_address(text),
          parse_mark(mark).value_or(Mark::given)};
}

/// "250 2.1.5", taken apart.
std::optional<RecipientReply> read_reply(const std::string& codes, std::string text) {
  const std::size_t space = codes.find(' ');
  if (space == std::string::npos) {
    return std::nullopt;
  }
  return RecipientReply{codes.substr(0, space), codes.substr(space + 1), std::move(text)};
}

bool leads_through(const DestinationQuery& query, const std::vector<WayStep>& way) {
  for (std::size_t i = 0; i + 1 < way.size(); ++i) {
    const auto& source = way[i + 1].source;
    const std::string_view file = source ? std::string_view(*source->file) : "";
    if (query.passes(way[i].address, way[i + 1].step, file)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<MapFile>> MapFile::open(const std::string& path) {
  auto database = open_sqlite_file(path, SQLITE_OPEN_READONLY);
  if (!database) {
    return std::move(database).error();
  }
  // Somebody else may have made the file: nothing in it may do more than hold values.
  sqlite3_db_config(database->get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database->get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  auto row = SqliteStatement::prepare(
      database->get(),
      "SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN "
      "('address', 'destination', 'landing', 'edge', 'not_listed')), user_version "
      "FROM pragma_user_version");
  const auto stepped = row ? row->step() : Result<SqliteStatement::Step>(row.error());
  constexpr std::int64_t kTables = 5;
  if (!stepped || row->number(0) != kTables) {
    return misconfigured(
        path + ": " +
        (stepped ? "no map that `map --format sqlite` has made" : stepped.error().message()));
  }
  if (row->number(1) != kMapVersion) {
    return misconfigured(path + ": a map of version " + std::to_string(row->number(1)) +
                         "; this program reads version " + std::to_string(kMapVersion) +
                         ": make it again");
  }
  return std::unique_ptr<MapFile>(new MapFile(*std::move(database)));
}

Result<Ok> MapFile::for_each_row(const char* sql, const VisitRow& visit,
                                 const std::function<void(SqliteStatement&)>& bind) {
  auto row = SqliteStatement::prepare(database_.get(), sql);
  if (!row) {
    return std::move(row).error();
  }
  if (bind) {
    bind(*row);
  }
  for (;;) {
    const auto stepped = row->step();
    if (!stepped) {
      return stepped.error();
    }
    if (*stepped == SqliteStatement::Step::done) {
      return Ok{};
    }
    if (auto visited = visit(*row); !visited) {
      return visited;
    }
  }
}

Result<Ok> MapFile::for_each_destination(const std::function<void(const Landing&)>& visit) {
  return for_each_row(
      "SELECT kind, target, recipient, user, dsn, text, takes_recipient FROM destination",
      [&visit](SqliteStatement& row) {
        visit(read_landing(row, 0));
        return Ok{};
      });
}

Result<Ok> MapFile::read_coverage(Coverage& coverage) {
  auto read = for_each_row("SELECT address, mark FROM address", [&](SqliteStatement& row) {
    coverage.add(read_known(row.text(0), row.text(1)));
    return Ok{};
  });
  if (read) {
    read = for_each_row("SELECT what FROM not_listed", [&](SqliteStatement& row) {
      coverage.not_listed.emplace(row.text(0), "when the map was made");
      return Ok{};
    });
  }
  if (read) {
    read = for_each_row("SELECT what, addresses FROM unanswered", [&](SqliteStatement& row) {
      coverage.unanswered.emplace(row.text(0), static_cast<std::size_t>(row.number(1)));
      return Ok{};
    });
  }
  return read;
}

/// Fills the temporary tables: `wanted` with the destinations that are meant, `passing` with the
/// addresses from which a step leads there, `found` with the addresses of either.
Result<Ok> MapFile::collect_addresses(const std::vector<DestinationQuery>& queries) {
  constexpr const char* kTables =
      "CREATE TEMP TABLE wanted (destination INTEGER PRIMARY KEY);"
      "CREATE TEMP TABLE passing (node TEXT PRIMARY KEY) WITHOUT ROWID;";
  constexpr const char* kFound =
      "CREATE TEMP TABLE found AS "
      "WITH RECURSIVE above(node) AS (SELECT node FROM passing UNION "
      "SELECT edge.origin FROM edge JOIN above ON edge.goal = above.node) "
      "SELECT id FROM address WHERE address IN (SELECT node FROM above) UNION "
      "SELECT address FROM landing JOIN wanted USING (destination)";
  if (auto made = execute(database_.get(), kTables); !made) {
    return made;
  }
  constexpr const char* kInserts[] = {"INSERT INTO wanted VALUES (?1)",
                                      "INSERT OR IGNORE INTO passing VALUES (?1)"};
  auto inserts = SqliteStatement::prepare_all(database_.get(), kInserts);
  if (!inserts) {
    return std::move(inserts).error();
  }
  auto read = for_each_row(
      "SELECT kind, target, recipient, user, dsn, text, takes_recipient, id FROM destination",
      [&](SqliteStatement& row) -> Result<Ok> {
        const Landing landing = read_landing(row, 0);
        const bool is_meant = std::ranges::any_of(
            queries, [&](const DestinationQuery& query) { return query.matches(landing); });
        return is_meant ? (*inserts)[0].bind(1, row.number(7)).run() : Result<Ok>(Ok{});
      });
  if (read) {
    read = for_each_row(
        "SELECT origin, step, file FROM edge", [&](SqliteStatement& row) -> Result<Ok> {
          const std::string origin = row.text(0);
          const bool passes = std::ranges::any_of(queries, [&](const DestinationQuery& query) {
            return query.passes(origin, row.text(1), row.text(2));
          });
          return passes ? (*inserts)[1].bind(1, origin).run() : Result<Ok>(Ok{});
        });
  }
  return read ? execute(database_.get(), kFound) : std::move(read);
}

Result<Ok> MapFile::read_landings(std::int64_t address, Outcome& outcome) {
  return for_each_row(
      "SELECT kind, target, recipient, user, dsn, text, takes_recipient, sender, via "
      "FROM landing JOIN destination ON destination.id = landing.destination "
      "WHERE landing.address = ?1 ORDER BY position",
      [&](SqliteStatement& row) {
        Landing landing = read_landing(row, 0);
        landing.words.sender = row.text(7);
        landing.words.via = row.text(8);
        outcome.landings.push_back(std::move(landing));
        return Ok{};
      },
      [address](SqliteStatement& row) { row.bind(1, address); });
}

/// The shortest of the ways that the edges make.
Result<std::vector<WayStep>> MapFile::way_from(const std::string& address,
                                               const std::string& goal) {
  struct Reached {
    std::string from = {};
    WayStep step = {};
  };
  std::map<std::string, Reached> reached = {{address, {}}};
  std::deque<std::string> next = {address};
  while (!next.empty() && !reached.contains(goal)) {
    const std::string from = std::move(next.front());
    next.pop_front();
    auto read = for_each_row(
        "SELECT goal, step, file, line FROM edge WHERE origin = ?1",
        [&](SqliteStatement& row) {
          const std::string to = row.text(0);
          WayStep step{to == goal ? "" : to, row.text(1), std::nullopt};
          if (!row.text(2).empty()) {
            step.source = SourcePos{row.text(2), static_cast<int>(row.number(3))};
          }
          if (reached.try_emplace(to, Reached{from, std::move(step)}).second) {
            next.push_back(to);
          }
          return Ok{};
        },
        [&from](SqliteStatement& row) { row.bind(1, from); });
    if (!read) {
      return std::move(read).error();
    }
  }
  std::vector<WayStep> way;
  for (std::string at = goal; at != address;) {
    const auto found = reached.find(at);
    if (found == reached.end()) {
      break;  // The map does not say how.
    }
    way.push_back(found->second.step);
    at = found->second.from;
  }
  way.push_back({address, "", std::nullopt});
  std::ranges::reverse(way);
  return way;
}

Result<Ok> MapFile::find(const std::vector<DestinationQuery>& queries, const Visit& visit) {
  if (auto collected = collect_addresses(queries); !collected) {
    return collected;
  }
  return for_each_row(
      "SELECT id, address, mark, rcpt, rcpt_text FROM address WHERE id IN (SELECT id FROM found) "
      "ORDER BY id",
      [&](SqliteStatement& row) -> Result<Ok> {
        Outcome outcome;
        outcome.address = row.text(1);
        outcome.reply = read_reply(row.text(3), row.text(4));
        if (auto read = read_landings(row.number(0), outcome); !read) {
          return read;
        }
        std::vector<ReachedBy> reached;
        for (std::size_t i = 0; i < outcome.landings.size(); ++i) {
          const Landing& landing = outcome.landings[i];
          const std::string place = labelled(landing.words.kind, landing.words.target);
          auto way = way_from(outcome.address, place);
          if (!way) {
            return std::move(way).error();
          }
          const bool is_meant = std::ranges::any_of(queries, [&](const DestinationQuery& query) {
            return query.matches(landing) || leads_through(query, *way);
          });
          if (is_meant) {
            reached.push_back({NodeId{static_cast<std::uint32_t>(i)}, *std::move(way), place});
          }
        }
        if (!reached.empty()) {
          visit(read_known(outcome.address, row.text(2)), outcome, reached);
        }
        return Ok{};
      });
}

}  // namespace lastmile
