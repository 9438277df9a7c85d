// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile::lmtp {

/// ASCII letters in lower case.
std::string folded(std::string_view text);

/// A space or a tab.
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The name before the colon, in lower case; empty when the line begins with no header.
/// \see RFC 5322 section 2.2
std::string header_name(std::string_view line);

/// What stands behind the colon of a header.
std::string_view header_value(std::string_view header);

/// Takes the words of a structured header apart: comments and white space are skipped, quoted
/// strings are unquoted. Each of "/", ";" and "=" is a word of its own. \see RFC 2045 section 5.1
class HeaderWords {
 public:
  /// `text` must outlive the words.
  explicit HeaderWords(std::string_view text) : rest_(text) {}

  /// \return nullopt at the end
  std::optional<std::string> next();

 private:
  void skip_comments();
  std::string quoted_string();

  std::string_view rest_;
};

/// What a Content-Type: header says. \see RFC 2045 section 5
struct ContentType {
  std::string type = {};  ///< In lower case, as the subtype.
  std::string subtype = {};
  std::string boundary = {};  ///< Cut at the limit that was asked for.

  bool is_multipart() const { return type == "multipart"; }
  /// Whether what follows has headers of its own. \see RFC 2046 section 5.2.1, RFC 6532
  bool holds_message() const {
    return type == "message" && (subtype == "rfc822" || subtype == "global");
  }
};

/// \param header        with its name
/// \param max_boundary  \see postconf(5), mime_boundary_length_limit
ContentType read_content_type(std::string_view header, std::size_t max_boundary);

}  // namespace lastmile::lmtp
