// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// The first character of a text.
struct Utf8Character {
  char32_t code_point = 0;
  std::size_t size = 1;  ///< Octets; 1 when they are not valid UTF-8.
  bool valid = false;
};

/// Reads the first character of `text`, which must not be empty. \see RFC 3629
Utf8Character first_character(std::string_view text);

/// Columns that a terminal needs for `text`: 2 for wide East Asian characters, 0 for combining
/// ones, 1 for everything else, bytes that are no UTF-8 included.
std::size_t columns(std::string_view text);

/// `text` in lines of at most `width` columns, cut between words; a word that is wider is cut where
/// it must be. At least one line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace lastmile
