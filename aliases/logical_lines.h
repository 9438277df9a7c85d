// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"

namespace lastmile {

/// Reads the logical lines of an aliases(5) or postmap(5) source one by one, without copying
/// single physical ones.
///
/// A line that begins with white space continues the one before it; the newline is dropped, the
/// white space is kept. Empty lines and lines whose first visible octet is '#' do not count, inside
/// of a continued line either. Text after a NUL octet is not seen.
///
/// \see postmap(1), TABLE FILE FORMAT
class LineReader {
 public:
  struct Line {
    std::string_view text = {};  ///< Until the next call. Never empty.
    int number = 0;              ///< Of its first physical line.
    std::size_t offset = 0;      ///< Where that line begins in the content.
    bool is_stray = false;       ///< A continuation with nothing before it: to be left out.
  };

  /// \param content  must outlive the reader
  /// \param offset, number  where to begin: the beginning of line `number`
  explicit LineReader(std::string_view content, std::size_t offset = 0, int number = 1)
      : content_(content), position_(offset), number_(number) {}

  std::optional<Line> next();

  /// Of the physical line behind those that were read.
  int next_number() const { return number_; }

 private:
  std::string_view physical_line();
  bool at_continuation() const;

  std::string_view content_;
  std::size_t position_;
  int number_;  ///< Of the physical line at position_.
  std::string joined_ = {};
};

/// How much of the beginning of a text is whole logical lines, whatever follows it.
/// \param from  an offset at which nothing was to be split off: of what was there before the text
///        grew
std::size_t whole_lines(std::string_view text, std::size_t from = 0);

/// Why a line of a source is left out: `file:line: what`.
Error line_warning(std::string_view file, int line, std::string what);

/// The text of a stray continuation line in the words of Postfix.
std::string stray_line_text(std::string_view text);

}  // namespace lastmile
