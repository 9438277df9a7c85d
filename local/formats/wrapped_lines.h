// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace lastmile {

/// A line in rows of at most `width` columns, broken between words; no word is cut, and none is
/// left out. A row below the first begins where the second column of a table does, or else a
/// little deeper than the line, and the branches of a tree go on beside it.
/// \param width  0: any
std::string wrap_line(std::string_view line, std::size_t width);

/// A stream for the reports that a person reads: what it is given goes on to `out` line by line,
/// each as wrap_line() has it.
class WrappedLines {
 public:
  /// `out` must outlive it, and has everything when it ends.
  WrappedLines(std::ostream& out, std::size_t width);
  WrappedLines(const WrappedLines&) = delete;
  WrappedLines& operator=(const WrappedLines&) = delete;
  ~WrappedLines();

  std::ostream& stream() { return stream_; }

 private:
  class Buffer;

  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
};

}  // namespace lastmile
