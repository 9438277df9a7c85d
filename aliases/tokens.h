// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// One token of an address list.
struct Token {
  enum class Kind : unsigned char {
    operator_sign,  ///< One of `( ) < > @ , ; : . ] | % !`, where it has no other meaning.
    atom,
    quoted_string,   ///< `"..."`
    domain_literal,  ///< `[...]`
    comment,         ///< `(...)`, nested
  };

  Kind kind = Kind::atom;
  char sign = '\0';         ///< For Kind::operator_sign.
  std::uint32_t begin = 0;  ///< Where the token begins in the text, delimiters included.
  std::uint32_t end = 0;    ///< Behind its last octet.
};

/// The tokens of `text`, which ends at the first NUL octet and after 4 GiB. Every text has a
/// reading: a quote, bracket or comment that is never closed ends with the text.
///
/// Linear in time, not recursive.
/// \see RFC 822 section 3.3; Postfix adds '|', '%' and '!' to the specials
std::vector<Token> scan_tokens(std::string_view text);

/// The tokens of one address: a range of the tokens that were given to group_addresses().
struct AddressTokens {
  std::size_t first = 0;
  std::size_t last = 0;  ///< Behind the last one.
};

/// Groups tokens into addresses, in the order of the text. Comments belong to none: skip them.
///
///  - words without an operator between them are addresses of their own;
///  - of `phrase <address>` and `group: address, address;` only the addresses are taken;
///  - what makes a colon that of a group is a semicolon anywhere to the right of it.
///
/// Linear in time, not recursive.
/// \see RFC 822 section 6.1
std::vector<AddressTokens> group_addresses(std::span<const Token> tokens);

/// Appends one token in internal form: quotes and backslashes go, tab, CR and LF become a space.
void append_internal(std::string& out, std::string_view text, const Token& token);

/// One address in internal form; comments are left out.
std::string internal_form(std::string_view text, std::span<const Token> address);

/// Writes tokens, grouped or not, so that they read as the same tokens again; comments stay, and
/// a space follows each comma, the last one too.
/// \see postalias(1), which stores values in this form
std::string external_list(std::string_view text, std::span<const Token> tokens);

/// The tokens as words: quotes and backslashes gone, one space between adjacent words.
/// \see postalias(1), which stores keys in this form
std::string internal_list(std::string_view text, std::span<const Token> tokens);

}  // namespace lastmile
