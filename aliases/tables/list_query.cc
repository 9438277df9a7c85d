// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/list_query.h"

#include <algorithm>
#include <vector>

#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

using Words = std::vector<std::string_view>;

bool is_of_word(char octet) {
  return is_name_char(octet) || octet == '.';
}

/// The words, string literals and signs of an SQL text.
/// \return nullopt for what has comments, quoted names, parameters or a literal without an end
std::optional<Words> split_sql(std::string_view text) {
  constexpr std::string_view kNotPlain = "\"`[?:@$#-/;";
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    if (text[begin] == '\'') {
      end = text.find('\'', end) + 1;
      if (end == 0) {
        return std::nullopt;
      }
    } else if (is_of_word(text[begin])) {
      end = begin +
            static_cast<std::size_t>(std::ranges::find_if_not(text.substr(begin), is_of_word) -
                                     text.substr(begin).begin());
    } else if (kNotPlain.find(text[begin]) != std::string_view::npos) {
      return std::nullopt;
    }
    if (!is_space(text[begin])) {
      words.push_back(text.substr(begin, end - begin));
    }
    begin = end;
  }
  return words;
}

bool is_of_attribute(char octet) {
  return is_name_char(octet) || octet == '-';
}

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> keywords) {
  return std::ranges::any_of(
      keywords, [word](std::string_view known) { return equal_ignoring_case(word, known); });
}

bool is_name(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, is_of_word) && !is_digit(word.front());
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string_view word : words) {
    text.append(text.empty() ? "" : " ").append(word);
  }
  return text;
}

/// What a query has between its keywords.
struct Select {
  Words from = {};
  std::vector<Words> conditions = {};  ///< Between the ANDs.
};

/// \return nullopt for what is not `SELECT ... FROM ... WHERE ... AND ...`
std::optional<Select> read_select(const Words& words) {
  const auto find = [&words](std::string_view keyword) {
    return std::ranges::find_if(
        words, [keyword](std::string_view word) { return equal_ignoring_case(word, keyword); });
  };
  const auto from = find("FROM");
  const auto where = find("WHERE");
  if (words.empty() || !equal_ignoring_case(words.front(), "SELECT") || from >= where ||
      where == words.end()) {
    return std::nullopt;
  }
  // `x IS NOT NULL` is a condition like any other; another NOT may be about the key.
  const auto is_of_null = [&words](const std::string_view& word) {
    return equal_ignoring_case(word, "NOT") && &word != words.data() &&
           equal_ignoring_case(*(&word - 1), "IS");
  };
  const bool is_simple = std::ranges::none_of(words, [&](const std::string_view& word) {
    return !is_of_null(word) && is_any_of(word, {"OR", "NOT", "BETWEEN", "CASE", "UNION",
                                                 "INTERSECT", "EXCEPT", "GROUP", "HAVING", "WITH"});
  });
  const auto end = std::find_if(where, words.end(), [](std::string_view word) {
    return is_any_of(word, {"ORDER", "LIMIT"});
  });
  const auto has_escape = [](std::string_view word) {
    return word.find('%') != std::string_view::npos;
  };
  if (!is_simple || std::any_of(words.begin(), where, has_escape) ||
      std::any_of(end, words.end(), has_escape) ||
      std::ranges::count_if(
          words, [](std::string_view word) { return equal_ignoring_case(word, "SELECT"); }) != 1) {
    return std::nullopt;
  }
  Select select;
  select.from.assign(from + 1, where);
  select.conditions.emplace_back();
  for (auto word = where + 1; word != end; ++word) {
    if (equal_ignoring_case(*word, "AND")) {
      select.conditions.emplace_back();
    } else {
      select.conditions.back().push_back(*word);
    }
  }
  return select;
}

/// The column that a condition `column = '%s'` compares with `literal`.
std::optional<std::string_view> column_for(const Words& condition, std::string_view literal) {
  if (condition.size() != 3 || condition[1] != "=") {
    return std::nullopt;
  }
  if (condition[2] == literal && is_name(condition[0])) {
    return condition[0];
  }
  return condition[0] == literal && is_name(condition[2]) ? std::optional(condition[2])
                                                          : std::nullopt;
}

}  // namespace

std::optional<std::string> derive_list_query(std::string_view query) {
  const auto words = split_sql(query);
  const auto select = words ? read_select(*words) : std::nullopt;
  if (!select) {
    return std::nullopt;
  }
  std::string_view whole;
  std::string_view user;
  std::string_view domain;
  std::string others;
  for (const Words& condition : select->conditions) {
    if (const auto found = column_for(condition, "'%s'")) {
      whole = *found;
    } else if (const auto of_user = column_for(condition, "'%u'")) {
      user = *of_user;
    } else if (const auto of_domain = column_for(condition, "'%d'")) {
      domain = *of_domain;
    } else {
      const std::string text = joined(condition);
      if (text.empty() || text.find('%') != std::string::npos) {
        return std::nullopt;
      }
      others.append(others.empty() ? " WHERE " : " AND ").append(text);
    }
  }
  std::string key(whole);
  if (whole.empty() && !user.empty() && !domain.empty()) {
    key.append(user).append(" || '@' || ").append(domain);
  } else if (whole.empty() || !user.empty() || !domain.empty()) {
    return std::nullopt;
  }
  return "SELECT DISTINCT " + key + " FROM " + joined(select->from) + others;
}

std::optional<std::string> list_query_of(const TableSettings& settings, std::string_view query) {
  const auto& declared = settings.declared_list();
  if (!declared) {
    return derive_list_query(query);
  }
  // Whoever writes the file could as well write such a query; but a list is asked for by people,
  // and is to change nothing.
  const auto word = std::string_view(*declared).substr(0, declared->find_first_of(" \t"));
  return equal_ignoring_case(word, "SELECT") ? declared : std::nullopt;
}

std::optional<LdapList> ldap_list_of(const TableSettings& settings, std::string_view query_filter) {
  if (const auto& declared = settings.declared_list()) {
    const std::size_t blank = declared->find_last_of(" \t");
    if (blank == std::string::npos || !declared->starts_with('(')) {
      return std::nullopt;
    }
    return LdapList{std::string(trim(std::string_view(*declared).substr(0, blank))),
                    declared->substr(blank + 1)};
  }
  constexpr std::string_view kKey = "=%s)";
  const std::size_t equals = query_filter.find(kKey);
  if (equals == std::string_view::npos || query_filter.find('%') != equals + 1 ||
      query_filter.find('%', equals + 2) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t begin = query_filter.rfind('(', equals) + 1;
  const std::string_view attribute = query_filter.substr(begin, equals - begin);
  // `(!(mail=%s))` looks up all others; `(mail~=%s)` compares in another way.
  const bool is_plain = begin > 0 && !attribute.empty() &&
                        std::ranges::all_of(attribute, is_of_attribute) &&
                        query_filter.find('!') == std::string_view::npos;
  if (!is_plain) {
    return std::nullopt;
  }
  return LdapList{std::string(query_filter.substr(0, equals)) + "=*)" +
                      std::string(query_filter.substr(equals + kKey.size())),
                  std::string(attribute)};
}

}  // namespace lastmile
