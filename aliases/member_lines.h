// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lastmile {

/// A piece of an include or .forward file that is read as one list of members.
struct MemberLine {
  std::string_view text = {};  ///< A view into the content.
  int line = 0;                ///< Of the physical line, counted from 1.
};

/// The lines of an include or .forward file one after the other, each with its newline: in a quoted
/// string that is never closed it counts. A line that has '#' in its first column is left out;
/// there are no continuation lines. A longer line than `line_length_limit` is read in pieces of
/// that many octets, each like a line of its own.
///
/// \see local(8), aliases(5); postconf(5), line_length_limit
class MemberLines {
 public:
  /// \param content  must outlive the object
  /// \param line_length_limit  octets; 0 counts as 1
  MemberLines(std::string_view content, std::size_t line_length_limit);

  /// nullopt behind the last one.
  std::optional<MemberLine> next();

 private:
  std::string_view content_;
  std::size_t limit_;
  int line_ = 1;
};

}  // namespace lastmile
