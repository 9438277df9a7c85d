// SPDX-License-Identifier: Apache-2.0
// Invariant: replies do not depend on how the octets are cut, their text is printable and bounded,
// and their enhanced code is of the class of the reply code.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/capabilities.h"
#include "lmtpclient/reply.h"

namespace lastmile::lmtp {
namespace {

void require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

constexpr ReplyLimits kLimits{.max_line = 64, .max_lines = 10, .max_octets = 1000};

std::vector<Reply> read_in_pieces(std::string_view bytes, std::size_t piece) {
  ReplyReader reader(kLimits);
  std::vector<Reply> replies;
  while (!bytes.empty()) {
    reader.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto reply = reader.next()) {
      replies.push_back(*std::move(reply));
    }
  }
  return replies;
}

void check(const Reply& reply) {
  require(reply.text.size() <= kMaxReplyText + kLimits.max_line + 1);
  require(printable(reply.text) == reply.text);
  require(reply.code >= 0 && reply.code <= 999);
  require(!reply.lines.empty() && reply.lines.size() <= kLimits.max_lines);
  const int status_class = static_cast<int>(reply.status.status_class);
  require(status_class == reply.code / 100 || to_string(reply.status) == "5.5.0");
  read_capabilities(reply.lines, {"pipelining"});
}

void check(std::string_view bytes) {
  const std::vector<Reply> whole = read_in_pieces(bytes, bytes.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const std::vector<Reply> cut = read_in_pieces(bytes, piece);
    require(cut.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      require(cut[i].code == whole[i].code && cut[i].text == whole[i].text);
    }
  }
  for (const Reply& reply : whole) {
    check(reply);
  }
}

}  // namespace
}  // namespace lastmile::lmtp

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::lmtp::check(std::string(data, data + size));
  return 0;
}
