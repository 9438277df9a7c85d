// SPDX-License-Identifier: Apache-2.0
#include "aliases/member_lines.h"

#include <algorithm>

namespace lastmile {

MemberLines::MemberLines(std::string_view content, std::size_t line_length_limit)
    : content_(content), limit_(std::max<std::size_t>(line_length_limit, 1)) {}

std::optional<MemberLine> MemberLines::next() {
  while (!content_.empty()) {
    // With its newline: in a quoted string that is never closed it counts.
    const std::string_view piece = content_.substr(0, limit_);
    const std::size_t newline = piece.find('\n');
    const MemberLine line = {piece.substr(0, newline == piece.npos ? newline : newline + 1), line_};
    content_.remove_prefix(line.text.size());
    if (newline != piece.npos) {
      ++line_;
    }
    if (line.text.front() != '#') {
      return line;
    }
  }
  return std::nullopt;
}

}  // namespace lastmile
