// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/mime_header.h"

namespace lastmile::lmtp {

/// Whose checks a header is for. \see header_checks(5)
enum class HeaderClass {
  primary,  ///< Of the message.
  mime,     ///< Says what the content is made of, or stands in a part of a multipart.
  nested,   ///< Of a message that is attached.
};

/// What becomes of content on its way to the wire. Each function appends to `result` what stands in
/// the place of what it is given, lines with LF at their ends.
/// \return false when that cannot be said: nothing more is sent
struct ContentRules {
  /// \param header  without its last newline; continuation lines are in it
  using Header =
      std::function<bool(HeaderClass header_class, std::string_view header, std::string& result)>;
  /// \param ends_line  false for a piece of a line that is longer than max_line
  using Line = std::function<bool(std::string_view text, bool ends_line, std::string& result)>;

  Header header = {};  ///< Empty: headers stay as they are.
  Line line = {};      ///< Empty: lines of bodies stay as they are.
  /// Whether there are parts and attached messages with headers of their own.
  bool reads_structure = true;
  std::size_t max_line = 2048;  ///< \see postconf(5), line_length_limit
  /// Octets of a header; what goes beyond is dropped. \see postconf(5), header_size_limit
  std::size_t max_header = 102'400;
  std::size_t max_boundary = 2048;  ///< \see postconf(5), mime_boundary_length_limit
  std::size_t max_nesting = 100;    ///< \see postconf(5), mime_nesting_limit

  bool is_empty() const { return !header && !line; }
};

/// Takes content apart into headers and lines, by the structure that MIME gives it, and puts it
/// together again as ContentRules want it. A line that is not part of a header gets an empty line
/// before it where it ends the headers of the message. What comes out does not depend on how the
/// content is cut. Its memory is bounded, whatever the content.
/// \see RFC 2045; RFC 2046 section 5; postconf(5), lmtp_header_checks
class ContentRewriter {
 public:
  explicit ContentRewriter(ContentRules rules);

  /// \param content  LF or CRLF line ends
  /// \return false when a rule could not say
  bool append(std::string_view content, std::string& result);
  /// Ends the content; a last line without a newline gets one.
  bool finish(std::string& result);

  /// The header that begins `offset` octets behind what came so far was made on the way. Its name
  /// says nothing of whose checks it is for.
  void expect_own_header(std::size_t offset) { own_headers_.push_back(position_ + offset); }

 private:
  enum class Section { message_headers, part_headers, nested_headers, body };

  /// A line, or a piece of one that is longer than ContentRules::max_line.
  struct Piece {
    std::string_view text = {};
    bool begins_line = false;
    bool ends_line = false;
  };
  /// A multipart that is not closed yet.
  struct Multipart {
    std::string boundary = {};
    bool is_digest = false;  ///< Its parts are messages where they do not say what they are.
  };

  bool take_line(bool ends_line, std::string& result);
  bool take(const Piece& piece, std::string& result);
  bool take_header(const Piece& piece, std::string& result);
  bool begin_header(const Piece& piece);
  bool end_header(std::string& result);
  bool end_headers(const Piece& piece, std::string& result);
  void take_boundary(std::string_view line);
  bool give_line(std::string_view text, bool ends_line, std::string& result);
  HeaderClass class_of(std::string_view name, bool is_own) const;

  ContentRules rules_;
  std::string line_ = {};  ///< The current line as far as it came.
  bool at_line_start_ = true;
  std::uint64_t position_ = 0;    ///< Octets that came.
  std::uint64_t line_begin_ = 0;  ///< Where the current line began.
  std::deque<std::uint64_t> own_headers_ = {};
  bool is_own_header_ = false;  ///< Of header_.
  Section section_ = Section::message_headers;
  std::string header_ = {};                 ///< The header that is being read.
  bool is_message_ = false;                 ///< The body of the current entity begins with headers.
  std::vector<Multipart> multiparts_ = {};  ///< The innermost last.
};

}  // namespace lastmile::lmtp
