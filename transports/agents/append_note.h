// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "transports/agents/system_calls.h"

namespace lastmile {

/// What stands on a mailbox while a message is appended to it, so that whoever comes next can tell
/// a part of a message, left by a process that was killed, from mail.
///
/// It is the extended attribute `user.lastmile.append` of the file: the one place that needs no
/// right but that to write to the file, outlives the process, and goes where the file goes. Where
/// the file system has no such attributes, or they are not permitted, there is no note, and a part
/// of a message may stay.
///
/// The text of a note is "1 OLD FULL FIRST", with the members below.
struct AppendNote {
  std::int64_t old_length = 0;   ///< Octets of the file before the message.
  std::int64_t full_length = 0;  ///< Octets that the message adds when it is complete.
  /// The `From ` line with its newline, or the first octets of a long one.
  std::string first_line = {};

  friend bool operator==(const AppendNote&, const AppendNote&) = default;
};

/// A note for a message that begins with `prepended`.
AppendNote note_of(std::int64_t old_length, std::int64_t full_length, std::string_view prepended);

std::string to_string(const AppendNote& note);
/// \return nothing for what this program does not write: it was written by a later version of it,
///         or by the owner of the file
std::optional<AppendNote> parse_append_note(std::string_view text);

/// Whether what lies in a file of `length` octets beyond the old ones is shorter than the message.
bool is_part(const AppendNote& note, std::int64_t length);

/// Looks at what lies beyond the old length, chunk by chunk, for anything that says that it is not
/// a part of the noted message alone. Pure; needs no memory.
///
/// The part begins as noted. A `From ` at the beginning of a line is never its own, because its own
/// are quoted. Another program may have appended mail in the middle of a line, where the part
/// ended, so a `From ` anywhere counts when a time of day follows it in the same line.
class TailJudge {
 public:
  explicit TailJudge(std::string_view first_line) : first_line_(first_line) {}

  void feed(std::string_view chunk);
  /// Whether all octets so far can only be those of the noted message.
  bool is_ours() const { return is_ours_; }

 private:
  void look_for_from(char c);
  void look_for_time(char c);

  std::string_view first_line_;
  std::int64_t position_ = 0;
  std::size_t matched_ = 0;  ///< Octets of "From " that stand before the next octet.
  bool at_line_start_ = false;
  bool begins_line_ = false;  ///< What is matched began there.
  bool after_from_ = false;   ///< In the line of a `From `.
  int time_ = 0;              ///< Octets of "12:34" that stand before the next octet.
  bool is_ours_ = true;
};

/// Puts a note on an open file, in the place of whatever note there is. \return 0, or an errno
int put_note(const SystemCalls& system, int file, const AppendNote& note);
/// \return nothing when there is none, or none that can be read
std::optional<AppendNote> read_note(const SystemCalls& system, int file);
/// \return 0, also when there was none, or an errno
int remove_note(const SystemCalls& system, int file);

}  // namespace lastmile
