// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/message_writer.h"

#include <algorithm>
#include <cstring>

#include "transports/errno_status.h"

namespace lastmile {
namespace {

constexpr std::string_view kFrom = "From ";

/// The octets at the end of `text` that may turn out to begin a `From ` line when more follows.
std::size_t unfinished_from(std::string_view text, bool at_line_start) {
  const auto newline = text.rfind('\n');
  if (newline == std::string_view::npos && !at_line_start) {
    return 0;
  }
  const auto line = text.substr(newline == std::string_view::npos ? 0 : newline + 1);
  return line.size() < kFrom.size() && kFrom.starts_with(line) ? line.size() : 0;
}

void add_line(std::string& lines, std::string_view name, std::string_view value) {
  lines.append(name).append(value).append("\n");
}

/// A header or an envelope line is one line, whatever an address may hold.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, '?');
  return text;
}

}  // namespace

std::string prepended_lines(const PrependedLines& wanted, const Job& job,
                            const AgentContext& context) {
  std::string lines;
  const auto sender = one_line(to_external(job.envelope.sender));
  if (wanted.from_line) {
    lines.append(kFrom).append(sender.empty() ? "MAILER-DAEMON" : sender).append("  ");
    lines.append(context.date).append("\n");
  }
  if (wanted.return_path) {
    add_line(lines, "Return-Path: <", sender + ">");
  }
  if (wanted.original_to && !job.recipients.empty() && !job.recipients[0].original.empty()) {
    add_line(lines, "X-Original-To: ", one_line(job.recipients[0].original));
  }
  if (!job.delivered_to.empty()) {
    add_line(lines, "Delivered-To: ", one_line(job.delivered_to));
  }
  return lines;
}

std::string prepended_lines(MessageFormat format, const Job& job, const AgentContext& context) {
  const bool for_reader = format != MessageFormat::submission;
  return prepended_lines(
      {.from_line = format == MessageFormat::mbox || format == MessageFormat::command,
       .return_path = for_reader,
       .original_to = for_reader && context.settings.enable_original_recipient.value},
      job, context);
}

MessageEncoder::MessageEncoder(MessageFormat format, std::string_view prepended,
                               bool ends_with_newline)
    : format_(format), prepended_(prepended), ends_with_newline_(ends_with_newline) {}

std::size_t MessageEncoder::encode(std::string_view chunk, Chunk kind,
                                   std::vector<std::string_view>& pieces) {
  if (!prepended_.empty()) {
    pieces.push_back(prepended_);
    prepended_ = {};
  }
  if (kind == Chunk::more_follows && format_ == MessageFormat::mbox) {
    chunk.remove_suffix(unfinished_from(chunk, at_line_start_));
  }
  if (format_ == MessageFormat::mbox) {
    quote_lines(chunk, pieces);
  } else if (!chunk.empty()) {
    pieces.push_back(chunk);
  }
  if (kind == Chunk::last && !ends_with_newline_) {
    pieces.emplace_back("\n");
  }
  if (kind == Chunk::last && format_ == MessageFormat::mbox) {
    pieces.emplace_back("\n");
  }
  return chunk.size();
}

void MessageEncoder::quote_lines(std::string_view text, std::vector<std::string_view>& pieces) {
  std::size_t begin = 0;  // Of the piece that is growing.
  std::size_t line = at_line_start_ ? 0 : text.find('\n') + 1;
  // find() gives npos, whose successor is 0, when the chunk is inside one line.
  bool is_line = at_line_start_ || line != 0;
  while (is_line && line < text.size()) {
    if (text[line] == 'F' && text.substr(line, kFrom.size()) == kFrom) {
      if (line > begin) {
        pieces.push_back(text.substr(begin, line - begin));
      }
      pieces.emplace_back(">");
      begin = line;
    }
    const auto* newline =
        static_cast<const char*>(std::memchr(text.data() + line, '\n', text.size() - line));
    is_line = newline != nullptr;
    line = is_line ? static_cast<std::size_t>(newline - text.data()) + 1 : text.size();
  }
  if (begin < text.size()) {
    pieces.push_back(text.substr(begin));
  }
  at_line_start_ = text.empty() ? at_line_start_ : text.back() == '\n';
}

std::optional<CopyFailure> write_message(const SpooledMessage& message, std::string_view prepended,
                                         MessageFormat format, const MessageSink& sink) {
  MessageEncoder encoder(format, prepended, message.ends_with_newline() || message.size() == 0);
  std::string buffer(std::min(message.size(), kMessageChunk), '\0');
  std::vector<std::string_view> pieces;
  std::size_t offset = 0;
  bool is_last = false;
  while (!is_last) {
    const auto count = message.read(offset, buffer);
    if (!count) {
      return CopyFailure{CopyFailure::Side::reading, 0, count.error().text};
    }
    is_last = offset + *count >= message.size();
    pieces.clear();
    offset += encoder.encode(
        {buffer.data(), *count},
        is_last ? MessageEncoder::Chunk::last : MessageEncoder::Chunk::more_follows, pieces);
    if (const int error = sink(pieces); error != 0) {
      return CopyFailure{CopyFailure::Side::writing, error,
                         "error writing message: " + error_text(error)};
    }
  }
  return std::nullopt;
}

}  // namespace lastmile
