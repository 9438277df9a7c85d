// SPDX-License-Identifier: Apache-2.0
// An address list is read in two passes: from the left into tokens, which is context-free, then
// from the right into addresses. From the right, because what a word or a colon means depends on
// what follows it: `a b` are two addresses, `a b <c>` is one, and `a: b;` is a group only for the
// sake of its semicolon.
#include "aliases/tokens.h"

#include <algorithm>
#include <array>
#include <limits>

#include "aliases/text.h"

namespace lastmile {
namespace {

using TokenKind = Token::Kind;

/// What an octet means outside of quotes.
enum class Role : unsigned char { letter, blank, sign };

constexpr std::array<Role, 256> kRoles = [] {
  std::array<Role, 256> roles = {};
  for (const char octet : {' ', '\t', '\r', '\n'}) {
    roles[static_cast<unsigned char>(octet)] = Role::blank;
  }
  for (const char octet : std::string_view("()<>@,;:\\\".[]|%!")) {
    roles[static_cast<unsigned char>(octet)] = Role::sign;
  }
  return roles;
}();

Role role_of(char octet) {
  return kRoles[static_cast<unsigned char>(octet)];
}
bool is_blank(char octet) {
  return role_of(octet) == Role::blank;
}
bool is_operator(char octet) {
  return role_of(octet) == Role::sign;
}

/// \return the offset behind the ')' that closes the comment, or the end of the text
std::size_t comment_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

/// \return the offset behind `close`, or the end of the text
std::size_t quoted_end(std::string_view text, std::size_t begin, char close) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == close) {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t atom_end(std::string_view text, std::size_t begin) {
  std::size_t i = begin;
  while (i < text.size() && (text[i] == '\\' || role_of(text[i]) == Role::letter)) {
    i += text[i] == '\\' ? 2 : 1;
  }
  return std::min(i, text.size());
}

Token scan_token(std::string_view text, std::size_t begin) {
  const auto token = [&](TokenKind kind, std::size_t end) {
    return Token{kind, kind == TokenKind::operator_sign ? text[begin] : '\0',
                 static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  };
  switch (text[begin]) {
    case '(':
      return token(TokenKind::comment, comment_end(text, begin));
    case '[':
      return token(TokenKind::domain_literal, quoted_end(text, begin, ']'));
    case '"':
      return token(TokenKind::quoted_string, quoted_end(text, begin, '"'));
    case '\\':
      return token(TokenKind::atom, atom_end(text, begin));
    default:
      return is_operator(text[begin]) ? token(TokenKind::operator_sign, begin + 1)
                                      : token(TokenKind::atom, atom_end(text, begin));
  }
}

bool is_sign(const Token& token, std::string_view signs) {
  return token.kind == TokenKind::operator_sign && signs.find(token.sign) != std::string_view::npos;
}

bool is_word(const Token& token) {
  return token.kind == TokenKind::atom || token.kind == TokenKind::quoted_string ||
         token.kind == TokenKind::domain_literal;
}

/// Walks over the tokens from the last to the first. `position_` is one behind the token to be
/// looked at, so 0 is the end; `right_` is where the address that is being collected ends.
class Grouping {
 public:
  explicit Grouping(std::span<const Token> tokens)
      : tokens_(tokens), position_(tokens.size()), right_(tokens.size()) {}

  std::vector<AddressTokens> run() {
    while (position_ > 0) {
      step(tokens_[position_ - 1]);
    }
    take_address();
    std::reverse(addresses_.begin(), addresses_.end());
    return std::move(addresses_);
  }

 private:
  void step(const Token& token) {
    if (is_word(token)) {
      if (after_word_) {
        take_address();
      }
      after_word_ = true;
      --position_;
      return;
    }
    if (token.kind == TokenKind::comment) {
      --position_;
      return;
    }
    after_word_ = false;
    if (is_sign(token, ">")) {
      angle_address();
    } else if (is_sign(token, ":") && in_group_) {
      group_name();
    } else {
      in_group_ = in_group_ || is_sign(token, ";");
      if (is_sign(token, ",;")) {
        take_address();
        end_before_sign();
      }
      --position_;
    }
  }

  /// `phrase <address>`: the phrase reaches back to the next sign that separates addresses.
  void angle_address() {
    take_address();
    end_before_sign();
    skip_to("<");
    take_address();
    skip_to(">;,:");
    end_before_sign();
  }

  /// `name:` of a group: the name reaches back to the comma before it.
  void group_name() {
    take_address();
    skip_to(",");
    end_before_sign();
  }

  /// What comes next ends before the sign at `position_`, and does not contain it.
  void end_before_sign() { right_ = position_ > 0 ? position_ - 1 : 0; }

  /// Moves left until the token before `position_` is one of `signs`.
  void skip_to(std::string_view signs) {
    while (position_ > 0 && !is_sign(tokens_[position_ - 1], signs)) {
      --position_;
    }
  }

  /// Takes what lies between here and `right_`, if there is anything but comments.
  void take_address() {
    const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(position_);
    const auto last = tokens_.begin() + static_cast<std::ptrdiff_t>(std::max(position_, right_));
    if (std::any_of(first, last,
                    [](const Token& token) { return token.kind != TokenKind::comment; })) {
      addresses_.push_back(AddressTokens{position_, right_});
    }
    right_ = position_;
  }

  std::span<const Token> tokens_;
  std::size_t position_ = 0;
  std::size_t right_ = 0;
  bool after_word_ = false;  ///< A word to the left would need a comma between.
  bool in_group_ = false;    ///< A semicolon was seen.
  std::vector<AddressTokens> addresses_;
};

/// The octets between the delimiters of a token.
std::string_view inner_text(std::string_view text, const Token& token) {
  std::string_view inner = text.substr(token.begin, token.end - token.begin);
  const bool delimited =
      token.kind == TokenKind::quoted_string || token.kind == TokenKind::domain_literal;
  if (!delimited) {
    return inner;
  }
  inner.remove_prefix(1);
  const char close = token.kind == TokenKind::quoted_string ? '"' : ']';
  // The last octet is the delimiter unless it is missing or escaped.
  std::size_t backslashes = 0;
  if (inner.empty() || inner.back() != close) {
    return inner;
  }
  while (backslashes + 1 < inner.size() && inner[inner.size() - 2 - backslashes] == '\\') {
    ++backslashes;
  }
  return backslashes % 2 == 1 ? inner : inner.substr(0, inner.size() - 1);
}

void append_unescaped(std::string& out, std::string_view inner) {
  for (std::size_t i = 0; i < inner.size(); ++i) {
    std::size_t plain_end = i;
    while (plain_end < inner.size() && inner[plain_end] != '\\' && !is_blank(inner[plain_end])) {
      ++plain_end;
    }
    out.append(inner, i, plain_end - i);
    i = plain_end;
    if (i == inner.size() || (inner[i] == '\\' && ++i == inner.size())) {
      return;
    }
    out += is_blank(inner[i]) ? ' ' : inner[i];
  }
}

void append_quoted(std::string& out, std::string_view plain, std::string_view escaped) {
  for (const char octet : plain) {
    if (escaped.find(octet) != std::string_view::npos) {
      out += '\\';
    }
    out += octet;
  }
}

/// Whether an atom, its backslashes gone, would be read as something else.
bool needs_quotes(std::string_view plain) {
  return std::any_of(plain.begin(), plain.end(), [](char octet) {
    const auto value = static_cast<unsigned char>(octet);
    return value <= ' ' || value == 0x7F || is_operator(octet);
  });
}

void append_external(std::string& out, std::string_view text, const Token& token) {
  const std::string_view written = text.substr(token.begin, token.end - token.begin);
  if (token.kind == TokenKind::atom && !needs_quotes(written)) {
    out += written;  // As most are, without a backslash.
    return;
  }
  std::string plain;
  if (token.kind != TokenKind::operator_sign) {
    append_internal(plain, text, token);
  }
  switch (token.kind) {
    case TokenKind::operator_sign:
      out += token.sign;
      break;
    case TokenKind::comment:
      out += plain;
      break;
    case TokenKind::domain_literal:
      out += '[';
      append_quoted(out, std::string_view(plain).substr(1, plain.size() - 2), "\\");
      out += ']';
      break;
    case TokenKind::atom:
    case TokenKind::quoted_string:
      if (token.kind == TokenKind::atom && !needs_quotes(plain)) {
        out += plain;
        break;
      }
      out += '"';
      append_quoted(out, plain, "\"\\");
      out += '"';
      break;
  }
}

/// Whether a space stands between two tokens of a list. One follows each comma anyway.
bool space_between(const Token& left, const Token& right) {
  const bool both_words =
      left.kind != TokenKind::operator_sign && right.kind != TokenKind::operator_sign;
  return both_words || (is_sign(right, "<") && !is_sign(left, ","));
}

using AppendToken = void (*)(std::string&, std::string_view, const Token&);

std::string token_list(std::string_view text, std::span<const Token> tokens, AppendToken append) {
  std::string list;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && space_between(tokens[i - 1], tokens[i])) {
      list += ' ';
    }
    append(list, text, tokens[i]);
    if (is_sign(tokens[i], ",")) {
      list += ' ';
    }
  }
  return list;
}

}  // namespace

std::vector<Token> scan_tokens(std::string_view text) {
  text = text.substr(0, std::numeric_limits<std::uint32_t>::max());
  text = text.substr(0, text.find('\0'));
  constexpr std::size_t kUsual = 16;
  std::vector<Token> tokens;
  tokens.reserve(std::min(text.size(), kUsual));
  for (std::size_t i = 0; i < text.size();) {
    if (is_blank(text[i])) {
      ++i;
      continue;
    }
    tokens.push_back(scan_token(text, i));
    i = tokens.back().end;
  }
  return tokens;
}

std::vector<AddressTokens> group_addresses(std::span<const Token> tokens) {
  return Grouping(tokens).run();
}

void append_internal(std::string& out, std::string_view text, const Token& token) {
  switch (token.kind) {
    case TokenKind::operator_sign:
      out += token.sign;
      break;
    case TokenKind::comment:
      out += text.substr(token.begin, token.end - token.begin);
      break;
    case TokenKind::domain_literal:
      out += '[';
      append_unescaped(out, inner_text(text, token));
      out += ']';
      break;
    case TokenKind::atom:
    case TokenKind::quoted_string:
      append_unescaped(out, inner_text(text, token));
      break;
  }
}

std::string internal_form(std::string_view text, std::span<const Token> address) {
  std::string form;
  for (const Token& token : address) {
    if (token.kind != TokenKind::comment) {
      append_internal(form, text, token);
    }
    if (is_sign(token, ",")) {
      form += ' ';  // Within angle brackets, where a comma separates nothing.
    }
  }
  return form;
}

std::string external_list(std::string_view text, std::span<const Token> tokens) {
  return token_list(text, tokens, append_external);
}

std::string internal_list(std::string_view text, std::span<const Token> tokens) {
  return token_list(text, tokens, append_internal);
}

}  // namespace lastmile
