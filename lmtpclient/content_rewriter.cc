// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/content_rewriter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lastmile::lmtp {
namespace {

/// \see header_checks(5), mime_header_checks
bool is_mime_header(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "content-description",       "content-disposition", "content-id",
      "content-transfer-encoding", "content-type",        "mime-version"};
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace

ContentRewriter::ContentRewriter(ContentRules rules) : rules_(std::move(rules)) {}

bool ContentRewriter::append(std::string_view content, std::string& result) {
  const std::size_t max_line = std::max<std::size_t>(rules_.max_line, 2);
  while (!content.empty()) {
    const std::size_t room = max_line - line_.size();
    const std::size_t newline = content.substr(0, room + 1).find('\n');
    const bool ends_line = newline != std::string_view::npos;
    line_begin_ = at_line_start_ && line_.empty() ? position_ : line_begin_;
    const std::size_t count = ends_line ? newline : std::min(room, content.size());
    line_ += content.substr(0, count);
    content.remove_prefix(count + (ends_line ? 1 : 0));
    position_ += count + (ends_line ? 1 : 0);
    const bool is_whole = ends_line || (line_.size() == max_line && !content.empty());
    if (is_whole && !take_line(ends_line, result)) {
      return false;
    }
  }
  return true;
}

bool ContentRewriter::finish(std::string& result) {
  if ((!line_.empty() || !at_line_start_) && !take_line(true, result)) {
    return false;
  }
  return end_header(result);
}

/// Hands on what is in line_.
bool ContentRewriter::take_line(bool ends_line, std::string& result) {
  const std::string line = std::exchange(line_, {});
  Piece piece{line, std::exchange(at_line_start_, ends_line), ends_line};
  if (piece.text.ends_with('\r')) {
    piece.text.remove_suffix(1);
    // Without a newline it may be half of a CRLF.
    line_ = ends_line ? "" : "\r";
  }
  return take(piece, result);
}

bool ContentRewriter::take(const Piece& piece, std::string& result) {
  if (section_ != Section::body) {
    return take_header(piece, result);
  }
  if (piece.begins_line) {
    take_boundary(piece.text);
  }
  return give_line(piece.text, piece.ends_line, result);
}

// ---- headers

bool ContentRewriter::take_header(const Piece& piece, std::string& result) {
  if (!header_.empty()) {
    const bool is_continued =
        !piece.begins_line || (!piece.text.empty() && is_blank(piece.text.front()));
    if (is_continued) {
      if (header_.size() < rules_.max_header) {
        header_.append(piece.begins_line ? "\n" : "").append(piece.text);
      }
      return true;
    }
    if (!end_header(result)) {
      return false;
    }
  }
  return begin_header(piece) || end_headers(piece, result);
}

/// White space before the colon goes. \return false when it is no header
bool ContentRewriter::begin_header(const Piece& piece) {
  const std::string name = header_name(piece.text);
  if (name.empty()) {
    return false;
  }
  is_own_header_ = !own_headers_.empty() && own_headers_.front() == line_begin_;
  if (is_own_header_) {
    own_headers_.pop_front();
  }
  header_ = piece.text.substr(0, name.size());
  header_ += piece.text.substr(piece.text.find(':'));
  return true;
}

/// The header that was read is complete.
bool ContentRewriter::end_header(std::string& result) {
  if (header_.empty()) {
    return true;
  }
  const std::string header = std::exchange(header_, {});
  const std::string name = header_name(header);
  if (rules_.reads_structure && name == "content-type") {
    ContentType content = read_content_type(header, rules_.max_boundary);
    is_message_ = content.holds_message();
    if (content.is_multipart() && !content.boundary.empty() &&
        multiparts_.size() < rules_.max_nesting) {
      multiparts_.push_back({std::move(content.boundary), content.subtype == "digest"});
    }
  }
  if (rules_.header) {
    return rules_.header(class_of(name, is_own_header_), header, result);
  }
  result.append(header).append("\n");
  return true;
}

HeaderClass ContentRewriter::class_of(std::string_view name, bool is_own) const {
  if (section_ == Section::part_headers || (!is_own && is_mime_header(name))) {
    return HeaderClass::mime;
  }
  return section_ == Section::nested_headers ? HeaderClass::nested : HeaderClass::primary;
}

/// The empty line; or any other that is no header, which is one of the body then.
bool ContentRewriter::end_headers(const Piece& piece, std::string& result) {
  const Section ended = std::exchange(section_, Section::body);
  if (piece.text.empty() && piece.ends_line) {
    section_ = std::exchange(is_message_, false) ? Section::nested_headers : Section::body;
    return give_line({}, true, result);
  }
  // A part may be signed as it is, and gets no line that it does not have.
  if (ended == Section::message_headers && !give_line({}, true, result)) {
    return false;
  }
  return take(piece, result);
}

// ---- bodies

/// Enters or leaves a part when `line` is a boundary. What is not closed ends with what is around.
void ContentRewriter::take_boundary(std::string_view line) {
  if (!line.starts_with("--")) {
    return;
  }
  const std::string_view rest = line.substr(2);
  const auto found = std::find_if(multiparts_.rbegin(), multiparts_.rend(),
                                  [&](const auto& it) { return rest.starts_with(it.boundary); });
  if (found == multiparts_.rend()) {
    return;
  }
  const bool is_last = rest.substr(found->boundary.size()).starts_with("--");
  is_message_ = !is_last && found->is_digest;
  multiparts_.erase(found.base() - (is_last ? 1 : 0), multiparts_.end());
  section_ = is_last ? Section::body : Section::part_headers;
}

bool ContentRewriter::give_line(std::string_view text, bool ends_line, std::string& result) {
  if (rules_.line) {
    return rules_.line(text, ends_line, result);
  }
  result.append(text).append(ends_line ? "\n" : "");
  return true;
}

}  // namespace lastmile::lmtp
