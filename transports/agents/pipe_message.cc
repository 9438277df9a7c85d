// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/pipe_message.h"

#include <algorithm>

#include "transports/errno_status.h"

namespace lastmile {
namespace {

constexpr std::string_view kFromWord = "From ";

}  // namespace

void PipeEncoder::begin_line(std::string_view start, std::string& out) const {
  if (service_.flags.quote_dots && start.starts_with('.')) {
    out += '.';
  }
  if (service_.flags.quote_from && start.starts_with(kFromWord)) {
    out += '>';
  }
  out += start;
}

void PipeEncoder::encode(std::string_view chunk, std::string& out) {
  while (!chunk.empty()) {
    if (at_line_start_) {
      const auto count =
          std::min({kFromWord.size() - start_.size(), chunk.size(), chunk.find('\n')});
      start_ += chunk.substr(0, count);
      chunk.remove_prefix(count);
      if (start_.size() < kFromWord.size() && chunk.empty()) {
        return;
      }
      begin_line(start_, out);
      start_.clear();
      at_line_start_ = false;
    }
    const auto newline = chunk.find('\n');
    out += chunk.substr(0, newline);
    if (newline == std::string_view::npos) {
      return;
    }
    out += service_.end_of_line;
    chunk.remove_prefix(newline + 1);
    at_line_start_ = true;
  }
}

void PipeEncoder::end(std::string& out) {
  if (!start_.empty() || !at_line_start_) {
    begin_line(start_, out);
    out += service_.end_of_line;
  }
  if (service_.flags.blank_line) {
    out += service_.end_of_line;
  }
}

std::optional<CopyFailure> write_pipe_message(const SpooledMessage& message,
                                              std::string_view prepended,
                                              const PipeService& service, const MessageSink& sink) {
  // What is put before the message is not quoted: a `From ` line is meant there.
  PipeService plain = service;
  plain.flags = {};
  std::string out;
  PipeEncoder(plain).encode(prepended, out);
  PipeEncoder encoder(service);
  std::string buffer(std::min(std::max<std::size_t>(message.size(), 1), kMessageChunk), '\0');
  std::size_t offset = 0;
  for (bool is_last = false; !is_last;) {
    const auto count = message.read(offset, buffer);
    if (!count) {
      return CopyFailure{CopyFailure::Side::reading, 0, count.error().text};
    }
    offset += *count;
    is_last = offset >= message.size() || *count == 0;
    encoder.encode({buffer.data(), *count}, out);
    if (is_last) {
      encoder.end(out);
    }
    const std::string_view piece = out;
    if (const int error = sink(std::span(&piece, 1)); error != 0) {
      return CopyFailure{CopyFailure::Side::writing, error,
                         "error writing message: " + error_text(error)};
    }
    out.clear();
  }
  return std::nullopt;
}

}  // namespace lastmile
