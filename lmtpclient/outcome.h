// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lmtpclient/enhanced_status.h"

namespace lastmile::lmtp {

/// The protocol that is spoken.
enum class Dialect {
  lmtp,  ///< LHLO, and one final reply for each recipient. \see RFC 2033
  smtp,  ///< EHLO, or HELO where that is refused, and one final reply for all. \see RFC 5321
};

/// How far a session has come: the command whose reply is awaited, also when others were sent
/// behind it. The driver picks its deadline from it.
enum class Phase {
  greeting,
  lhlo,
  starttls,
  auth,
  xforward_client,   ///< XFORWARD NAME and its kin.
  xforward_message,  ///< XFORWARD PROTO and its kin.
  mail,
  rcpt,
  data,
  content,        ///< From the 354 until the final dot has been sent.
  final_replies,  ///< From then on.
  reset,
  idle,  ///< Nothing is awaited: a transaction may begin.
  quit,
  closed,
};

/// What became of one recipient.
struct RecipientOutcome {
  enum class Kind { pending, delivered, deferred, rejected, would_be_accepted };
  enum class Cause {
    none,             ///< Pending.
    reply,            ///< `text` is a reply of the server.
    connection_lost,  ///< `text` may say why.
    deadline_passed,
    local_error,      ///< The content could not be read; `text` may say why.
    too_big,          ///< The server takes no message of this size; `text` names both sizes.
    needs_smtputf8,   ///< An address needs SMTPUTF8 (RFC 6531), and the server does not offer it.
    tls_not_offered,  ///< TLS is required, and the server does not offer STARTTLS.
    tls_unavailable,  ///< TLS is required, and this client has none.
    tls_handshake_failed,     ///< Nothing can be said over this connection any more.
    tls_not_verified,         ///< The certificate of the server is not one that has to be there.
    login_without_mechanism,  ///< The server offers none that may be used.
    login_failed,             ///< The library has no answer for the server; `text` says why.
    login_out_of_turn,        ///< Both sides wanted to go first; `text` is the mechanism.
    login_loop,               ///< The server never comes to an end.
    login_refused,            ///< `text` is the reply of the server.
    bad_address,              ///< No command can carry the address.
    loops_back,               ///< The server is this host; `text` says so.
    no_connection,            ///< There was no server to talk to; `text` says why.
  };

  Kind kind = Kind::pending;
  Cause cause = Cause::none;
  EnhancedStatus status = {};
  /// The server's own words, as "250 2.0.0 saved"; several lines are joined with spaces, control
  /// characters are shown as '?'.
  std::string text = {};
  bool is_protocol_error = false;  ///< The reply made no sense where it came.
  Phase decided_in = Phase::greeting;

  friend bool operator==(const RecipientOutcome&, const RecipientOutcome&) = default;
};

/// What stands for a recipient that is not delivered: deferred or rejected, by the class of
/// `status`.
RecipientOutcome failure(RecipientOutcome::Cause cause, EnhancedStatus status, Phase decided_in,
                         std::string text);

/// Says what became of a recipient in the words that Postfix logs.
///
/// \param server  HOST[ADDRESS] without a port; for a UNIX socket MYHOSTNAME[/path]
std::string explain(const RecipientOutcome& outcome, std::string_view server,
                    Dialect dialect = Dialect::lmtp);

}  // namespace lastmile::lmtp
