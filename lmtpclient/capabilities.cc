// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/capabilities.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lmtpclient/reply.h"

namespace lastmile::lmtp {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

/// Takes the next word. Some old servers write `AUTH=PLAIN`, so '=' separates too.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kSeparators = " \t=";
  text.remove_prefix(std::min(text.find_first_not_of(kSeparators), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kSeparators));
  text.remove_prefix(word.size());
  return word;
}

std::vector<std::string> upper_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    words.push_back(upper(word));
  }
  return words;
}

void read_size(std::string_view parameters, Capabilities& capabilities) {
  const std::string_view word = take_word(parameters);
  std::uint64_t limit = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), limit);
  capabilities.size = true;
  // A limit that is no number, or too large for one, limits nothing.
  capabilities.size_limit = error == std::errc{} ? limit : 0;
}

void read_keyword(const std::string& keyword, std::string_view parameters,
                  Capabilities& capabilities) {
  struct Flag {
    std::string_view keyword;
    bool Capabilities::*member;
  };
  constexpr Flag kFlags[] = {
      {"PIPELINING", &Capabilities::pipelining},
      {"8BITMIME", &Capabilities::eight_bit_mime},
      {"DSN", &Capabilities::dsn},
      {"SMTPUTF8", &Capabilities::smtputf8},
      {"ENHANCEDSTATUSCODES", &Capabilities::enhanced_status_codes},
      {"STARTTLS", &Capabilities::starttls},
  };
  for (const Flag& flag : kFlags) {
    if (flag.keyword == keyword) {
      capabilities.*flag.member = true;
    }
  }
  if (keyword == "SIZE") {
    read_size(parameters, capabilities);
  }
  if (keyword == "AUTH") {
    capabilities.auth = true;
    // Old servers have a second line, AUTH=.
    for (std::string& mechanism : upper_words(parameters)) {
      capabilities.auth_mechanisms.push_back(std::move(mechanism));
    }
  }
  if (keyword == "XFORWARD") {
    capabilities.xforward_attributes = upper_words(parameters);
  }
}

}  // namespace

Capabilities read_capabilities(const std::vector<std::string>& lines,
                               const std::vector<std::string>& discard_keywords) {
  Capabilities capabilities;
  for (const std::string& line : lines) {
    std::string_view rest = line;
    if (&line == &lines.front()) {
      capabilities.server_name = printable(take_word(rest));
      continue;
    }
    capabilities.keywords.push_back(printable(line));
    const std::string keyword = upper(take_word(rest));
    const bool is_discarded =
        std::any_of(discard_keywords.begin(), discard_keywords.end(),
                    [&](const std::string& discarded) { return upper(discarded) == keyword; });
    if (!is_discarded) {
      read_keyword(keyword, rest, capabilities);
    }
  }
  // RFC 6531 section 3.1 item 8 demands both; a server that offers one only means both.
  capabilities.eight_bit_mime |= capabilities.smtputf8;
  return capabilities;
}

}  // namespace lastmile::lmtp
