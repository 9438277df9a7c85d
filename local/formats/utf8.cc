// SPDX-License-Identifier: Apache-2.0
#include "local/formats/utf8.h"

#include <algorithm>
#include <array>

namespace lastmile {

namespace {

struct Range {
  char32_t first = 0;
  char32_t last = 0;
};

// Blocks of Unicode 15, not single characters: a column too many here or there does no harm.
constexpr std::array<Range, 14> kWide = {{
    {0x1100, 0x115F},    // Hangul Jamo
    {0x2E80, 0x303E},    // CJK radicals and punctuation
    {0x3041, 0x33FF},    // Kana, Bopomofo, compatibility
    {0x3400, 0x4DBF},    // CJK extension A
    {0x4E00, 0x9FFF},    // CJK
    {0xA000, 0xA4CF},    // Yi
    {0xAC00, 0xD7A3},    // Hangul
    {0xF900, 0xFAFF},    // CJK compatibility ideographs
    {0xFE30, 0xFE6F},    // CJK compatibility forms
    {0xFF00, 0xFF60},    // Full-width forms
    {0xFFE0, 0xFFE6},    // Full-width signs
    {0x1F300, 0x1F64F},  // Pictographs
    {0x1F900, 0x1F9FF},  // Supplemental pictographs
    {0x20000, 0x3FFFD},  // CJK extensions B and later
}};

constexpr std::array<Range, 6> kZeroWidth = {{
    {0x0300, 0x036F},  // Combining diacritical marks
    {0x1AB0, 0x1AFF},  // ... extended
    {0x200B, 0x200F},  // Zero-width space, joiners, direction marks
    {0x20D0, 0x20FF},  // ... for symbols
    {0xFE00, 0xFE0F},  // Variation selectors
    {0xFE20, 0xFE2F},  // Combining half marks
}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t code_point) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

std::size_t columns_of(const Utf8Character& character) {
  if (!character.valid || character.code_point < 0x300) {
    return 1;
  }
  if (is_in(kZeroWidth, character.code_point)) {
    return 0;
  }
  return is_in(kWide, character.code_point) ? 2 : 1;
}

/// How a first octet begins a character: its payload bits, the size, the least value that needs it.
struct Lead {
  char32_t bits = 0;
  std::size_t size = 0;
  char32_t least = 0;
};

Lead read_lead(unsigned char octet) {
  if (octet < 0x80) {
    return {octet, 1, 0};
  }
  if (octet >= 0xC0 && octet < 0xE0) {
    return {octet & 0x1FU, 2, 0x80};
  }
  if (octet >= 0xE0 && octet < 0xF0) {
    return {octet & 0x0FU, 3, 0x800};
  }
  if (octet >= 0xF0 && octet < 0xF8) {
    return {octet & 0x07U, 4, 0x10000};
  }
  return {};
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const Lead lead = read_lead(static_cast<unsigned char>(text.front()));
  if (lead.size == 0 || lead.size > text.size()) {
    return {};
  }
  char32_t value = lead.bits;
  for (std::size_t i = 1; i < lead.size; ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if ((octet & 0xC0U) != 0x80U) {
      return {};
    }
    value = (value << 6U) | (octet & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < lead.least || value > 0x10FFFF || surrogate) {
    return {};
  }
  return {value, lead.size, true};
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    count += columns_of(character);
    text.remove_prefix(character.size);
  }
  return count;
}

namespace {

/// How many octets of `text` fit into `width` columns; one character at least.
std::size_t fitting_size(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const Utf8Character character = first_character(text.substr(end));
    used += columns_of(character);
    if (used > width && end > 0) {
      break;
    }
    end += character.size;
  }
  return end;
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (columns(text) > width) {
    const std::size_t fitting = fitting_size(text, width);
    // A blank just behind what fits may end the line, too.
    const auto blank = text.find_last_of(' ', fitting);
    const bool at_blank = blank != std::string_view::npos && blank > 0;
    lines.emplace_back(text.substr(0, at_blank ? blank : fitting));
    text.remove_prefix(at_blank ? blank : fitting);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (!text.empty() || lines.empty()) {
    lines.emplace_back(text);
  }
  return lines;
}

}  // namespace lastmile
