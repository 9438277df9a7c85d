#include "aliases/member_lines.h"

#include <algorithm>

namespace lastmile {

std::vector<MemberLine> read_member_lines(std::string_view content, std::size_t line_length_limit) {
  const std::size_t limit = std::max<std::size_t>(line_length_limit, 1);
  std::vector<MemberLine> lines;
  for (int number = 1; !content.empty(); ++number) {
    // With its newline: in a quoted string that is never closed it counts.
    const std::size_t newline = content.find('\n');
    const std::size_t size = newline == std::string_view::npos ? content.size() : newline + 1;
    for (std::size_t begin = 0; begin < size; begin += limit) {
      const std::string_view piece = content.substr(begin, std::min(limit, size - begin));
      if (piece.front() != '#') {
        lines.push_back(MemberLine{piece, number});
      }
    }
    content.remove_prefix(size);
  }
  return lines;
}

}  // namespace lastmile
