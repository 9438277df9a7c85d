// SPDX-License-Identifier: Apache-2.0
#include "aliases/logical_lines.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

bool is_blank_or_comment(std::string_view line) {
  const auto visible = std::find_if_not(line.begin(), line.end(), is_space);
  return visible == line.end() || *visible == '#';
}

std::string_view before_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

}  // namespace

std::string_view LineReader::physical_line() {
  const std::size_t end = std::min(content_.find('\n', position_), content_.size());
  const std::string_view line = content_.substr(position_, end - position_);
  position_ = std::min(end + 1, content_.size());
  ++number_;
  return line;
}

bool LineReader::at_continuation() const {
  return position_ < content_.size() &&
         (content_[position_] == '#' || is_space(content_[position_]));
}

std::optional<LineReader::Line> LineReader::next() {
  while (position_ < content_.size()) {
    Line line{{}, number_, position_, false};
    line.text = physical_line();
    if (is_blank_or_comment(line.text)) {
      continue;
    }
    bool joined = false;
    while (at_continuation()) {
      const std::string_view more = physical_line();
      if (is_blank_or_comment(more)) {
        continue;
      }
      if (!std::exchange(joined, true)) {
        joined_ = line.text;
      }
      joined_ += more;
      line.text = joined_;
    }
    line.text = before_nul(line.text);
    line.is_stray = !line.text.empty() && is_space(line.text.front());
    if (!line.text.empty()) {
      return line;
    }
  }
  return std::nullopt;
}

std::size_t whole_lines(std::string_view text, std::size_t from) {
  // Before the last line that begins one of its own: that one may have a continuation.
  for (std::size_t at = text.size(); at-- > std::max<std::size_t>(from, 1);) {
    if (text[at - 1] == '\n' && text[at] != '#' && !is_space(text[at])) {
      return at;
    }
  }
  return 0;
}

Error line_warning(std::string_view file, int line, std::string what) {
  return malformed(std::move(what), SourcePos{std::string(file), line});
}

std::string stray_line_text(std::string_view text) {
  return "logical line must not start with whitespace: \"" + printable(text.substr(0, 30)) + "\"";
}

}  // namespace lastmile
