// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/enhanced_status.h"

namespace lastmile::lmtp {

/// The first digit of a reply code, as far as a client acts on it. \see RFC 5321 section 4.2.1
enum class ReplyClass { success, intermediate, transient, permanent, invalid };

/// One reply of a server.
struct Reply {
  int code = 0;  ///< Three digits, as sent: 0 to 999. The last line of several decides.
  /// "550 5.1.1 no such user": all lines with their codes, joined with spaces, printable. No line
  /// begins in it behind kMaxReplyText octets.
  std::string text = {};
  /// What stands behind the code, one for each line; the raw octets.
  std::vector<std::string> lines = {};
  /// From the last line, when its class agrees with the code; else x.0.0 of that class; 5.5.0
  /// when the code is of no class that an outcome can have.
  EnhancedStatus status = {};
  bool has_noise = false;  ///< There were lines that are no reply; `text` has them.
};

inline constexpr std::size_t kMaxReplyText = 2048;

ReplyClass class_of(const Reply& reply);

/// `text` with every control character, and every octet that is not part of a UTF-8 character,
/// shown as '?'.
std::string printable(std::string_view text);

/// Bounds that a server cannot exceed.
struct ReplyLimits {
  std::size_t max_line = 2048;  ///< Octets; what is longer is cut, as Postfix cuts it.
  std::size_t max_lines = 200;  ///< Of one reply.
  std::size_t max_octets = std::size_t{512} * 1024;  ///< Of one reply, with what was cut.
};

/// A line of a server after a filter. \see ReplyFilter
struct FilteredLine {
  bool failed = false;                   ///< The filter could not say.
  std::optional<std::string> text = {};  ///< nullopt: the line stays as it is.
};

/// Asked for each line that a server sends, without its newline; empty: all stay as they are.
/// \see postconf(5), lmtp_reply_filter
using ReplyFilter = std::function<FilteredLine(std::string_view line)>;

/// Takes replies out of a stream of octets, however it is cut:
///
///     reply = *( 3DIGIT "-" text newline / noise newline ) 3DIGIT [ " " text ] newline
///
/// where newline is LF, with or without a CR before it. A line that is no reply is passed over,
/// and kept in the text, as Postfix does.
/// \see RFC 5321 section 4.2
class ReplyReader {
 public:
  explicit ReplyReader(ReplyLimits limits, ReplyFilter filter = {});

  /// Octets wait until next() is called.
  void append(std::string_view bytes) { input_ += bytes; }
  std::size_t unread() const { return input_.size() - position_; }

  /// \return the next reply when all of it is there
  std::optional<Reply> next();

  /// True when a reply exceeded its bounds: nothing more can be read.
  bool is_broken() const { return broken_; }
  /// True when the filter could not say what a line is: nothing more can be read.
  bool has_filter_failed() const { return filter_failed_; }
  /// The lines that were read of a reply that is not complete, printable.
  const std::string& partial_text() const { return reply_.text; }

 private:
  bool take_line();
  bool finish_line();

  ReplyLimits limits_;
  ReplyFilter filter_;
  std::string input_;
  std::size_t position_ = 0;
  std::string line_;
  std::size_t octets_ = 0;
  std::size_t line_count_ = 0;
  Reply reply_;
  bool broken_ = false;
  bool filter_failed_ = false;
};

}  // namespace lastmile::lmtp
