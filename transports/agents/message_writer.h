// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

/// What a message looks like where it is going.
enum class MessageFormat {
  mbox,        ///< `From ` line, headers, content with `>From ` quoting, one empty line.
  maildir,     ///< Headers, content.
  command,     ///< `From ` line, headers, content.
  submission,  ///< Delivered-To:, content.
};

/// Which lines are put before the content. Delivered-To: is there when the job has one.
struct PrependedLines {
  bool from_line = false;  ///< `From SENDER  DATE`.
  bool return_path = false;
  bool original_to = false;  ///< X-Original-To:, where it is known.
};
std::string prepended_lines(const PrependedLines& wanted, const Job& job,
                            const AgentContext& context);

/// The lines that local delivery puts before the content: `From SENDER  DATE`, Return-Path:,
/// X-Original-To:, Delivered-To:, as far as the format has them.
///
/// \see local(8), MAILBOX DELIVERY and EXTERNAL COMMAND DELIVERY; postconf(5),
///      enable_original_recipient
std::string prepended_lines(MessageFormat format, const Job& job, const AgentContext& context);

/// Turns content into what a format stores, chunk by chunk. Pure: it copies nothing and gives
/// views into the chunk, into the prepended lines and into constants.
class MessageEncoder {
 public:
  enum class Chunk { more_follows, last };

  /// \param prepended  must outlive the encoder
  /// \param ends_with_newline  whether the content does; a newline is added otherwise
  MessageEncoder(MessageFormat format, std::string_view prepended, bool ends_with_newline);

  /// Appends to `pieces` what is to be written for `chunk`.
  ///
  /// \return how many octets of the chunk are used; the rest (at most four octets, and none of the
  ///         last chunk) must begin the next chunk
  std::size_t encode(std::string_view chunk, Chunk kind, std::vector<std::string_view>& pieces);

 private:
  void quote_lines(std::string_view text, std::vector<std::string_view>& pieces);

  MessageFormat format_;
  std::string_view prepended_;
  bool ends_with_newline_;
  bool at_line_start_ = true;
};

/// Takes some output; returns 0, or the errno of why it could not be written.
using MessageSink = std::function<int(std::span<const std::string_view> pieces)>;

/// Why a message could not be copied.
struct CopyFailure {
  enum class Side { reading, writing };
  Side side = Side::writing;
  int error = 0;          ///< The errno of the sink; 0 on the reading side.
  std::string text = {};  ///< "error writing message: File too large".
};

/// Writes the whole message. Never holds more than a chunk of it.
/// \return nothing when all of it was taken by the sink
std::optional<CopyFailure> write_message(const SpooledMessage& message, std::string_view prepended,
                                         MessageFormat format, const MessageSink& sink);

}  // namespace lastmile
