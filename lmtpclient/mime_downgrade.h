// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile::lmtp {

/// What becomes of 8-bit content for a server that takes 7 bits.
enum class EightBit { kept, converted };

/// Converts content for a server without 8BITMIME, chunk by chunk, as Postfix does: every entity
/// that declares `Content-Transfer-Encoding: 8bit` or `binary` becomes quoted-printable (7bit when
/// it is made of entities itself), whether or not there is an octet above 127 in it. All else is
/// left as it is: entities that declare nothing, headers, what stands around the parts of a
/// multipart.
///
/// Its memory is bounded, whatever the content. What comes out does not depend on how the content
/// is cut. Lines end with LF.
/// \see RFC 2045 sections 6.1, 6.4 and 6.7; RFC 2046 section 5.1; RFC 6152 section 3
class MimeDowngrader {
 public:
  /// \param content  LF or CRLF line ends
  void append(std::string_view content, std::string& result);
  /// Ends the content; a last line without a newline gets one.
  void finish(std::string& result);
  /// Where in `result` the last call has begun headers of its own.
  const std::vector<std::size_t>& own_headers() const { return own_headers_; }

 private:
  enum class Section { headers, plain_body, encoded_body };
  enum class Held { nothing, content_type, transfer_encoding };

  /// A line, or a part of one that is too long to be held.
  struct Piece {
    std::string_view text = {};
    bool begins_line = false;
    bool ends_line = false;
  };

  static void append_piece(const Piece& piece, std::string& text);
  void take_line(std::string& result, bool ends_line);
  void take(const Piece& piece, std::string& result);
  void take_header(const Piece& piece, std::string& result);
  void take_end_of_headers(const Piece& piece, std::string& result);
  void take_body(const Piece& piece, std::string& result);
  bool take_boundary(std::string_view line);

  void begin_entity();
  void end_header(std::string& result);
  void end_headers(std::string& result);
  void read_content_type();
  void encode(const Piece& piece, std::string& result);
  void encode_octet(char c, std::string& result);

  std::string line_ = {};  ///< The current line as far as it came.
  bool at_line_start_ = true;

  // The headers of the current entity.
  Section section_ = Section::headers;
  Held held_ = Held::nothing;
  std::string header_ = {};  ///< The Content-... header that is being read.
  bool in_header_ = false;   ///< A continuation line may follow.
  bool is_eight_bit_ = false;
  bool is_multipart_ = false;
  bool is_message_ = false;
  std::string boundary_ = {};

  std::vector<std::size_t> own_headers_ = {};
  std::vector<std::string> boundaries_ = {};  ///< Of the multiparts around, the innermost last.

  // The line of quoted-printable text that is being written.
  std::size_t column_ = 0;
  char waiting_space_ = '\0';  ///< White space that must be encoded if the line ends behind it.
};

}  // namespace lastmile::lmtp
