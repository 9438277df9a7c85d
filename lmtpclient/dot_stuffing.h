// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lastmile::lmtp {

/// Turns content into what stands between 354 and the final dot: lines end with CRLF, a dot at the
/// beginning of a line is doubled, lines that are too long are broken with CR LF SPACE. What comes
/// out does not depend on how the content is cut into chunks.
/// \see RFC 5321 sections 4.5.2 and 4.5.3.1.6; postconf(5), lmtp_line_length_limit
class DotStuffer {
 public:
  /// \param line_length_limit  octets of a line without its CRLF and without the doubled dot; the
  ///        space that begins a continuation counts; 0: lines are never broken
  explicit DotStuffer(std::size_t line_length_limit = 998);

  /// Encodes content with LF or CRLF line ends; any other CR is kept.
  void append(std::string_view content, std::string& wire);

  /// Ends the last line where it has no end. The final dot is not added.
  void finish(std::string& wire);

  /// How many lines were broken.
  std::size_t broken_lines() const { return broken_lines_; }

 private:
  void append_text(std::string_view text, std::string& wire);
  void end_line(std::string& wire);

  std::size_t limit_;
  std::size_t room_;  ///< Octets that fit on the current line.
  bool at_line_start_ = true;
  bool has_waiting_cr_ = false;  ///< The last octet of a chunk: it may be half of a CRLF.
  std::size_t broken_lines_ = 0;
};

/// The other direction: takes content from the wire up to the final dot.
///
/// Only CRLF ends a line, and only CRLF "." CRLF ends the content: a bare LF is content, so that
/// nobody can smuggle a second message past a server that reads more strictly.
class DotUnstuffer {
 public:
  /// Appends content with LF line ends to `content`.
  /// \return how many octets of `wire` belong to the content and its final dot; fewer than
  ///         wire.size() only when the final dot was found
  std::size_t append(std::string_view wire, std::string& content);

  /// Whether the final dot was found.
  bool finished() const { return state_ == State::finished; }

 private:
  enum class State { line_start, text, cr, dot, dot_cr, finished };

  void take(char c, std::string& content);

  State state_ = State::line_start;
};

}  // namespace lastmile::lmtp
