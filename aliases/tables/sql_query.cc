// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/sql_query.h"

#include <optional>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// An SQL string literal: what it stands for, and how much text it takes with its quotes.
struct Literal {
  std::string content = {};
  std::size_t size = 0;
};

std::optional<Literal> read_literal(std::string_view text) {
  Literal literal;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      literal.content += text[i];
    } else if (text.substr(i + 1, 1) == "'") {
      literal.content += '\'';
      ++i;
    } else {
      literal.size = i + 1;
      return literal;
    }
  }
  return std::nullopt;
}

/// Whether text outside of string literals may change what a quote means, or has parameters.
bool is_plain_sql(std::string_view text, std::size_t i) {
  constexpr std::string_view kNotPlain = "\"`[?:@$#%";
  return kNotPlain.find(text[i]) == std::string_view::npos && text.substr(i, 2) != "--" &&
         text.substr(i, 2) != "/*";
}

}  // namespace

void append_with_doubled_quotes(std::string_view text, std::string& out) {
  for (const char octet : text) {
    out.append(octet == '\'' ? 2 : 1, octet);
  }
}

Result<SqlQuery> SqlQuery::parse(std::string_view text, std::string_view placeholder) {
  auto whole = LookupTemplate::parse(text, LookupTemplate::Role::query);
  if (!whole) {
    return std::move(whole).error();
  }
  SqlQuery query;
  query.whole_ = *std::move(whole);
  if (auto found = query.find_parameters(text, placeholder); !found) {
    query.parameters_.clear();
  }
  return query;
}

Result<SqlQuery> SqlQuery::constant(std::string_view text) {
  std::string escaped;
  for (const char octet : text) {
    escaped.append(octet == '%' ? 2 : 1, octet);
  }
  auto whole = LookupTemplate::parse(escaped, LookupTemplate::Role::query);
  if (!whole) {
    return std::move(whole).error();
  }
  SqlQuery query;
  query.whole_ = *std::move(whole);
  return query;
}

Result<Ok> SqlQuery::find_parameters(std::string_view text, std::string_view placeholder) {
  const Error not_plain = malformed("not plain SQL");
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\'') {
      if (!is_plain_sql(text, i)) {
        return not_plain;
      }
      parameterised_ += text[i++];
      continue;
    }
    const auto literal = read_literal(text.substr(i));
    if (!literal) {
      return not_plain;
    }
    auto content = LookupTemplate::parse(literal->content, LookupTemplate::Role::query);
    if (!content) {
      return std::move(content).error();
    }
    if (content->is_constant() && literal->content.find('%') == std::string::npos) {
      parameterised_ += text.substr(i, literal->size);
    } else {
      parameters_.push_back(*std::move(content));
      parameterised_.append(placeholder).append(std::to_string(parameters_.size()));
    }
    i += literal->size;
  }
  return Ok{};
}

std::string SqlQuery::text_for(const AddressParts& key, const AppendPart& append_quoted) const {
  std::string text;
  whole_.expand(key, key, append_quoted, text);
  return text;
}

void SqlQuery::values_for(const AddressParts& key, std::vector<std::string>& values) const {
  values.resize(parameters_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].clear();
    parameters_[i].expand(key, key, append_as_is, values[i]);
  }
}

Result<SqlQuery> read_query(const TableSettings& settings, std::string_view placeholder,
                            TableSettings::LegacyQuery legacy) {
  const auto text = settings.query(legacy);
  if (!text) {
    return text.error();
  }
  auto query = SqlQuery::parse(*text, placeholder);
  if (!query) {
    return settings.bad_setting("query", query.error().text);
  }
  return query;
}

}  // namespace lastmile
