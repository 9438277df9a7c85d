// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/append_note.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>

namespace lastmile {
namespace {

constexpr const char* kAttribute = "user.lastmile.append";
constexpr std::string_view kVersion = "1 ";
constexpr std::string_view kFromLineStart = "From ";
/// File systems keep short attributes beside the inode; this is more than enough to tell messages
/// apart, since the date stands behind the sender in all but the strangest ones.
constexpr std::size_t kMaxFirstLine = 256;
constexpr std::size_t kMaxNote = 1024;

/// A length with the blank after it, off the front of `text`.
std::optional<std::int64_t> take_length(std::string_view& text) {
  std::int64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || length < 0 || used >= text.size() || text[used] != ' ') {
    return std::nullopt;
  }
  text.remove_prefix(used + 1);
  return length;
}

}  // namespace

AppendNote note_of(std::int64_t old_length, std::int64_t full_length, std::string_view prepended) {
  const std::size_t line = std::min(prepended.find('\n'), prepended.size() - 1) + 1;
  return {old_length, full_length, std::string(prepended.substr(0, std::min(line, kMaxFirstLine)))};
}

std::string to_string(const AppendNote& note) {
  return std::string(kVersion) + std::to_string(note.old_length) + ' ' +
         std::to_string(note.full_length) + ' ' + note.first_line;
}

std::optional<AppendNote> parse_append_note(std::string_view text) {
  if (!text.starts_with(kVersion)) {
    return std::nullopt;
  }
  text.remove_prefix(kVersion.size());
  const auto old_length = take_length(text);
  const auto full_length = old_length ? take_length(text) : std::nullopt;
  if (!full_length || !text.starts_with(kFromLineStart) ||
      *full_length > std::numeric_limits<std::int64_t>::max() - *old_length) {
    return std::nullopt;
  }
  return AppendNote{*old_length, *full_length, std::string(text)};
}

bool is_part(const AppendNote& note, std::int64_t length) {
  return length > note.old_length && length < note.old_length + note.full_length;
}

void TailJudge::feed(std::string_view chunk) {
  for (const char c : chunk) {
    const auto position = static_cast<std::size_t>(position_++);
    if (position < first_line_.size()) {
      is_ours_ = is_ours_ && c == first_line_[position];
    }
    // The `From ` that the part itself begins with is none that is looked for.
    if (position > 0) {
      look_for_from(c);
    }
  }
}

void TailJudge::look_for_from(char c) {
  if (after_from_) {
    look_for_time(c);
  }
  if (c == 'F') {
    matched_ = 1;
    begins_line_ = at_line_start_;
  } else {
    matched_ = matched_ > 0 && c == kFromLineStart[matched_] ? matched_ + 1 : 0;
  }
  at_line_start_ = c == '\n';
  after_from_ = after_from_ && c != '\n';
  if (matched_ == kFromLineStart.size()) {
    matched_ = 0;
    after_from_ = true;
    is_ours_ = is_ours_ && !begins_line_;
  }
}

void TailJudge::look_for_time(char c) {
  constexpr int kHours = 2;
  constexpr int kColon = 3;
  constexpr int kWhole = 5;
  if (c >= '0' && c <= '9') {
    // Of a longer number the last two digits count.
    time_ = time_ == kHours ? kHours : time_ + 1;
  } else {
    time_ = c == ':' && time_ == kHours ? kColon : 0;
  }
  if (time_ == kWhole) {
    is_ours_ = false;
    time_ = 0;
  }
}

int put_note(const SystemCalls& system, int file, const AppendNote& note) {
  const std::string text = to_string(note);
  int result = 0;
  do {
    result = system.set_attribute(file, kAttribute, text.data(), text.size(), 0);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

std::optional<AppendNote> read_note(const SystemCalls& system, int file) {
  std::array<char, kMaxNote> text = {};
  ssize_t size = 0;
  do {
    size = system.get_attribute(file, kAttribute, text.data(), text.size());
  } while (size < 0 && errno == EINTR);
  return size < 0 ? std::nullopt : parse_append_note({text.data(), static_cast<std::size_t>(size)});
}

int remove_note(const SystemCalls& system, int file) {
  int result = 0;
  do {
    result = system.remove_attribute(file, kAttribute);
  } while (result != 0 && errno == EINTR);
  return result == 0 || errno == ENODATA ? 0 : errno;
}

}  // namespace lastmile
