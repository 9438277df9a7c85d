// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/sql_query.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

SqlQuery parsed(std::string_view text) {
  auto query = SqlQuery::parse(text);
  REQUIRE(query.ok());
  return *std::move(query);
}

TEST_CASE("a query takes the parts of the key, quoted") {
  struct Row {
    std::string_view query;
    std::string_view key;
    std::string_view sql;  ///< Empty: the lookup is not made.
  };
  const Row rows[] = {
      {"k='%s'", "alice@a.example.com", "k='alice@a.example.com'"},
      {"k='%s'", "o'brien", "k='o''brien'"},
      {"k='%u' d='%d'", "alice@example.com", "k='alice' d='example.com'"},
      {"k='%U' d='%D' s='%S'", "a@b", "k='a' d='b' s='a@b'"},
      {"k='%u'", "alice", "k='alice'"},
      {"k='%u'", "a@b@c", "k='a@b'"},
      {"k='%d'", "alice", ""},
      {"k='%d'", "alice@", ""},
      {"k='%u'", "@example.com", ""},
      {"k='%s'", "@example.com", "k='@example.com'"},
      {"k='%1/%2/%3'", "u@mail.example.com", "k='com/example/mail'"},
      {"k='%3'", "u@example.com", ""},
      {"k='%1'", "alice", ""},
      {"k='%1'", "u@.", ""},
      {"k LIKE '%%%s'", "x", "k LIKE '%x'"},
      {"k=%s", "x", "k=x"},
  };
  for (const Row& row : rows) {
    INFO(row.query << " " << row.key);
    const SqlQuery query = parsed(row.query);
    const AddressParts key(row.key);
    CHECK(query.accepts_key(key) == !row.sql.empty());
    if (!row.sql.empty()) {
      CHECK(query.text_for(key) == row.sql);
    }
  }
  CHECK_FALSE(SqlQuery::parse("k='%x'").ok());
  CHECK_FALSE(SqlQuery::parse("k='%").ok());
}

TEST_CASE("plain SQL gets parameters for its strings") {
  struct Row {
    std::string_view query;
    std::string_view sql;  ///< Empty: none.
    std::vector<std::string> values;
  };
  const Row rows[] = {
      {"SELECT a FROM t WHERE k='%s'", "SELECT a FROM t WHERE k=?1", {"o'b@x"}},
      {"SELECT a WHERE k='%u' AND d='%d'", "SELECT a WHERE k=?1 AND d=?2", {"o'b", "x"}},
      {"SELECT a WHERE k='%u at %d' AND c='x'", "SELECT a WHERE k=?1 AND c='x'", {"o'b at x"}},
      {"SELECT a WHERE k='it''s %s'", "SELECT a WHERE k=?1", {"it's o'b@x"}},
      {"SELECT a WHERE k LIKE '%%%s'", "SELECT a WHERE k LIKE ?1", {"%o'b@x"}},
      {"SELECT a WHERE k LIKE '%%'", "SELECT a WHERE k LIKE ?1", {"%"}},
      {"SELECT a WHERE k=%s", "", {}},
      {"SELECT a WHERE k=\"%s\"", "", {}},
      {"SELECT a WHERE k='%s' AND b=?1", "", {}},
      {"SELECT a WHERE k='%s' AND b=:x", "", {}},
      {"SELECT a -- it's\n WHERE k='%s'", "", {}},
      {"SELECT a /* ' */ WHERE k=%s /* ' */", "", {}},
      {"SELECT a WHERE k='%s", "", {}},
      {"SELECT [it's] FROM t WHERE k='%s'", "", {}},
      {"SELECT a FROM t", "", {}},
  };
  for (const Row& row : rows) {
    INFO(row.query);
    const SqlQuery query = parsed(row.query);
    REQUIRE(query.has_parameters() == !row.sql.empty());
    if (query.has_parameters()) {
      CHECK(query.parameterised() == row.sql);
      std::vector<std::string> values = {"left over"};
      query.values_for(AddressParts("o'b@x"), values);
      CHECK(values == row.values);
    }
  }
}

TEST_CASE("a result format takes parts of the value and of the key") {
  struct Row {
    std::string_view format;
    std::string_view value;
    std::string_view text;  ///< Empty: the value is skipped.
  };
  const Row rows[] = {
      {"%s", "bob@b.org", "bob@b.org"},
      {"smtp:[%d]", "bob@b.org", "smtp:[b.org]"},
      {"%u+%U@%D", "bob@b.org", "bob+k@mx.example.com"},
      {"%d", "bob", ""},
      {"%u", "@b.org", ""},
      {"%u", "bob", "bob"},
      {"%1.%3 100%%", "x", "com.mx 100%"},
      {"fixed", "x", "fixed"},
  };
  const AddressParts key("k@mx.example.com");
  for (const Row& row : rows) {
    INFO(row.format);
    const auto format = LookupTemplate::parse(row.format, LookupTemplate::Role::result);
    REQUIRE(format.ok());
    const AddressParts value(row.value);
    CHECK(format->accepts_key(key));
    CHECK(format->accepts_value(value) == !row.text.empty());
    if (!row.text.empty()) {
      std::string text;
      format->expand(key, value, append_as_is, text);
      CHECK(text == row.text);
    }
  }
}

}  // namespace
}  // namespace lastmile
