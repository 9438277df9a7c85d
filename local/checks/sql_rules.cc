// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"
#include "transports/main_cf.h"

namespace lastmile {
namespace {

/// A table of a database with its settings.
struct SqlTable {
  TableInUse table = {};
  std::map<std::string, std::pair<std::string, SourcePos>> settings = {};

  const std::pair<std::string, SourcePos>* find(const std::string& name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? nullptr : &found->second;
  }
};

bool is_sql(std::string_view type) {
  return type == "sqlite" || type == "mysql" || type == "pgsql";
}

std::vector<SqlTable> sql_tables(HostView& host) {
  std::vector<SqlTable> tables;
  std::set<std::string> seen;
  for (const TableInUse& table : host.tables()) {
    const std::string* const text =
        is_sql(table.spec.type) && seen.insert(table.parameter + to_string(table.spec)).second
            ? host.text(table.spec.name)
            : nullptr;
    if (text == nullptr) {
      continue;
    }
    SqlTable one;
    one.table = table;
    for (const LogicalLine& line : read_logical_lines(*text)) {
      const std::size_t equals = line.text.find('=');
      if (equals != std::string::npos) {
        one.settings.insert_or_assign(
            std::string(trim(std::string_view(line.text).substr(0, equals))),
            std::pair(std::string(trim(std::string_view(line.text).substr(equals + 1))),
                      SourcePos{table.spec.name, line.line}));
      }
    }
    tables.push_back(std::move(one));
  }
  return tables;
}

/// One table, once for all its uses.
std::vector<SqlTable> distinct_sql_tables(HostView& host) {
  std::vector<SqlTable> tables = sql_tables(host);
  std::set<std::string> seen;
  std::erase_if(tables, [&seen](const SqlTable& one) {
    return !seen.insert(to_string(one.table.spec)).second;
  });
  return tables;
}

/// A piece of the key in a query, and the quote around it; '\0': none.
struct Escape {
  std::string text = {};
  char quote = '\0';
};

std::vector<Escape> escapes_in(std::string_view query) {
  std::vector<Escape> escapes;
  char quote = '\0';
  for (std::size_t at = 0; at < query.size(); ++at) {
    const char octet = query[at];
    if (octet == quote) {
      quote = '\0';
    } else if (quote == '\0' && (octet == '\'' || octet == '"' || octet == '`')) {
      quote = octet;
    } else if (octet == '%' && at + 1 < query.size()) {
      const char letter = query[++at];
      if (std::string_view("sudSUD123456789").find(letter) != std::string_view::npos) {
        escapes.push_back({std::string("%") + letter, quote});
      }
    }
  }
  return escapes;
}

void report_escapes(HostView& host, Report& report, char quote) {
  for (const SqlTable& one : distinct_sql_tables(host)) {
    const auto* const query = one.find("query");
    if (query == nullptr) {
      continue;
    }
    for (const Escape& escape : escapes_in(query->first)) {
      if (escape.quote != quote || (quote == '"' && one.table.spec.type == "mysql")) {
        continue;
      }
      report
          .add(query->second, quote == '"' ? "\"" + escape.text : escape.text,
               quote == '"'
                   ? "\"" + escape.text + "\" is not protected: a sender can choose the rows"
                   : escape.text + " is not quoted: whoever sends mail writes this query",
               "'" + escape.text + "'")
          .subject = to_string(one.table.spec);
      break;
    }
  }
}

void sql_parameter_unquoted(HostView& host, Report& report) {
  report_escapes(host, report, '\0');
}

void sql_double_quotes(HostView& host, Report& report) {
  report_escapes(host, report, '"');
}

/// Whether a table is asked for names without a domain.
bool is_asked_for_names(const TableInUse& table) {
  const auto order = table.row == nullptr ? std::nullopt : key_order_of(*table.row);
  return order == KeyOrder::alias || order == KeyOrder::user;
}

void sql_alias_domain(HostView& host, Report& report) {
  std::set<std::string> told;
  for (const SqlTable& one : sql_tables(host)) {
    if (!is_asked_for_names(one.table) || !told.insert(to_string(one.table.spec)).second) {
      continue;
    }
    const auto* const domain = one.find("domain");
    const auto* const query = one.find("query");
    const bool has_domain = domain != nullptr && !domain->first.empty();
    const bool asks_domain = query != nullptr && query->first.find("%d") != std::string::npos;
    if (has_domain || asks_domain) {
      report
          .add(has_domain ? domain->second : query->second, has_domain ? "domain" : "%d",
               one.table.parameter +
                   " is asked for names without a domain: this table never answers",
               has_domain ? "remove domain =" : "use %s")
          .subject = to_string(one.table.spec);
    }
  }
}

void sql_second_column(HostView& host, Report& report) {
  for (const SqlTable& one : distinct_sql_tables(host)) {
    const auto* const query = one.find("query");
    if (query == nullptr || one.table.spec.type != "sqlite" ||
        !starts_with_ignoring_case(trim(query->first), "select ")) {
      continue;
    }
    const std::string folded = fold_ascii(query->first);
    const std::size_t from = folded.find(" from ");
    const std::string_view columns =
        std::string_view(query->first)
            .substr(0, from == std::string::npos ? query->first.size() : from);
    int depth = 0;
    for (std::size_t at = 0; at < columns.size(); ++at) {
      depth += columns[at] == '(' ? 1 : columns[at] == ')' ? -1 : 0;
      if (columns[at] == ',' && depth == 0) {
        const std::string rest(trim(columns.substr(at + 1)));
        report
            .add(query->second, rest, "only the first column is used; `" + rest + "` is dropped",
                 "UNION ALL, or one column")
            .subject = to_string(one.table.spec);
        break;
      }
    }
  }
}

void sql_query_fails(HostView& host, Report& report) {
  for (const SqlTable& one : distinct_sql_tables(host)) {
    if (one.table.spec.type != "sqlite") {
      continue;
    }
    const auto answer = host.ask(one.table, "qzxvkwjq");
    const auto with_domain = host.ask(one.table, "qzxvkwjq@qzxvkwjq.example");
    const Error* const error = !answer        ? &answer.error()
                               : !with_domain ? &with_domain.error()
                                              : nullptr;
    if (error == nullptr) {
      continue;
    }
    if (error->kind == Error::Kind::unseen) {
      report.incomplete(to_string(one.table.spec) + ": " + error->text);
      continue;
    }
    const auto* const query = one.find("query");
    report
        .add(query == nullptr ? SourcePos{one.table.spec.name, 0} : query->second, "",
             error->text + "; whatever " + one.table.parameter + " is asked for waits",
             "correct the query, or make what it names")
        .subject = to_string(one.table.spec);
  }
}

/// The rows of databases that can be listed.
template <class Visit>
void for_each_row(HostView& host, const Visit& visit) {
  for (const SqlTable& one : distinct_sql_tables(host)) {
    if (host.content(one.table).is_listed) {
      visit(one, host.content(one.table).entries);
    }
  }
}

void sql_key_case(HostView& host, Report& report) {
  for_each_row(host, [&](const SqlTable& one, const std::vector<WrittenEntry>& rows) {
    std::vector<std::string> unreachable;
    for (const WrittenEntry& row : rows) {
      const bool has_capitals = fold_ascii(row.key) != row.key;
      const auto answer = has_capitals ? host.ask(one.table, row.key)
                                       : Result<std::optional<TableEntry>>(std::nullopt);
      if (has_capitals && answer && !*answer) {
        unreachable.push_back(row.key);
      }
    }
    if (!unreachable.empty()) {
      const auto* const query = one.find("query");
      report
          .add(query == nullptr ? SourcePos{one.table.spec.name, 0} : query->second, "",
               std::to_string(unreachable.size()) +
                   (unreachable.size() == 1 ? " row is" : " rows are") +
                   " unreachable because of capitals: " + unreachable.front(),
               "write keys in lower case: UPDATE ... SET name = lower(name)")
          .subject = to_string(one.table.spec);
    }
  });
}

void sql_empty_value(HostView& host, Report& report) {
  for_each_row(host, [&](const SqlTable& one, const std::vector<WrittenEntry>& rows) {
    for (const WrittenEntry& row : rows) {
      if (trim(row.value).empty() && one.table.row != nullptr &&
          std::holds_alternative<TablesParameter>(one.table.row->kind)) {
        report
            .add(SourcePos{one.table.spec.name, 0}, "",
                 "`" + row.key + "` has an empty value and so does not exist for Postfix",
                 "remove the row, or give it a value")
            .subject = row.key;
      }
    }
  });
}

constexpr std::array kSqlRules = {
    Rule{"sql-parameter-unquoted", Severity::error, Needs::text,
         "`WHERE id = %s` without quotes. The value is pasted as SQL: the recipient `\"0 or "
         "1=1\"@example.com` selected *every* row, and an ordinary name ends the daemon (`SQL "
         "prepare failed: no such column: alice`).",
         "WHERE name = '%s'", "query = SELECT goto FROM a WHERE id = %s",
         "query = SELECT goto FROM a WHERE name = '%s'", sql_parameter_unquoted},
    Rule{"sql-double-quotes", Severity::error, Needs::text,
         "Postfix doubles single quotes only. In `\"%s\"` the key `x\" or \"1\"=\"1` gave all rows "
         "(`alice,bob`); in '%s' the same trick found nothing. From outside, one `RCPT TO:<\"x\\\" "
         "or \\\"1\\\"=\\\"1\"@example.com>` made the query malformed in its quoted form, which "
         "ended smtpd and throttled port 25.",
         "WHERE name = '%s'", "WHERE name = \"%s\"", "WHERE name = '%s'", sql_double_quotes},
    Rule{"sql-key-case", Severity::warning, Needs::tables,
         "Keys are lower-cased before the query; a row `Sales` is never found where `=` is "
         "case-sensitive (sqlite, pgsql).",
         "UPDATE ... SET name = lower(name)", "INSERT INTO a VALUES ('Sales', 'alice')",
         "INSERT INTO a VALUES ('sales', 'alice')", sql_key_case},
    Rule{"sql-alias-domain", Severity::error, Needs::text,
         "`domain =` or `%d` in a table of alias_maps: alias keys have no domain, so nothing is "
         "ever looked up.",
         "remove domain =; use %s",
         "alias_maps = sqlite:/etc/postfix/aliases.cf; domain = example.com",
         "alias_maps = sqlite:/etc/postfix/aliases.cf", sql_alias_domain},
    Rule{"sql-empty-value", Severity::warning, Needs::tables,
         "A row with an empty value counts as not found: `empty lookup result ... ignored`, here "
         "5.1.1.",
         "remove the row or give it a value", "INSERT INTO a VALUES ('empty', '')",
         "INSERT INTO a VALUES ('empty', 'alice')", sql_empty_value},
    Rule{"sql-second-column", Severity::warning, Needs::text,
         "sqlite tables use the first column only; the second was silently dropped. pgsql joins "
         "all columns.",
         "UNION ALL, or one column", "query = SELECT goto, extra FROM a WHERE name = '%s'",
         "query = SELECT goto FROM a WHERE name = '%s'", sql_second_column},
    Rule{"sql-query-fails", Severity::error, Needs::tables,
         "A query that the database does not prepare ends the daemon each time: all local mail "
         "waits, for a missing column in one of several tables.",
         "correct the query", "query = SELECT goto FROM nosuch WHERE name = '%s'", "",
         sql_query_fails},
};

}  // namespace

std::span<const Rule> sql_rules() {
  return kSqlRules;
}

}  // namespace lastmile
