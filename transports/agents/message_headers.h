// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace lastmile {

/// Which Delivered-To: headers tell where a message has been.
enum class LoopRule {
  /// All: the message comes to the mail system now, which would put a Received: line above them.
  every_header,
  /// Those that have a Received: line somewhere above them. Each hop of a loop adds one there; what
  /// has none above it was written by the program that hands the message over.
  below_received,
};

/// Looks at the beginning of a message while it passes: where the content begins, and what the
/// Delivered-To: headers say. Pure; its memory is bounded whatever the message.
///
/// A Delivered-To: value is the text on the first physical line of the header, without leading
/// white space; trailing white space counts. The scan ends at the first line that is neither a
/// header nor the continuation of one, and after 1000 different values (case is ignored).
/// \see local(8), MAIL FORWARDING
class HeaderScanner {
 public:
  explicit HeaderScanner(LoopRule rule = LoopRule::every_header)
      : has_passed_(rule == LoopRule::every_header) {}

  void feed(std::string_view bytes);
  /// Tells that the message has ended; its last line may lack a newline.
  void end();

  /// The offset behind what the MTA put before the first header: `From ` lines and Return-Path:.
  std::size_t content_begin() const { return content_begin_; }
  std::size_t lines_before_content() const { return lines_before_content_; }
  /// Different values; ASCII letters are folded.
  const std::set<std::string>& delivered_to() const { return delivered_to_; }
  /// Received: headers.
  std::size_t received() const { return received_; }

 private:
  enum class Section { before_headers, headers, over };

  void take_line();
  bool is_before_headers();
  void take_header();

  Section section_ = Section::before_headers;
  bool has_passed_;  ///< Delivered-To: headers from here on tell where it has been.
  bool in_return_path_ = false;
  std::string line_ = {};     ///< The current line, as far as it is looked at.
  std::size_t position_ = 0;  ///< Octets seen.
  std::size_t content_begin_ = 0;
  std::size_t lines_before_content_ = 0;
  std::set<std::string> delivered_to_ = {};
  std::size_t received_ = 0;
};

/// The length of the name of the header that `line` begins with; 0 when it begins with none.
/// \see RFC 5322 section 2.2; white space before the colon is accepted as Postfix accepts it
std::size_t header_name_length(std::string_view line);

}  // namespace lastmile
