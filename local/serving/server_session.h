// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/serving/server_events.h"

namespace lastmile {

/// What a client is told, and what it may ask for.
struct ServerOptions {
  std::string host_name = {};
  std::uint64_t max_message = 0;      ///< Octets; 0: no limit.
  std::size_t max_line = 2048;        ///< Octets of a command.
  std::size_t max_recipients = 1000;  ///< Of one message.
  std::size_t max_reply = 2000;       ///< Octets of the text of a reply.
  /// Commands without a message that is delivered; recipients that are accepted do not count.
  std::size_t max_commands = 1000;
  bool is_trusted = false;  ///< XFORWARD and XCLIENT are taken.
};

/// The LMTP server protocol without sockets, clocks or files. \see RFC 2033
///
/// The owner moves bytes both ways, passes each event on to who delivers, and gives its answers
/// back. The session never blocks and never throws.
///
/// Always true, and checked by tests and fuzzers:
///  - there is one reply for each command, and for each accepted recipient behind the content, in
///    their order;
///  - only CRLF "." CRLF ends the content of DATA: a bare CR or LF is content, so that nobody can
///    make two messages out of one;
///  - octets that were sent behind a DATA or BDAT that is refused, before the refusal was, are
///  never
///    taken for commands: the session ends. Behind a BDAT they are skipped, as its size says;
///  - what it keeps is bounded by the options, and by what one call of received() brings;
///  - apart from the case above and from RepliesRead, events and replies do not depend on how the
///  bytes
///    are cut.
///
/// \see RFC 2920 (PIPELINING), 1870 (SIZE), 6152 (8BITMIME), 2034 (ENHANCEDSTATUSCODES), 6531
///      (SMTPUTF8), 3461 (DSN), 3030 (CHUNKING)
class ServerSession {
 public:
  explicit ServerSession(ServerOptions options);
  ServerSession(const ServerSession&) = delete;
  ServerSession& operator=(const ServerSession&) = delete;
  ~ServerSession();

  void received(std::string_view bytes);
  enum class Unread { perhaps, nothing };
  /// The client is gone, or has said nothing for too long: a message that is not complete is
  /// abandoned.
  /// \param unread  nothing: it had taken all of the output before it went, as RepliesRead says
  void client_gone(Unread unread = Unread::perhaps);
  void deadline_passed();
  /// Takes no further message: the session ends now, or behind the running transaction.
  void shut_down();

  /// What the client asked for since the last call, in order; nullopt: nothing more.
  std::optional<ServerEvent> next_event();
  /// Answers the oldest AskRecipient that has no answer yet.
  void answer_recipient(const ServerReply& reply);
  /// Answers EndMessage. \param replies  one for each recipient that was accepted; any that is
  ///        missing is deferred
  void answer_message(const std::vector<ServerReply>& replies);

  /// Bytes to be written now; valid until the next call that is not const.
  std::string_view output() const;
  void sent(std::size_t count);

  /// What the owner should wait for.
  enum class Awaiting {
    command,  ///< Bytes of the client: the rest of a command.
    content,  ///< Bytes of the client: the content of a message.
    answer,   ///< Nothing of the client, until the answers are there or the output is gone.
    nothing,  ///< The session is over; what is left of the output should be written.
  };
  Awaiting awaiting() const;
  /// Counts what a deadline holds for: commands, and whole contents.
  std::size_t steps_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lastmile
