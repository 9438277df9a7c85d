// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/message_key.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aliases/sha256.h"

namespace lastmile {

namespace {

/// Finds the empty line that ends the header section, in text that comes in pieces.
class HeaderEnd {
 public:
  /// \return the octets of `piece` that belong to the header section
  std::string_view header_part(std::string_view piece) {
    for (std::size_t at = 0; at < piece.size(); ++at) {
      const char c = piece[at];
      if (c == '\n' && line_is_empty_) {
        passed_ = true;
        return piece.substr(0, at);
      }
      line_is_empty_ = c == '\n' || (c == '\r' && line_is_empty_);
    }
    return piece;
  }
  bool is_passed() const { return passed_; }

 private:
  bool line_is_empty_ = true;
  bool passed_ = false;
};

constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

Result<std::string> message_key(const SpooledMessage& message, const Envelope& envelope) {
  Sha256 digest;
  digest.add_field(envelope.queue_id);
  digest.add_field(to_internal(envelope.sender));
  digest.add_field(std::to_string(message.size()));
  const bool header_alone = !envelope.queue_id.empty();
  HeaderEnd header_end;
  std::vector<char> piece(std::min(message.size(), kPiece));
  for (std::size_t offset = 0; offset < message.size() && !header_end.is_passed();) {
    const auto count = message.read(offset, piece);
    if (!count) {
      return count.error();
    }
    if (*count == 0) {
      break;
    }
    const std::string_view text(piece.data(), *count);
    digest.add(header_alone ? header_end.header_part(text) : text);
    offset += *count;
  }
  return digest.hex();
}

}  // namespace lastmile
