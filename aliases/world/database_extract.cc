// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/database_extract.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "aliases/tables/sqlite_handle.h"

namespace lastmile {
namespace {

/// Table (or view) to the columns that are read. SQLite names the row number "ROWID".
using ColumnsRead = std::map<std::string, std::set<std::string>>;

int note_column(void* columns_read, int action, const char* table, const char* column,
                const char* /*database*/, const char* /*view*/) {
  if (action == SQLITE_READ && table != nullptr) {
    std::set<std::string>& columns = (*static_cast<ColumnsRead*>(columns_read))[table];
    if (column != nullptr && *column != '\0') {
      columns.insert(column);
    }
  }
  return SQLITE_OK;
}

/// Compiling is enough: SQLite asks leave for every column that the statement can ever read.
Result<ColumnsRead> columns_read_by(sqlite3* database, const std::vector<std::string>& queries) {
  ColumnsRead columns;
  for (const std::string& query : queries) {
    sqlite3_set_authorizer(database, note_column, &columns);
    const auto statement = SqliteStatement::prepare(database, query);
    sqlite3_set_authorizer(database, nullptr, nullptr);
    if (!statement) {
      return statement.error();
    }
  }
  return columns;
}

/// One database copied into another, by the pieces that are wanted.
class Extract {
 public:
  Extract(sqlite3* from, sqlite3* to) : from_(from), to_(to) {}

  Result<Ok> copy(const ColumnsRead& columns) {
    std::vector<std::string> views;
    for (const auto& [name, wanted] : columns) {
      auto schema = schema_of(name);
      if (!schema) {
        return std::move(schema).error();
      }
      if (schema->type == "view") {
        views.push_back(schema->sql);  // After the tables that they are made of.
        continue;
      }
      if (schema->type != "table" || schema->sql.starts_with("CREATE VIRTUAL")) {
        return misconfigured(name + " is not an ordinary table", std::nullopt);
      }
      if (auto copied = copy_table(name, wanted); !copied) {
        return copied;
      }
    }
    for (const std::string& view : views) {
      if (auto made = execute(to_, view); !made) {
        return made;
      }
    }
    return Ok{};
  }

 private:
  struct Schema {
    std::string type = {};
    std::string sql = {};
  };

  Result<Schema> schema_of(const std::string& name) {
    auto row = SqliteStatement::prepare(
        from_, "SELECT type, sql FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE");
    if (!row) {
      return std::move(row).error();
    }
    const auto stepped = row->bind(1, name).step();
    if (!stepped) {
      return stepped.error();
    }
    return Schema{row->text(0), row->text(1)};
  }

  Result<Ok> copy_table(const std::string& name, const std::set<std::string>& wanted) {
    std::string definitions;
    std::string names;
    for (const std::string& column : wanted) {
      const char* type = nullptr;
      const char* collation = nullptr;
      const bool declared =
          sqlite3_table_column_metadata(from_, "main", name.c_str(), column.c_str(), &type,
                                        &collation, nullptr, nullptr, nullptr) == SQLITE_OK;
      names += (names.empty() ? "" : ", ") + quoted_name(column);
      definitions += (definitions.empty() ? "" : ", ") + quoted_name(column);
      if (declared && type != nullptr) {
        definitions += std::string(" ") + type;
      }
      if (declared && collation != nullptr) {
        definitions += " COLLATE " + quoted_name(collation);
      }
    }
    if (names.empty()) {  // count(*) reads rows without reading a column.
      names = "NULL";
      definitions = "nothing";
    }
    auto made = execute(to_, "CREATE TABLE " + quoted_name(name) + " (" + definitions + ")");
    if (!made) {
      return made;
    }
    auto copied = copy_rows(name, names, std::max<std::size_t>(wanted.size(), 1));
    return copied ? copy_indexes(name, wanted) : copied;
  }

  Result<Ok> copy_rows(const std::string& name, const std::string& names, std::size_t count) {
    auto source = SqliteStatement::prepare(from_, "SELECT " + names + " FROM " + quoted_name(name));
    std::string places = "?1";
    for (std::size_t i = 2; i <= count; ++i) {
      places += ", ?" + std::to_string(i);
    }
    auto target = SqliteStatement::prepare(
        to_, "INSERT INTO " + quoted_name(name) + " VALUES (" + places + ")");
    if (!source || !target) {
      return source ? std::move(target).error() : std::move(source).error();
    }
    for (;;) {
      const auto stepped = source->step();
      if (!stepped) {
        return stepped.error();
      }
      if (*stepped == SqliteStatement::Step::done) {
        return Ok{};
      }
      for (std::size_t i = 0; i < count; ++i) {
        target->bind_value(static_cast<int>(i) + 1, *source, static_cast<int>(i));
      }
      if (auto added = target->run(); !added) {
        return added;
      }
    }
  }

  /// Those that are made of wanted columns alone: they decide the order of unsorted answers.
  Result<Ok> copy_indexes(const std::string& name, const std::set<std::string>& wanted) {
    auto index = SqliteStatement::prepare(
        from_, "SELECT name FROM pragma_index_list(?1) WHERE partial = 0 ORDER BY seq DESC");
    if (!index) {
      return std::move(index).error();
    }
    index->bind(1, name);
    for (int number = 1;; ++number) {
      const auto stepped = index->step();
      if (!stepped) {
        return stepped.error();
      }
      if (*stepped == SqliteStatement::Step::done) {
        return Ok{};
      }
      const auto columns = index_columns(index->text(0), wanted);
      if (!columns) {
        return columns.error();
      }
      const std::string index_name = quoted_name(name + " " + std::to_string(number));
      if (!columns->empty()) {
        auto made = execute(
            to_, "CREATE INDEX " + index_name + " ON " + quoted_name(name) + " (" + *columns + ")");
        if (!made) {
          return made;
        }
      }
    }
  }

  /// The columns of an index as SQL; empty when one of them is not wanted.
  Result<std::string> index_columns(const std::string& index, const std::set<std::string>& wanted) {
    auto row = SqliteStatement::prepare(
        from_, "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key = 1");
    if (!row) {
      return std::move(row).error();
    }
    row->bind(1, index);
    std::string columns;
    for (;;) {
      const auto stepped = row->step();
      if (!stepped) {
        return stepped.error();
      }
      if (*stepped == SqliteStatement::Step::done) {
        return columns;
      }
      if (row->is_null(0) || wanted.count(row->text(0)) == 0) {
        return std::string();
      }
      columns += (columns.empty() ? "" : ", ") + quoted_name(row->text(0)) + " COLLATE " +
                 quoted_name(row->text(2)) + (row->number(1) != 0 ? " DESC" : "");
    }
  }

  sqlite3* from_;
  sqlite3* to_;
};

}  // namespace

Result<std::string> extract_database(const std::string& path,
                                     const std::vector<std::string>& queries) {
  auto from = open_sqlite_file(path, SQLITE_OPEN_READONLY);
  if (!from) {
    return std::move(from).error();
  }
  sqlite3_db_config(from->get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(from->get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  auto to = open_sqlite_memory();
  if (!to) {
    return std::move(to).error();
  }
  if (auto begun = execute(from->get(), "BEGIN"); !begun) {
    return std::move(begun).error().during("reading " + path);
  }
  const auto columns = columns_read_by(from->get(), queries);
  if (!columns) {
    return Error(columns.error()).during("reading " + path);
  }
  if (auto copied = Extract(from->get(), to->get()).copy(*columns); !copied) {
    return std::move(copied).error().during("reading " + path);
  }
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> image(
      sqlite3_serialize(to->get(), "main", &size, 0), sqlite3_free);
  if (!image) {
    return Error{Error::Kind::unavailable, "out of memory", std::nullopt, {"reading " + path}};
  }
  return std::string(reinterpret_cast<const char*>(image.get()), static_cast<std::size_t>(size));
}

}  // namespace lastmile
