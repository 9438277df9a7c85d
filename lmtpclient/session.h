// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/capabilities.h"
#include "lmtpclient/content_rewriter.h"
#include "lmtpclient/login.h"
#include "lmtpclient/outcome.h"
#include "lmtpclient/reply.h"
#include "lmtpclient/transaction.h"

namespace lastmile::lmtp {

/// Whether a session is encrypted.
enum class TlsUse {
  none,      ///< Never.
  may,       ///< From STARTTLS on, where the server offers it and takes it. \see RFC 3207
  required,  ///< From STARTTLS on; without it nothing of a message is sent.
  wrapped,   ///< From the first octet on: a server is told nothing at all before.
};

/// How a handshake ended. \see Session::wants_tls
enum class TlsResult {
  established,   ///< With whoever it is.
  verified,      ///< And the server is who it has to be.
  not_verified,  ///< Established, with somebody who may be anybody.
  failed,        ///< In a state that nobody knows.
};

/// How the dialect smtp says who it is.
enum class Hello {
  ehlo,         ///< And HELO where that is refused.
  by_greeting,  ///< EHLO where the greeting has the word ESMTP.
  helo,
};

struct SessionOptions {
  Dialect dialect = Dialect::lmtp;
  Hello hello = Hello::ehlo;
  TlsUse tls = TlsUse::none;
  bool can_start_tls = false;  ///< Whether whoever drives the session can shake hands at all.
  /// Logs in where the server wants that (AUTH, RFC 4954); null: nobody does.
  std::shared_ptr<Login> login = {};
  bool sends_dummy_sender = false;  ///< MAIL with `AUTH=<>` after a login.
  bool login_soft_bounce =
      true;  ///< A login that is refused defers. \see lmtp_sasl_auth_soft_bounce
  std::string lhlo_name = {};
  std::vector<std::string> discard_keywords = {};  ///< Extensions that are not used.
  /// A 5xx greeting defers instead of rejecting. \see postconf(5), lmtp_skip_5xx_greeting
  bool skip_5xx_greeting = true;
  /// Octets; 0: off. \see postconf(5), lmtp_line_length_limit
  std::size_t line_length_limit = 998;
  /// 8-bit entities become quoted-printable for a server without 8BITMIME.
  /// \see postconf(5), disable_mime_output_conversion
  bool convert_eight_bit = true;
  ContentRules content_rules = {};
  ReplyLimits reply_limits = {};
  /// Puts another line in the place of one that a server sent. \see postconf(5), lmtp_reply_filter
  ReplyFilter reply_filter = {};
  /// A server that calls itself so is this host: mail would go in a circle. Empty: not looked at.
  std::string own_name = {};
  std::string loop_text =
      {};  ///< What is said of mail that would: "mail for X loops back to myself".
  /// Servers that want to know get told where a message came from.
  /// \see postconf(5), lmtp_send_xforward_command
  bool send_xforward = false;
  /// Octets. wants_content() is false above it.
  std::size_t max_buffered_output = std::size_t{256} * 1024;
  /// Octets that may wait while no reply is awaited; more of them end the session.
  std::size_t max_unread_input = std::size_t{64} * 1024;
};

/// The LMTP client protocol without sockets, clocks or files. \see RFC 2033
///
/// The owner moves bytes both ways and tells of lost connections and passed deadlines; Session
/// decides what they mean. It never blocks and never throws.
///
/// Always true, and checked by tests and fuzzers after every call:
///  - outcomes() has one entry per recipient, in the order of Transaction::recipients;
///  - an entry is `delivered` only after a 2xx reply of its own that followed the final dot (the
///    dialect smtp has one reply for all of them);
///  - when the connection is lost or the deadline passes, every `pending` entry becomes `deferred`
///    (or what a reply says that came too early, while the content was being sent);
///  - an entry that is not `pending` never changes before the next transaction;
///  - where TLS is required (TlsUse::required, TlsUse::wrapped) no address and no content is sent,
///    and no entry is `delivered` or `would_be_accepted`, before tls_done() with
///    TlsResult::established or TlsResult::verified;
///  - what the server says between its reply to STARTTLS and the handshake is not read;
///  - the outcomes do not depend on how the server's bytes are cut into received() calls. For
///    this, bytes that come while no reply is awaited wait, unread, until one is.
///
/// Lines that are no reply are passed over, as Postfix does, while a single reply is awaited. When
/// several are, nobody knows any more whose reply comes next: what is pending is deferred.
class Session {
 public:
  explicit Session(SessionOptions options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Starts a transaction: at once when idle, else after LHLO. At most one at a time. In a session
  /// that is over, every recipient has its outcome at once.
  void begin(Transaction transaction);
  /// Asks for RSET, to find out whether the server is still there. Only when idle; idle again
  /// afterwards, or closed.
  void reset();
  /// Asks for QUIT after the current transaction.
  void finish();
  /// Gives up: the content cannot be read, and nothing more of it is sent.
  void abandon(std::string_view reason);

  /// True when the handshake has to begin now: nothing is to be written and nothing read in the
  /// clear any more.
  bool wants_tls() const;
  /// How it ended. Only while wants_tls(); from now on bytes are those inside of TLS.
  void tls_done(TlsResult result);
  bool is_encrypted() const;

  void received(std::string_view bytes);
  void connection_lost(std::string_view reason);
  void deadline_passed();

  /// Bytes to be written now; valid until the next call that is not const.
  std::string_view output() const;
  void sent(std::size_t count);

  /// True when content() may be called: the server has said 354 and the buffer has room.
  bool wants_content() const;
  /// Takes message content with LF or CRLF line ends; adds CRLF and the dots of RFC 5321
  /// section 4.5.2.
  void content(std::string_view chunk);
  void end_of_content();
  /// Whether all content was given, and its final dot is not sent yet.
  bool is_ending_content() const;
  /// Tells that the server has answered before the final dot was sent, so that what waits unread is
  /// no reply to it. A refusal holds all the same; anything else is never a success. Only while
  /// is_ending_content().
  void answered_too_early();

  Phase phase() const;
  /// Octets of the server that wait because no reply is awaited. In an idle session they mean that
  /// it is out of step, and must not be used again.
  std::size_t unread_input() const;
  /// How many replies were taken, for deadlines that hold for each of them.
  std::size_t replies_taken() const;
  /// What LHLO announced; empty before its reply.
  const Capabilities& capabilities() const;
  /// Of the last transaction that was begun.
  std::span<const RecipientOutcome> outcomes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lastmile::lmtp
