// SPDX-License-Identifier: Apache-2.0
#include "local/formats/wrapped_lines.h"

#include <algorithm>
#include <array>
#include <streambuf>
#include <utility>

#include "local/formats/utf8.h"

namespace lastmile {
namespace {

/// What stands below a branch of a tree.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kBranches = {{
    {"├─ ", "│  "},
    {"└─ ", "   "},
    {"│  ", "│  "},
    {"|- ", "|  "},
    {"`- ", "   "},
    {"|  ", "|  "},
}};

constexpr std::size_t kStep = 2;  // Columns that a row stands deeper than its line.

/// Takes the branches and blanks from the beginning of a line.
/// \return what stands in their place in the rows below
std::string take_margin(std::string_view& line) {
  std::string below;
  while (!line.empty()) {
    const auto* const branch = std::ranges::find_if(
        kBranches, [line](const auto& known) { return line.starts_with(known.first); });
    if (branch != kBranches.end()) {
      below += branch->second;
      line.remove_prefix(branch->first.size());
    } else if (line.front() == ' ') {
      below += ' ';
      line.remove_prefix(1);
    } else {
      break;
    }
  }
  return below;
}

/// Where the second column of a table begins; 0: the text is none.
std::size_t second_column(std::string_view text) {
  const std::size_t gap = text.find("  ");
  const std::size_t begin = gap == std::string_view::npos ? gap : text.find_first_not_of(' ', gap);
  return begin == std::string_view::npos ? 0 : columns(text.substr(0, begin));
}

}  // namespace

std::string wrap_line(std::string_view line, std::size_t width) {
  if (width == 0 || columns(line) <= width) {
    return std::string(line);
  }
  std::string_view text = line;
  const std::string margin = take_margin(text);
  const std::size_t column = columns(margin) + second_column(text);
  const std::size_t least = columns(margin) + kStep;
  const std::size_t usual = column > least && column <= width / 2 ? column : least;
  std::string rows(line.substr(0, line.size() - text.size()));
  std::size_t used = columns(rows);
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const std::size_t size = columns(word);
    if (is_first || used + begin + size <= width) {
      rows.append(begin, ' ');
      used += begin;
    } else {
      // What has no room where it should begin may have some further to the left.
      const std::size_t indent = usual + size <= width ? usual : least;
      rows.append("\n").append(margin).append(indent - columns(margin), ' ');
      used = indent;
    }
    rows.append(word);
    used += size;
    text.remove_prefix(end);
  }
  return rows;
}

/// Collects one line.
class WrappedLines::Buffer final : public std::streambuf {
 public:
  Buffer(std::ostream& out, std::size_t width) : out_(out), width_(width) {}

  /// Gives on what has no end of line.
  void finish() { out_ << wrap_line(std::exchange(line_, {}), width_); }

 protected:
  int_type overflow(int_type octet) override {
    if (traits_type::eq_int_type(octet, traits_type::eof())) {
      return traits_type::not_eof(octet);
    }
    const char one = traits_type::to_char_type(octet);
    return xsputn(&one, 1) == 1 ? octet : traits_type::eof();
  }

  std::streamsize xsputn(const char* octets, std::streamsize count) override {
    std::string_view rest(octets, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
      line_.append(rest.substr(0, end));
      finish();
      out_ << '\n';
      rest.remove_prefix(end + 1);
    }
    line_.append(rest);
    return out_.good() ? count : 0;
  }

 private:
  std::ostream& out_;
  std::size_t width_;
  std::string line_ = {};
};

WrappedLines::WrappedLines(std::ostream& out, std::size_t width)
    : buffer_(std::make_unique<Buffer>(out, width)), stream_(buffer_.get()) {}

WrappedLines::~WrappedLines() {
  buffer_->finish();
}

}  // namespace lastmile
