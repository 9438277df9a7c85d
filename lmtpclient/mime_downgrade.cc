// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/mime_downgrade.h"

#include <algorithm>
#include <utility>

#include "lmtpclient/mime_header.h"

namespace lastmile::lmtp {
namespace {

/// Octets of a line that are looked at together; more than any boundary.
constexpr std::size_t kMaxPiece = 4096;
/// \see postconf(5), mime_boundary_length_limit and mime_nesting_limit
constexpr std::size_t kMaxBoundary = 2048;
constexpr std::size_t kMaxNesting = 100;
/// A Content-... header that is longer is passed on as it is.
constexpr std::size_t kMaxHeader = std::size_t{16} * 1024;
/// Octets after which a line of quoted-printable text is broken softly: what may follow on it, an
/// encoded octet and "=", fits into the 76 that RFC 2045 allows.
constexpr std::size_t kSoftBreak = 72;

}  // namespace

void MimeDowngrader::append_piece(const Piece& piece, std::string& text) {
  text.append(piece.text).append(piece.ends_line ? "\n" : "");
}

void MimeDowngrader::append(std::string_view content, std::string& result) {
  own_headers_.clear();
  while (!content.empty()) {
    const std::size_t room = kMaxPiece - line_.size();
    const std::size_t newline = content.substr(0, room).find('\n');
    const bool ends_line = newline != std::string_view::npos;
    const std::size_t count = ends_line ? newline : std::min(room, content.size());
    line_ += content.substr(0, count);
    content.remove_prefix(count + (ends_line ? 1 : 0));
    if (ends_line || line_.size() == kMaxPiece) {
      take_line(result, ends_line);
    }
  }
}

void MimeDowngrader::finish(std::string& result) {
  own_headers_.clear();
  if (!line_.empty() || !at_line_start_) {
    take_line(result, true);
  }
  if (section_ == Section::headers) {
    end_header(result);
    end_headers(result);
  }
}

/// Hands on what is in line_.
void MimeDowngrader::take_line(std::string& result, bool ends_line) {
  const std::string line = std::exchange(line_, {});
  Piece piece{line, std::exchange(at_line_start_, ends_line), ends_line};
  if (ends_line && piece.text.ends_with('\r')) {
    piece.text.remove_suffix(1);
  } else if (!ends_line && piece.text.ends_with('\r')) {
    // It may be half of a CRLF.
    piece.text.remove_suffix(1);
    line_ = '\r';
  }
  take(piece, result);
}

void MimeDowngrader::take(const Piece& piece, std::string& result) {
  if (section_ == Section::headers) {
    take_header(piece, result);
  } else {
    take_body(piece, result);
  }
}

// ---- headers

void MimeDowngrader::take_header(const Piece& piece, std::string& result) {
  const bool is_continuation =
      !piece.begins_line || (in_header_ && !piece.text.empty() && is_blank(piece.text.front()));
  if (!is_continuation) {
    end_header(result);
    const std::string name = header_name(piece.text);
    if (name.empty()) {
      take_end_of_headers(piece, result);
      return;
    }
    in_header_ = true;
    held_ = name == "content-type"                ? Held::content_type
            : name == "content-transfer-encoding" ? Held::transfer_encoding
                                                  : Held::nothing;
  }
  append_piece(piece, held_ == Held::nothing ? result : header_);
  if (header_.size() > kMaxHeader) {
    result += std::exchange(header_, {});
    held_ = Held::nothing;
  }
}

/// The empty line; or a boundary, or any other line, which end the headers as well.
void MimeDowngrader::take_end_of_headers(const Piece& piece, std::string& result) {
  if (take_boundary(piece.text)) {
    append_piece(piece, result);
    return;
  }
  end_headers(result);
  if (piece.text.empty() && piece.ends_line) {
    append_piece(piece, result);
    return;
  }
  result += section_ == Section::encoded_body ? "\n" : "";
  take(piece, result);
}

/// The header that was read is complete.
void MimeDowngrader::end_header(std::string& result) {
  const Held held = std::exchange(held_, Held::nothing);
  in_header_ = false;
  if (held == Held::content_type) {
    read_content_type();
  }
  if (held == Held::transfer_encoding) {
    const std::string encoding = folded(HeaderWords(header_value(header_)).next().value_or(""));
    if (encoding == "8bit" || encoding == "binary") {
      is_eight_bit_ = true;
      header_.clear();
    }
  }
  result += std::exchange(header_, {});
}

void MimeDowngrader::read_content_type() {
  ContentType content = lmtp::read_content_type(header_, kMaxBoundary);
  is_multipart_ = content.is_multipart();
  is_message_ = content.holds_message();
  boundary_ = std::move(content.boundary);
}

void MimeDowngrader::end_headers(std::string& result) {
  if (is_eight_bit_) {
    const bool is_leaf = !is_multipart_ && !is_message_;
    own_headers_.push_back(result.size());
    result.append("Content-Transfer-Encoding: ").append(is_leaf ? "quoted-printable\n" : "7bit\n");
    section_ = is_leaf ? Section::encoded_body : Section::plain_body;
  } else {
    section_ = Section::plain_body;
  }
  if (is_multipart_ && !boundary_.empty() && boundaries_.size() < kMaxNesting) {
    boundaries_.push_back(std::move(boundary_));
  }
  const bool has_headers = std::exchange(is_message_, false);
  begin_entity();
  if (has_headers) {
    section_ = Section::headers;
  }
}

/// Forgets what the headers said.
void MimeDowngrader::begin_entity() {
  is_eight_bit_ = false;
  is_multipart_ = false;
  is_message_ = false;
  boundary_.clear();
  column_ = 0;
  waiting_space_ = '\0';
}

// ---- bodies

/// Enters or leaves a part when `line` is a boundary. What is not closed ends with what is around.
bool MimeDowngrader::take_boundary(std::string_view line) {
  if (!line.starts_with("--")) {
    return false;
  }
  const std::string_view rest = line.substr(2);
  const auto found = std::find_if(boundaries_.rbegin(), boundaries_.rend(),
                                  [&](const std::string& it) { return rest.starts_with(it); });
  if (found == boundaries_.rend()) {
    return false;
  }
  const bool is_last = rest.substr(found->size()).starts_with("--");
  boundaries_.erase(found.base() - (is_last ? 1 : 0), boundaries_.end());
  begin_entity();
  section_ = is_last ? Section::plain_body : Section::headers;
  return true;
}

void MimeDowngrader::take_body(const Piece& piece, std::string& result) {
  const bool is_boundary = piece.begins_line && take_boundary(piece.text);
  if (section_ == Section::encoded_body && !is_boundary) {
    encode(piece, result);
  } else {
    append_piece(piece, result);
  }
}

/// \see RFC 2045 section 6.7
void MimeDowngrader::encode(const Piece& piece, std::string& result) {
  for (const char c : piece.text) {
    if (waiting_space_ != '\0') {
      result += std::exchange(waiting_space_, '\0');
      ++column_;
    }
    if (column_ > kSoftBreak) {
      result += "=\n";
      column_ = 0;
    }
    if (is_blank(c)) {
      waiting_space_ = c;
    } else {
      encode_octet(c, result);
    }
  }
  if (piece.ends_line) {
    if (waiting_space_ != '\0') {
      encode_octet(std::exchange(waiting_space_, '\0'), result);
    }
    result += '\n';
    column_ = 0;
  }
}

void MimeDowngrader::encode_octet(char c, std::string& result) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  if (c > ' ' && c <= '~' && c != '=') {
    result += c;
    ++column_;
    return;
  }
  const auto octet = static_cast<unsigned char>(c);
  result += {'=', kDigits[octet / 16], kDigits[octet % 16]};
  column_ += 3;
}

}  // namespace lastmile::lmtp
