// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "transports/agents/carriage_returns.h"
#include "transports/agents/message_headers.h"
#include "transports/agents/system_calls.h"

namespace lastmile {

/// Octets of a message that are read and written at a time.
inline constexpr std::size_t kMessageChunk = std::size_t{256} * 1024;

/// How content is taken that comes from outside.
struct ContentRules {
  LoopRule loops = LoopRule::every_header;
  CarriageReturnRule carriage_returns = {};
};

/// Message content as it came in: read once, kept in a file without a name (up to 64 KiB in
/// memory), read by offset as often as there are destinations, also by child processes.
///
/// What an MTA may have put before the first header of its own is not part of the content: `From `
/// envelope lines, as sendmail(1) removes them, and Return-Path: headers, as cleanup(8) removes
/// them; the agents write their own. All else is kept octet by octet, unless ContentRules have a
/// word for carriage returns.
class SpooledMessage {
 public:
  /// Reads `descriptor` to its end. It stays open.
  /// \return unavailable when reading fails or the spool has no room: the message is to be
  ///         deferred
  static Result<SpooledMessage> spool(int descriptor, ContentRules rules = {},
                                      const SystemCalls& system = real_system());

  /// A message that was composed here.
  static Result<SpooledMessage> from_text(std::string_view text,
                                          const SystemCalls& system = real_system());

  SpooledMessage(SpooledMessage&& other) noexcept;
  SpooledMessage& operator=(SpooledMessage&& other) noexcept;
  SpooledMessage(const SpooledMessage&) = delete;
  SpooledMessage& operator=(const SpooledMessage&) = delete;
  ~SpooledMessage();

  std::size_t size() const { return end_ - begin_; }  ///< Octets.
  std::size_t newlines() const { return newlines_; }  ///< LF octets of the content.
  bool has_eight_bit() const { return eight_bit_; }   ///< Octets above 127.
  bool ends_with_newline() const { return ends_with_newline_; }

  /// No other message of this process has it.
  std::uint64_t serial() const { return serial_; }

  /// The different values of the Delivered-To: headers, case-folded, by which loops are found.
  /// \see HeaderScanner
  const std::vector<std::string>& delivered_to() const { return delivered_to_; }
  /// Whether it has been delivered to `address` (external form) before.
  bool has_been_at(std::string_view address) const;
  /// How many Received: headers it has.
  std::size_t received_headers() const { return received_headers_; }

  /// Copies content from `offset` on, until the buffer is full or the content ends.
  /// \return how many octets were copied; 0 only at the end; unavailable when the spool cannot be
  ///         read ("error reading message: Input/output error")
  Result<std::size_t> read(std::size_t offset, std::span<char> buffer) const;

  /// The content up to a limit. \return unavailable when the spool cannot be read
  Result<std::string> beginning(std::size_t max_octets) const;

 private:
  friend class MessageSpooler;
  SpooledMessage() = default;

  const SystemCalls* system_ = nullptr;
  int file_ = -1;  ///< -1: all of it is in memory_.
  std::string memory_ = {};
  std::size_t begin_ = 0;  ///< Offset of the content in the file or in memory_.
  std::size_t end_ = 0;
  std::size_t newlines_ = 0;
  std::uint64_t serial_ = 0;
  bool eight_bit_ = false;
  bool ends_with_newline_ = false;
  std::vector<std::string> delivered_to_ = {};
  std::size_t received_headers_ = 0;
};

/// Makes a SpooledMessage of pieces, as an LMTP server receives them.
class MessageSpooler {
 public:
  explicit MessageSpooler(const SystemCalls& system = real_system(), ContentRules rules = {});

  /// \return unavailable when the spool has no room; nothing more can be appended then
  Result<Ok> append(std::string_view bytes);

  /// Ends the message. The spooler must not be used afterwards.
  /// \return unavailable when the spool has no room for the last of it
  Result<SpooledMessage> finish() &&;

 private:
  Result<Ok> keep(std::string_view bytes);
  Result<Ok> move_to_file();

  SpooledMessage message_;
  CarriageReturns carriage_returns_;
  HeaderScanner headers_;
};

}  // namespace lastmile
