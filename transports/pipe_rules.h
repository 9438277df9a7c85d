// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/world/world.h"
#include "transports/envelope.h"
#include "transports/settings.h"

namespace lastmile {

/// flags= of a pipe(8) service.
struct PipeFlags {
  bool blank_line = false;      ///< B: an empty line behind the message.
  bool delivered_to = false;    ///< D: Delivered-To:, and the search for loops.
  bool from_line = false;       ///< F: a `From ` line.
  bool original_to = false;     ///< O: X-Original-To:.
  bool return_path = false;     ///< R: Return-Path:.
  bool final_delivery = false;  ///< X: to be told as "delivered", not as "relayed".
  bool fold_domain = false;     ///< h
  bool quote_address = false;   ///< q
  bool fold_user = false;       ///< u
  bool quote_dots = false;      ///< .
  bool quote_from = false;      ///< >
};

/// What the line of a pipe(8) service says, behind its options.
struct PipeService {
  PipeFlags flags = {};
  std::string user = {};
  std::string group = {};  ///< Empty: that of the user.
  std::string null_sender = "MAILER-DAEMON";
  std::string end_of_line = "\n";
  std::int64_t size_limit = 0;                ///< Octets; 0: none.
  std::optional<std::string> directory = {};  ///< None: the queue directory.
  std::optional<std::string> root = {};       ///< chroot=
  std::vector<std::string> words = {};        ///< argv=, with its macros.
};

/// \return misconfigured, naming the line, as pipe(8) refuses to start
/// \see pipe(8), COMMAND ATTRIBUTE SYNTAX
Result<PipeService> parse_pipe_service(const Service& service);

/// Why the command cannot be given several recipients at once; nullopt when it can.
std::optional<std::string> objection_to_several(const PipeFlags& flags, const std::string& service);

/// The rights of user=: never those of root or of the mail system.
/// \param source  the line, for messages
/// \return misconfigured where pipe(8) refuses; unavailable when the accounts cannot be asked
Result<Rights> pipe_rights(const PipeService& service, const std::optional<SourcePos>& source,
                           const Settings& settings, World& world);

/// What the macros of a command stand for, apart from its recipients.
struct PipeRequest {
  std::string nexthop = {};
  const Envelope& envelope;
  /// Octets of the message; none: `${size}` and what else only a message has stays as it is.
  std::optional<std::size_t> message_size = {};
};

/// The words of the command: one that contains a macro of a recipient is repeated for each.
/// \return misconfigured for a macro that there is not, or that cannot be read
/// \see pipe(8), argv=
Result<std::vector<std::string>> pipe_words(const PipeService& service,
                                            std::span<const Recipient> recipients,
                                            const PipeRequest& request, const Settings& settings);

/// The queue manager sorts the recipients of a command by this before it divides them.
std::pair<std::string, std::string> queue_order(const Address& address);

/// Words as one line for people: those that a shell would not take as they are stand in quotes.
std::string words_as_line(const std::vector<std::string>& words);

/// How long a command of a service may take for each step: NAME_time_limit.
/// \param settings  those of the service
Result<std::chrono::seconds> pipe_time_limit(const Settings& settings, const std::string& service);

}  // namespace lastmile
