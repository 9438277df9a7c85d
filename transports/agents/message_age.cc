// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/message_age.h"

#include <string>
#include <string_view>

#include "aliases/text.h"
#include "transports/mail_date.h"

namespace lastmile {
namespace {

/// A mail system puts its header first, and none is as long as this.
constexpr std::size_t kLooked = std::size_t{16} * 1024;

/// Takes a header with its continuation lines off the front of `text`.
std::string_view take_header(std::string_view& text) {
  std::size_t end = 0;
  do {
    const std::size_t newline = text.find('\n', end);
    end = newline == std::string_view::npos ? text.size() : newline + 1;
  } while (end < text.size() && (text[end] == ' ' || text[end] == '\t'));
  const std::string_view header = text.substr(0, end);
  text.remove_prefix(end);
  return header;
}

}  // namespace

std::optional<std::int64_t> received_at(const SpooledMessage& message) {
  std::string beginning(kLooked, '\0');
  const auto count = message.read(0, beginning);
  if (!count) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(beginning).substr(0, *count);
  while (header_name_length(rest) > 0) {
    const std::size_t length = header_name_length(rest);
    const std::string_view header = take_header(rest);
    if (equal_ignoring_case(header.substr(0, length), "Received")) {
      const std::size_t semicolon = header.rfind(';');
      return semicolon == std::string_view::npos ? std::nullopt
                                                 : parse_header_date(header.substr(semicolon + 1));
    }
  }
  return std::nullopt;
}

}  // namespace lastmile
