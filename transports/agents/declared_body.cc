// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/declared_body.h"

#include <string>
#include <string_view>

#include "aliases/text.h"
#include "lmtpclient/content_rewriter.h"
#include "lmtpclient/mime_header.h"

namespace lastmile {
namespace {

constexpr std::string_view kHeader = "content-transfer-encoding";

/// Calls `take` with one piece of the message after the other, until it returns false.
template <class Take>
void for_each_chunk(const SpooledMessage& message, const Take& take) {
  std::string buffer(kMessageChunk, '\0');
  for (std::size_t offset = 0; offset < message.size();) {
    const auto count = message.read(offset, buffer);
    // What cannot be read is not sent either.
    if (!count || *count == 0 || !take(std::string_view(buffer).substr(0, *count))) {
      return;
    }
    offset += *count;
  }
}

/// Whether the name of the header stands anywhere: few messages are worth more of a look. A dash
/// is quickly found.
bool may_declare(const SpooledMessage& message) {
  constexpr std::size_t kFirstDash = 7;
  bool found = false;
  std::string text;
  for_each_chunk(message, [&](std::string_view chunk) {
    // The name may be cut in two.
    text.erase(0, text.size() - std::min(text.size(), kHeader.size()));
    text.append(chunk);
    for (std::size_t dash = text.find('-'); dash != std::string::npos && !found;
         dash = text.find('-', dash + 1)) {
      found = dash >= kFirstDash &&
              equal_ignoring_case(std::string_view(text).substr(dash - kFirstDash, kHeader.size()),
                                  kHeader);
    }
    return !found;
  });
  return found;
}

bool is_eight_bit(std::string_view header) {
  if (lmtp::header_name(header) != kHeader) {
    return false;
  }
  std::string_view value = lmtp::header_value(header);
  value.remove_prefix(std::min(value.find_first_not_of(" \t\r\n"), value.size()));
  return equal_ignoring_case(value, "8bit") || equal_ignoring_case(value, "binary");
}

}  // namespace

bool declares_eight_bit(const SpooledMessage& message) {
  if (!may_declare(message)) {
    return false;
  }
  bool found = false;
  lmtp::ContentRules rules;
  rules.header = [&found](lmtp::HeaderClass, std::string_view header, std::string&) {
    found = found || is_eight_bit(header);
    return !found;
  };
  rules.line = [](std::string_view, bool, std::string&) { return true; };
  lmtp::ContentRewriter reader(std::move(rules));
  std::string unused;
  for_each_chunk(message, [&](std::string_view chunk) { return reader.append(chunk, unused); });
  if (!found) {
    (void)reader.finish(unused);  // The last header may have no line behind it.
  }
  return found;
}

}  // namespace lastmile
