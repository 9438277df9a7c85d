// SPDX-License-Identifier: Apache-2.0
#include "local/serving/server_reply.h"

#include <algorithm>

#include "aliases/text.h"

namespace lastmile {

namespace {

/// Octets of text on a line: with codes and line end 512 are not passed. \see RFC 5321, 4.5.3.1.5
constexpr std::size_t kMaxReplyText = 480;

/// Where a piece of at most `limit` octets ends: not within a character of UTF-8.
std::size_t piece_end(std::string_view text, std::size_t limit) {
  std::size_t end = std::min(text.size(), limit);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {
    --end;
  }
  return std::max<std::size_t>(end, 1);
}

}  // namespace

std::string to_wire(const ServerReply& reply, std::size_t max_text) {
  std::string shown = printable(reply.text);
  shown.resize(shown.empty() ? 0 : piece_end(shown, max_text));
  const std::string code = std::to_string(reply.code);
  const std::string status = to_string(reply.status);
  std::string wire;
  std::string_view rest = shown;
  do {
    const std::size_t end = rest.empty() ? 0 : piece_end(rest, kMaxReplyText);
    const bool is_last = end == rest.size();
    wire += code + (is_last ? ' ' : '-') + status + ' ';
    wire.append(rest.substr(0, end)).append("\r\n");
    rest.remove_prefix(end);
  } while (!rest.empty());
  return wire;
}

int reply_code_for(EnhancedStatus status) {
  constexpr int kAddress = 1;
  constexpr int kPolicy = 7;
  const bool lacks_room = status == "4.2.2"_dsn || status == "4.3.1"_dsn || status == "5.2.2"_dsn ||
                          status == "5.3.1"_dsn || status == "5.2.3"_dsn || status == "5.3.4"_dsn;
  switch (status.status_class) {
    case StatusClass::success:
      return 250;
    case StatusClass::transient:
      return lacks_room ? 452 : 451;
    case StatusClass::permanent:
      if (lacks_room) {
        return 552;
      }
      return status.subject.value == kAddress || status.subject.value == kPolicy ? 550 : 554;
  }
  return 451;
}

}  // namespace lastmile
