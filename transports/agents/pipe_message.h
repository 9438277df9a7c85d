// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transports/agents/message_writer.h"
#include "transports/pipe_rules.h"

namespace lastmile {

/// Turns lines into what a pipe(8) command reads: each ends as eol= says, and begins with what the
/// flags `.` and `>` put before it. Pure; its memory is that of one chunk and what is put into it.
class PipeEncoder {
 public:
  explicit PipeEncoder(const PipeService& service) : service_(service) {}

  /// Appends the encoded octets to `out`.
  void encode(std::string_view chunk, std::string& out);
  /// Ends a last line without a newline, and adds the empty line of the flag B.
  void end(std::string& out);

 private:
  void begin_line(std::string_view start, std::string& out) const;

  const PipeService& service_;
  std::string start_ = {};  ///< Of a line, until it is known whether it begins with `From `.
  bool at_line_start_ = true;
};

/// Writes the whole message as the service wants it.
/// \param prepended  lines before the message, each with its newline
/// \return nothing when all of it was taken by the sink
std::optional<CopyFailure> write_pipe_message(const SpooledMessage& message,
                                              std::string_view prepended,
                                              const PipeService& service, const MessageSink& sink);

}  // namespace lastmile
