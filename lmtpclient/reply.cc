// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/reply.h"

#include <algorithm>
#include <utility>

namespace lastmile::lmtp {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The length of the UTF-8 character at the beginning of `text`; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first >= 0xF0 && first <= 0xF4   ? 4
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xC2 && first <= 0xDF ? 2
                                                              : 0;
  const bool is_whole =
      length > 0 && text.size() >= length &&
      std::all_of(text.begin() + 1, text.begin() + static_cast<long>(length), is_continuation);
  return is_whole ? length : 0;
}

/// The class that an enhanced code of a reply can have.
std::optional<StatusClass> status_class_of(ReplyClass reply_class) {
  switch (reply_class) {
    case ReplyClass::success:
      return StatusClass::success;
    case ReplyClass::transient:
      return StatusClass::transient;
    case ReplyClass::permanent:
      return StatusClass::permanent;
    case ReplyClass::intermediate:
    case ReplyClass::invalid:
      break;
  }
  return std::nullopt;
}

EnhancedStatus status_from(const Reply& reply) {
  const std::optional<StatusClass> wanted = status_class_of(class_of(reply));
  if (!wanted) {
    return "5.5.0"_dsn;
  }
  std::string_view text = reply.lines.back();
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const auto status = take_enhanced_status(text);
  return status && status->status_class == *wanted ? *status : EnhancedStatus{*wanted};
}

}  // namespace

ReplyClass class_of(const Reply& reply) {
  switch (reply.code / 100) {
    case 2:
      return ReplyClass::success;
    case 3:
      return ReplyClass::intermediate;
    case 4:
      return ReplyClass::transient;
    case 5:
      return ReplyClass::permanent;
    default:
      return ReplyClass::invalid;
  }
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const bool is_ascii = text[0] >= ' ' && text[0] <= '~';
    const std::size_t length = is_ascii ? 1 : utf8_length(text);
    result += length > 0 ? text.substr(0, length) : "?";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

ReplyReader::ReplyReader(ReplyLimits limits, ReplyFilter filter)
    : limits_(limits), filter_(std::move(filter)) {}

std::optional<Reply> ReplyReader::next() {
  while (!broken_ && !filter_failed_ && take_line()) {
    if (finish_line()) {
      octets_ = 0;
      line_count_ = 0;
      reply_.status = status_from(reply_);
      return std::exchange(reply_, {});
    }
  }
  return std::nullopt;
}

/// Moves octets to line_ up to the next newline. \return false when there is none yet
bool ReplyReader::take_line() {
  const std::size_t newline = input_.find('\n', position_);
  const std::size_t end = newline == std::string::npos ? input_.size() : newline;
  const std::size_t room = limits_.max_line - std::min(limits_.max_line, line_.size());
  line_.append(input_, position_, std::min(end - position_, room));
  octets_ += end - position_;
  position_ = newline == std::string::npos ? end : newline + 1;
  if (position_ == input_.size()) {
    input_.clear();
    position_ = 0;
  }
  broken_ = octets_ > limits_.max_octets;
  return newline != std::string::npos && !broken_;
}

/// Adds line_ to the reply. \return whether it was the last line
bool ReplyReader::finish_line() {
  std::string line = std::exchange(line_, {});
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  if (filter_) {
    FilteredLine filtered = filter_(line);
    filter_failed_ = filtered.failed;
    if (filter_failed_) {
      return false;
    }
    line = std::move(filtered.text).value_or(std::move(line));
  }
  broken_ = ++line_count_ > limits_.max_lines;
  if (reply_.text.size() < kMaxReplyText) {
    reply_.text.append(reply_.text.empty() ? "" : " ").append(printable(line));
  }
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const char after = digits < line.size() ? line[digits] : ' ';
  if (digits != 3 || (after != ' ' && after != '-')) {
    reply_.has_noise = true;
    return false;
  }
  reply_.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  reply_.lines.push_back(line.substr(std::min<std::size_t>(4, line.size())));
  return after == ' ' && !broken_;
}

}  // namespace lastmile::lmtp
