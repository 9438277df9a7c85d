// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/mime_header.h"

#include <algorithm>
#include <utility>

namespace lastmile::lmtp {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string folded(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string header_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return {};
  }
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) {
    name.remove_suffix(1);
  }
  const bool is_name =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
  return is_name ? folded(name) : std::string();
}

std::string_view header_value(std::string_view header) {
  return header.substr(std::min(header.find(':'), header.size() - 1) + 1);
}

std::optional<std::string> HeaderWords::next() {
  skip_comments();
  if (rest_.empty()) {
    return std::nullopt;
  }
  if (rest_.front() == '"') {
    return quoted_string();
  }
  const std::size_t end = rest_.find_first_of(" \t\r\n()\";/=");
  const std::size_t length = std::clamp<std::size_t>(end, 1, rest_.size());
  const std::string word(rest_.substr(0, length));
  rest_.remove_prefix(length);
  return word;
}

void HeaderWords::skip_comments() {
  int depth = 0;
  while (!rest_.empty()) {
    const char c = rest_.front();
    const bool is_space = is_blank(c) || c == '\r' || c == '\n';
    depth += c == '(' ? 1 : 0;
    if (depth == 0 && !is_space) {
      return;
    }
    depth -= c == ')' && depth > 0 ? 1 : 0;
    rest_.remove_prefix(c == '\\' ? std::min<std::size_t>(2, rest_.size()) : 1);
  }
}

std::string HeaderWords::quoted_string() {
  std::string word;
  rest_.remove_prefix(1);
  while (!rest_.empty() && rest_.front() != '"') {
    if (rest_.front() == '\\' && rest_.size() > 1) {
      rest_.remove_prefix(1);
    }
    word += rest_.front();
    rest_.remove_prefix(1);
  }
  rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
  return word;
}

ContentType read_content_type(std::string_view header, std::size_t max_boundary) {
  HeaderWords words(header_value(header));
  ContentType content;
  content.type = folded(words.next().value_or(""));
  words.next();  // The slash.
  content.subtype = folded(words.next().value_or(""));
  while (const auto word = words.next()) {
    if (folded(*word) == "boundary" && words.next() == "=") {
      content.boundary = words.next().value_or("").substr(0, max_boundary);
    }
  }
  return content;
}

}  // namespace lastmile::lmtp
