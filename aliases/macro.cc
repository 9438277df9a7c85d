// SPDX-License-Identifier: Apache-2.0
// The grammar, as Postfix has had it since version 3.6. White space around {text} is ignored.
//
//   text       = *( character / "$$" / "$" name / "${" expression "}" / "$(" expression ")" )
//   expression = ( name / name "{" text "}" / comparison ) [ "?" result [ ":" result ] / ":" result
//   ] comparison = "{" text "}" operator "{" text "}" operator   = ( "==" / "!=" / "<" / "<=" /
//   ">=" / ">" ) [ "level" ] result     = "{" text "}" / text           ; the latter reaches to the
//   end of the expression
#include "aliases/macro.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// What Postfix takes, too, before it calls the nesting unreasonable.
constexpr int kDeepestNesting = 100;

using CompatibilityLevel = std::array<std::uint64_t, 3>;

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// Compares decimal numbers of any length.
std::strong_ordering compare_numbers(std::string_view left, std::string_view right) {
  const auto significant = [](std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  };
  left = significant(left);
  right = significant(right);
  return left.size() != right.size() ? left.size() <=> right.size() : left <=> right;
}

std::strong_ordering compare_operands(std::string_view left, std::string_view right) {
  return is_number(left) && is_number(right) ? compare_numbers(left, right) : left <=> right;
}

/// Reads `3`, `3.6` or `3.6.1`.
std::optional<CompatibilityLevel> parse_level(std::string_view text) {
  CompatibilityLevel level = {};
  for (std::uint64_t& part : level) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, part);
    if (error != std::errc{}) {
      return {};
    }
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (text.empty()) {
      return level;
    }
    if (text.front() != '.') {
      return {};
    }
    text.remove_prefix(1);
  }
  return {};
}

bool holds(std::string_view sign, std::strong_ordering order) {
  return (sign == "==" && std::is_eq(order)) || (sign == "!=" && std::is_neq(order)) ||
         (sign == "<" && std::is_lt(order)) || (sign == "<=" && std::is_lteq(order)) ||
         (sign == ">=" && std::is_gteq(order)) || (sign == ">" && std::is_gt(order));
}

bool is_comparison(std::string_view sign) {
  constexpr std::string_view kSigns[] = {"==", "!=", "<", "<=", ">=", ">"};
  return std::find(std::begin(kSigns), std::end(kSigns), sign) != std::end(kSigns);
}

std::string_view without_leading_space(std::string_view text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

/// Removes the letters, digits and underscores at the beginning of `text`, and returns them.
std::string_view take_name(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_name_char(text[size])) {
    ++size;
  }
  const std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  return name;
}

/// The offset of the `close` that belongs to text[open], or npos.
std::size_t matching_close(std::string_view text, std::size_t open, char close) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == text[open]) {
      ++depth;
    } else if (text[i] == close && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

/// What an expression asks of a name or comparison.
struct Condition {
  std::optional<std::string> value = {};
  std::string_view name = {};  ///< Empty for a comparison.
};

class Expander {
 public:
  Expander(const MacroLookup& lookup, const MacroFunction& function)
      : lookup_(lookup), function_(function) {}

  /// Appends the expansion of `text`. \return false after an error
  bool expand(std::string_view text, std::string& out) {
    if (++depth_ > kDeepestNesting) {
      return fail("unreasonable nesting of macros: ", text);
    }
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.starts_with("$$")) {
        out += '$';
        text.remove_prefix(2);
      } else if (!text.empty() && !expand_reference(text, out)) {
        return false;
      }
    }
    --depth_;
    return true;
  }

  MacroExpansion& result() { return result_; }
  Error error() && { return malformed(std::move(error_)); }

 private:
  bool fail(const char* what, std::string_view where) {
    constexpr std::size_t kShownOctets = 60;
    error_ = what + ('"' + printable(where.substr(0, kShownOctets)) + '"');
    return false;
  }

  /// `text` begins with '$'; the reference is removed from it.
  bool expand_reference(std::string_view& text, std::string& out) {
    const std::string_view whole = text;
    text.remove_prefix(1);
    std::string_view expression;
    if (text.starts_with('{') || text.starts_with('(')) {
      const std::size_t close = matching_close(text, 0, text.front() == '{' ? '}' : ')');
      if (close == std::string_view::npos) {
        return fail("truncated macro reference: ", whole);
      }
      expression = text.substr(1, close - 1);
      text.remove_prefix(close + 1);
    } else {
      expression = take_name(text);
    }
    return expression.empty() ? fail("empty macro name: ", whole)
                              : expand_expression(expression, out);
  }

  bool expand_expression(std::string_view rest, std::string& out) {
    rest = without_leading_space(rest);
    Condition condition;
    if (!(rest.starts_with('{') ? read_comparison(rest, condition) : read_name(rest, condition))) {
      return false;
    }
    if (rest.empty()) {
      use(condition, out);
      return true;
    }
    const bool is_set = condition.value && !condition.value->empty();
    const char sign = rest.front();
    rest.remove_prefix(1);
    if (sign == '?') {
      if (!expand_result(rest, is_set, out)) {
        return false;
      }
      if (rest.empty()) {
        return true;
      }
      if (rest.front() != ':') {
        return fail("\":\" expected at ", rest);
      }
      rest.remove_prefix(1);
    }
    if (!expand_result(rest, !is_set, out)) {
      return false;
    }
    return rest.empty() || fail("unexpected text at ", rest);
  }

  void use(const Condition& condition, std::string& out) {
    if (!condition.value) {
      result_.undefined_name = true;
      return;
    }
    out += *condition.value;
    if (!condition.name.empty()) {
      result_.used.emplace_back(condition.name);
    }
  }

  /// Removes a name and the space around it, up to '?', ':' or the end.
  bool read_name(std::string_view& rest, Condition& condition) {
    condition.name = take_name(rest);
    rest = without_leading_space(rest);
    if (rest.starts_with('{') && function_) {
      return call(rest, condition);
    }
    if (!rest.empty() && rest.front() != '?' && rest.front() != ':') {
      return fail("macro name syntax error at ", rest);
    }
    condition.value = lookup_(condition.name);
    return true;
  }

  /// Removes the `{text}` behind the name of a function.
  bool call(std::string_view& rest, Condition& condition) {
    const std::string_view whole = rest;
    std::string_view argument;
    std::string text;
    if (!read_braces(rest, argument) || !expand(argument, text)) {
      return false;
    }
    condition.value = function_(condition.name, text);
    condition.name = {};
    return condition.value || fail("macro name syntax error at ", whole);
  }

  /// Removes `{text} operator {text}`.
  bool read_comparison(std::string_view& rest, Condition& condition) {
    std::string_view left;
    std::string_view right;
    if (!read_braces(rest, left)) {
      return false;
    }
    const std::size_t sign_size = std::min(rest.find_first_not_of("<>!=?+-*/~&|%"), rest.size());
    const std::string_view sign = rest.substr(0, sign_size);
    if (!is_comparison(sign)) {
      return fail("comparison operator expected at ", rest);
    }
    rest.remove_prefix(sign_size);
    const std::string_view suffix = take_name(rest);
    if (!suffix.empty() && suffix != "level") {
      return fail("unknown operator suffix: ", suffix);
    }
    rest = without_leading_space(rest);
    if (!rest.starts_with('{')) {
      return fail("\"{\" expected at ", rest);
    }
    if (!read_braces(rest, right) || !compare(left, sign, !suffix.empty(), right, condition)) {
      return false;
    }
    return rest.empty() || rest.front() == '?' || rest.front() == ':' ||
           fail("\"?\" or \":\" expected at ", rest);
  }

  bool compare(std::string_view left, std::string_view sign, bool levels, std::string_view right,
               Condition& condition) {
    std::string left_value;
    std::string right_value;
    if (!expand(left, left_value) || !expand(right, right_value)) {
      return false;
    }
    std::strong_ordering order = std::strong_ordering::equal;
    if (levels) {
      const auto left_level = parse_level(left_value);
      const auto right_level = parse_level(right_value);
      if (!left_level || !right_level) {
        return fail("malformed compatibility level: ", left_level ? right_value : left_value);
      }
      order = *left_level <=> *right_level;
    } else {
      order = compare_operands(left_value, right_value);
    }
    condition.value = holds(sign, order) ? "true" : "";
    return true;
  }

  /// Removes one result, in braces or to the end, and expands it when it is `wanted`. The other
  /// result of `${name?{a}:{b}}` is not looked at, as in Postfix.
  bool expand_result(std::string_view& rest, bool wanted, std::string& out) {
    std::string_view result = rest;
    if (const std::string_view braces = without_leading_space(rest); braces.starts_with('{')) {
      rest = braces;
      if (!read_braces(rest, result)) {
        return false;
      }
    } else {
      rest = {};
    }
    return !wanted || expand(result, out);
  }

  /// Removes `{payload}` and the space behind it.
  bool read_braces(std::string_view& rest, std::string_view& payload) {
    const std::size_t close = matching_close(rest, 0, '}');
    if (close == std::string_view::npos) {
      return fail("unbalanced {} at ", rest);
    }
    payload = rest.substr(1, close - 1);
    rest = without_leading_space(rest.substr(close + 1));
    return true;
  }

  const MacroLookup& lookup_;
  const MacroFunction& function_;
  int depth_ = 0;
  MacroExpansion result_;
  std::string error_;
};

}  // namespace

Result<MacroExpansion> expand_macros(std::string_view text, const MacroLookup& lookup,
                                     const MacroFunction& function) {
  Expander expander(lookup, function);
  std::string expanded;
  if (!expander.expand(text, expanded)) {
    return std::move(expander).error();
  }
  expander.result().text = std::move(expanded);
  return std::move(expander.result());
}

}  // namespace lastmile
