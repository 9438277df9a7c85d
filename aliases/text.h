// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// Space, tab, carriage return, line feed, vertical tab or form feed, in any locale.
constexpr bool is_space(char octet) {
  return octet == ' ' || (octet >= '\t' && octet <= '\r');
}
constexpr bool is_digit(char octet) {
  return octet >= '0' && octet <= '9';
}
/// An ASCII letter, a digit or '_': what a parameter name is made of.
constexpr bool is_name_char(char octet) {
  return is_digit(octet) || octet == '_' || (octet >= 'a' && octet <= 'z') ||
         (octet >= 'A' && octet <= 'Z');
}

/// Without white space at both ends. \return a view into `text`
std::string_view trim(std::string_view text);

/// "a, b, c". \param words  texts, or views of them
template <class Words>
std::string comma_list(const Words& words) {
  std::string text;
  for (const std::string_view word : words) {
    text.append(text.empty() ? "" : ", ").append(word);
  }
  return text;
}

/// Whether `{...}` keeps separators inside it.
enum class Braces { plain, protect };

/// Splits a list such as a main.cf value at commas and white space; empty items are dropped.
/// With Braces::protect, separators between balanced braces belong to the item; a brace that is
/// never closed protects the rest of the text.
/// \return views into `text`
std::vector<std::string_view> split_list(std::string_view text, Braces braces = Braces::plain);

/// Lower-cases the ASCII letters alone.
std::string fold_ascii(std::string_view text);

/// Folds case for comparing: Unicode for valid UTF-8, ASCII alone for anything else. Latin, Greek,
/// Cyrillic, Armenian, Georgian and full-width letters are folded, others are left as they are.
/// \see Unicode Standard section 3.13, default case folding (full, status C and F)
std::string fold_case(std::string_view text);

/// Whether both texts differ in the case of ASCII letters at most.
bool equal_ignoring_case(std::string_view left, std::string_view right);
/// Whether `text` begins with `prefix`, ignoring the case of ASCII letters.
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

/// \see RFC 3629 section 4; no surrogates, no overlong forms, nothing above U+10FFFF
bool is_valid_utf8(std::string_view text);

/// `text` for a log line or a terminal: control characters (those of C1, and octets that are not
/// UTF-8, too) become '?', as in Postfix's logging. One octet in, one octet out.
std::string printable(std::string_view text);

/// The candidate that `word` was probably meant to be: the nearest by edit distance, ignoring
/// case, if no more than a third of the word would have to change.
/// \return empty when none is near enough; else a view into `candidates`
std::string_view closest_match(std::string_view word, std::span<const std::string_view> candidates);

/// ` (did you mean "hash"?)`, or nothing when no candidate is near; to be put behind a message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lastmile
