// SPDX-License-Identifier: Apache-2.0
// The encoding of RFC 3492: a label is its characters of ASCII, a '-', and then, in a variable
// length code, where the others stand.
#include "aliases/domain_encoding.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::string_view kPrefix = "xn--";
constexpr std::size_t kLongestLabel = 63;

// \see RFC 3492 section 5
constexpr std::uint32_t kBase = 36;
constexpr std::uint32_t kFirstThreshold = 1;
constexpr std::uint32_t kLastThreshold = 26;
constexpr std::uint32_t kSkew = 38;
constexpr std::uint32_t kDamp = 700;
constexpr std::uint32_t kFirstBias = 72;
constexpr std::uint32_t kFirstBeyondAscii = 0x80;
constexpr std::uint32_t kLastCharacter = 0x10FFFF;

using Characters = std::vector<std::uint32_t>;

/// \param text  valid UTF-8
Characters characters_of(std::string_view text) {
  Characters characters;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t size = first < 0x80U ? 1 : first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
    std::uint32_t character = size == 1 ? first : first & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      character = (character << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    characters.push_back(character);
    i += size;
  }
  return characters;
}

void append_utf8(std::uint32_t character, std::string& out) {
  const auto tail = [&out](std::uint32_t bits) {
    out += static_cast<char>(0x80U | (bits & 0x3FU));
  };
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xC0U | (character >> 6U));
    tail(character);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xE0U | (character >> 12U));
    tail(character >> 6U);
    tail(character);
  } else {
    out += static_cast<char>(0xF0U | (character >> 18U));
    tail(character >> 12U);
    tail(character >> 6U);
    tail(character);
  }
}

std::uint32_t adapted_bias(std::uint32_t delta, std::uint32_t count, bool is_first) {
  delta = is_first ? delta / kDamp : delta / 2;
  delta += delta / count;
  std::uint32_t bias = 0;
  while (delta > ((kBase - kFirstThreshold) * kLastThreshold) / 2) {
    delta /= kBase - kFirstThreshold;
    bias += kBase;
  }
  return bias + (kBase - kFirstThreshold + 1) * delta / (delta + kSkew);
}

std::uint32_t threshold(std::uint32_t position, std::uint32_t bias) {
  if (position <= bias) {
    return kFirstThreshold;
  }
  return std::min(position - bias, kLastThreshold);
}

char digit_of(std::uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

std::optional<std::uint32_t> value_of(char digit) {
  if (digit >= 'a' && digit <= 'z') {
    return static_cast<std::uint32_t>(digit - 'a');
  }
  if (digit >= 'A' && digit <= 'Z') {
    return static_cast<std::uint32_t>(digit - 'A');
  }
  if (digit >= '0' && digit <= '9') {
    return static_cast<std::uint32_t>(digit - '0') + 26;
  }
  return std::nullopt;
}

void append_number(std::uint32_t number, std::uint32_t bias, std::string& out) {
  for (std::uint32_t position = kBase;; position += kBase) {
    const std::uint32_t least = threshold(position, bias);
    if (number < least) {
      out += digit_of(number);
      return;
    }
    out += digit_of(least + (number - least) % (kBase - least));
    number = (number - least) / (kBase - least);
  }
}

/// A label that has characters beyond ASCII.
std::string encode(const Characters& label) {
  std::string out(kPrefix);
  for (const std::uint32_t character : label) {
    if (character < kFirstBeyondAscii) {
      out += static_cast<char>(character);
    }
  }
  const auto basic = static_cast<std::uint32_t>(out.size() - kPrefix.size());
  if (basic > 0) {
    out += '-';
  }
  std::uint32_t next = kFirstBeyondAscii;
  std::uint32_t delta = 0;
  std::uint32_t bias = kFirstBias;
  for (std::uint32_t handled = basic; handled < label.size();) {
    std::uint32_t least = kLastCharacter;
    for (const std::uint32_t character : label) {
      least = character >= next ? std::min(least, character) : least;
    }
    delta += (least - next) * (handled + 1);
    next = least;
    for (const std::uint32_t character : label) {
      delta += character < next ? 1U : 0U;
      if (character == next) {
        append_number(delta, bias, out);
        bias = adapted_bias(delta, handled + 1, handled == basic);
        delta = 0;
        ++handled;
      }
    }
    ++delta;
    ++next;
  }
  return out;
}

/// What stands behind `xn--`.
std::optional<Characters> decode(std::string_view text) {
  const std::size_t hyphen = text.rfind('-');
  Characters label;
  if (hyphen != std::string_view::npos) {
    label = characters_of(text.substr(0, hyphen));
    text.remove_prefix(hyphen + 1);
  }
  std::uint64_t character = kFirstBeyondAscii;
  std::uint64_t place = 0;
  std::uint32_t bias = kFirstBias;
  while (!text.empty()) {
    const std::uint64_t before = place;
    std::uint64_t weight = 1;
    for (std::uint32_t position = kBase;; position += kBase) {
      const auto digit = text.empty() ? std::nullopt : value_of(text.front());
      if (!digit || weight > std::numeric_limits<std::uint32_t>::max()) {
        return std::nullopt;
      }
      text.remove_prefix(1);
      place += *digit * weight;
      const std::uint32_t least = threshold(position, bias);
      if (*digit < least) {
        break;
      }
      weight *= kBase - least;
    }
    const std::size_t count = label.size() + 1;
    bias = adapted_bias(static_cast<std::uint32_t>(place - before),
                        static_cast<std::uint32_t>(count), before == 0);
    character += place / count;
    place %= count;
    if (character > kLastCharacter || (character >= 0xD800 && character <= 0xDFFF) ||
        label.size() > kLongestLabel) {
      return std::nullopt;
    }
    label.insert(label.begin() + static_cast<std::ptrdiff_t>(place),
                 static_cast<std::uint32_t>(character));
    ++place;
  }
  return label;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char octet) { return static_cast<unsigned char>(octet) < 0x80; });
}

/// The labels of a domain, each made by `convert`.
template <class Convert>
std::optional<std::string> convert_labels(std::string_view domain, Convert convert) {
  std::string out;
  for (bool more = true; more;) {
    const std::size_t dot = domain.find('.');
    const auto label = convert(domain.substr(0, dot));
    if (!label) {
      return std::nullopt;
    }
    more = dot != std::string_view::npos;
    out.append(*label).append(more ? "." : "");
    domain.remove_prefix(more ? dot + 1 : domain.size());
  }
  return out;
}

}  // namespace

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  if (!is_valid_utf8(domain)) {
    return std::nullopt;
  }
  return convert_labels(domain, [](std::string_view label) -> std::optional<std::string> {
    std::string out = is_ascii(label) ? fold_ascii(label) : encode(characters_of(fold_case(label)));
    return out.size() > kLongestLabel ? std::nullopt : std::optional(std::move(out));
  });
}

std::optional<std::string> domain_to_utf8(std::string_view domain) {
  if (!is_valid_utf8(domain)) {
    return std::nullopt;
  }
  return convert_labels(domain, [](std::string_view label) -> std::optional<std::string> {
    const std::string folded = fold_case(label);
    if (!folded.starts_with(kPrefix)) {
      return folded;
    }
    const auto characters = decode(std::string_view(folded).substr(kPrefix.size()));
    if (!characters || !is_ascii(folded)) {
      return std::nullopt;
    }
    std::string out;
    for (const std::uint32_t character : *characters) {
      append_utf8(character, out);
    }
    return out;
  });
}

}  // namespace lastmile
