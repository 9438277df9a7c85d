// SPDX-License-Identifier: Apache-2.0
#include "aliases/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace lastmile {
namespace {

constexpr char lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet - 'A' + 'a') : octet;
}

bool is_list_separator(char octet) {
  return octet == ',' || octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

/// How the upper-case letters of a range become lower-case ones.
struct FoldRange {
  char32_t first = 0;
  char32_t last = 0;
  /// Added to each letter; 0: every second letter, counted from `first`, is followed by its
  /// lower-case form.
  std::int32_t distance = 0;
};

constexpr FoldRange kFoldRanges[] = {
    {0x41, 0x5A, 32},        {0xB5, 0xB5, 775},    {0xC0, 0xD6, 32},        {0xD8, 0xDE, 32},
    {0x100, 0x12F, 0},       {0x132, 0x137, 0},    {0x139, 0x148, 0},       {0x14A, 0x177, 0},
    {0x178, 0x178, -121},    {0x179, 0x17E, 0},    {0x17F, 0x17F, -268},    {0x1A0, 0x1A5, 0},
    {0x1AF, 0x1B0, 0},       {0x1CD, 0x1DC, 0},    {0x1DE, 0x1EF, 0},       {0x1F8, 0x21F, 0},
    {0x222, 0x233, 0},       {0x370, 0x373, 0},    {0x376, 0x377, 0},       {0x37F, 0x37F, 116},
    {0x386, 0x386, 38},      {0x388, 0x38A, 37},   {0x38C, 0x38C, 64},      {0x38E, 0x38F, 63},
    {0x391, 0x3A1, 32},      {0x3A3, 0x3AB, 32},   {0x3C2, 0x3C2, 1},       {0x400, 0x40F, 80},
    {0x410, 0x42F, 32},      {0x460, 0x481, 0},    {0x48A, 0x4BF, 0},       {0x4C0, 0x4C0, 15},
    {0x4C1, 0x4CE, 0},       {0x4D0, 0x52F, 0},    {0x531, 0x556, 48},      {0x10A0, 0x10C5, 7264},
    {0x1E00, 0x1E95, 0},     {0x1EA0, 0x1EFF, 0},  {0x2126, 0x2126, -7517}, {0x212A, 0x212A, -8383},
    {0x212B, 0x212B, -8262}, {0xFF21, 0xFF3A, 32},
};

/// A letter whose folded form has several letters. \see Unicode CaseFolding.txt, status F
struct LongFold {
  char32_t letter = 0;
  std::string_view folded = {};
};

constexpr LongFold kLongFolds[] = {
    {0xDF, "ss"},
    {0x130, "i\xCC\x87"},
    {0x149, "\xCA\xBCn"},
    {0x1F0, "j\xCC\x8C"},
    {0x390, "\xCE\xB9\xCC\x88\xCC\x81"},
    {0x3B0, "\xCF\x85\xCC\x88\xCC\x81"},
    {0x587, "\xD5\xA5\xD6\x82"},
    {0x1E9E, "ss"},
};

char32_t fold_letter(char32_t letter) {
  const auto* range = std::upper_bound(
      std::begin(kFoldRanges), std::end(kFoldRanges), letter,
      [](char32_t wanted, const FoldRange& candidate) { return wanted < candidate.first; });
  if (range == std::begin(kFoldRanges) || letter > (--range)->last) {
    return letter;
  }
  if (range->distance == 0) {
    return letter + ((letter - range->first) % 2 == 0 ? 1 : 0);
  }
  return static_cast<char32_t>(static_cast<std::int32_t>(letter) + range->distance);
}

void append_utf8(std::string& out, char32_t letter) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((letter >> shift) & 0x3F)); };
  if (letter < 0x80) {
    out += static_cast<char>(letter);
  } else if (letter < 0x800) {
    out += static_cast<char>(0xC0 | (letter >> 6));
    tail(0);
  } else if (letter < 0x10000) {
    out += static_cast<char>(0xE0 | (letter >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (letter >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// A decoded letter; size 0: `text` does not begin with valid UTF-8.
struct DecodedLetter {
  char32_t letter = 0;
  std::size_t size = 0;
};

DecodedLetter decode_utf8(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || size > text.size()) {
    return {};
  }
  char32_t letter = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xC0) != 0x80) {
      return {};
    }
    letter = (letter << 6) | (octet(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && letter < 0x800) || (size == 4 && letter < 0x10000);
  const bool surrogate = letter >= 0xD800 && letter <= 0xDFFF;
  return overlong || surrogate || letter > 0x10FFFF ? DecodedLetter{} : DecodedLetter{letter, size};
}

/// Levenshtein distance, ignoring the case of ASCII letters; two letters that have changed places
/// are one error, since that is how people mistype.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  const auto same = [&](std::size_t i, std::size_t j) { return lower(left[i]) == lower(right[j]); };
  for (std::size_t i = 0; i < left.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      row[j + 1] = std::min({last[j] + (same(i, j) ? 0 : 1), last[j + 1] + 1, row[j] + 1});
      if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j)) {
        row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
      }
    }
  }
  return row.back();
}

bool is_ascii(std::string_view text) {
  unsigned char all_bits = 0;
  for (const char octet : text) {
    all_bits |= static_cast<unsigned char>(octet);
  }
  return all_bits < 0x80;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::vector<std::string_view> split_list(std::string_view text, Braces braces) {
  std::vector<std::string_view> items;
  std::size_t begin = 0;
  std::size_t depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool at_end = i == text.size();
    if (!at_end && braces == Braces::protect && text[i] == '{') {
      ++depth;
    } else if (!at_end && braces == Braces::protect && text[i] == '}' && depth > 0) {
      --depth;
    } else if (at_end || (depth == 0 && is_list_separator(text[i]))) {
      if (i > begin) {
        items.push_back(text.substr(begin, i - begin));
      }
      begin = i + 1;
    }
  }
  return items;
}

std::string fold_ascii(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return folded;
}

std::string fold_case(std::string_view text) {
  std::string folded(text);
  unsigned char all_bits = 0;
  for (char& octet : folded) {
    all_bits |= static_cast<unsigned char>(octet);
    octet = lower(octet);
  }
  if (all_bits < 0x80 || !is_valid_utf8(text)) {
    return folded;
  }
  folded.clear();
  while (!text.empty()) {
    const DecodedLetter decoded = decode_utf8(text);
    const auto* several =
        std::find_if(std::begin(kLongFolds), std::end(kLongFolds),
                     [&](const LongFold& fold) { return fold.letter == decoded.letter; });
    if (several != std::end(kLongFolds)) {
      folded += several->folded;
    } else {
      append_utf8(folded, fold_letter(decoded.letter));
    }
    text.remove_prefix(decoded.size);
  }
  return folded;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool is_valid_utf8(std::string_view text) {
  if (is_ascii(text)) {
    return true;
  }
  while (!text.empty()) {
    const std::size_t size = decode_utf8(text).size;
    if (size == 0) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const DecodedLetter decoded = decode_utf8(text);
    const std::size_t size = std::max(decoded.size, std::size_t{1});
    const bool control = decoded.letter < 0x20 || (decoded.letter >= 0x7F && decoded.letter < 0xA0);
    if (decoded.size == 0 || control) {
      result.append(size, '?');
    } else {
      result += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return result;
}

std::string_view closest_match(std::string_view word,
                               std::span<const std::string_view> candidates) {
  // Longer words are not typing mistakes, and the distance takes time that grows with the square.
  constexpr std::size_t kLongestWord = 64;
  if (word.empty() || word.size() > kLongestWord) {
    return {};
  }
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view match = closest_match(word, candidates);
  return match.empty() ? std::string{} : " (did you mean \"" + std::string(match) + "\"?)";
}

}  // namespace lastmile
