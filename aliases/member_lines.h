#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace lastmile {

/// A piece of an include or .forward file that is read as one list of members.
struct MemberLine {
  std::string_view text = {};  ///< A view into the content.
  int line = 0;                ///< Of the physical line, counted from 1.
};

/// The lines of an include or .forward file, each with its newline: in a quoted string that is
/// never closed it counts. A line that has '#' in its first column is left out;
/// there are no continuation lines. A longer line than `line_length_limit` is read in pieces of
/// that many octets, each like a line of its own.
///
/// \param content  must outlive the result
/// \param line_length_limit  octets; 0 counts as 1
/// \see local(8), aliases(5); postconf(5), line_length_limit
std::vector<MemberLine> read_member_lines(std::string_view content, std::size_t line_length_limit);

}  // namespace lastmile
