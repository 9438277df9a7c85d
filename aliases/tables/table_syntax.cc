// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table_syntax.h"

#include <string>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// Octets from the opening brace at the beginning of `text` to its partner; 0 when there is none.
std::size_t balanced_length(std::string_view text) {
  std::size_t level = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      ++level;
    } else if (text[i] == '}' && --level == 0) {
      return i + 1;
    }
  }
  return 0;
}

Error bad_braces(std::string_view what, std::string_view text) {
  return malformed(std::string(what) + " in \"" + std::string(text) + "\"");
}

}  // namespace

Result<std::string_view> inside_braces(std::string_view text) {
  if (text.empty() || text.front() != '{') {
    return bad_braces("no '{' at start of text", text);
  }
  const std::size_t length = balanced_length(text);
  if (length == 0) {
    return bad_braces("missing '}'", text);
  }
  if (length != text.size()) {
    return bad_braces("syntax error after '}'", text);
  }
  return text.substr(1, length - 2);
}

bool take_word(std::string_view& rule, std::string_view word) {
  if (!starts_with_ignoring_case(rule, word) ||
      (rule.size() > word.size() && is_alphanumeric(rule[word.size()]))) {
    return false;
  }
  rule = trim(rule.substr(word.size()));
  return true;
}

bool take_negation(std::string_view& rule) {
  bool negated = false;
  while (!rule.empty() && (rule.front() == '!' || is_space(rule.front()))) {
    negated = negated != (rule.front() == '!');
    rule.remove_prefix(1);
  }
  return negated;
}

}  // namespace lastmile
