// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lmtpclient/outcome.h"
#include "lmtpclient/reply.h"

namespace lastmile::lmtp {

/// What a reply makes the session do.
enum class Action {
  say_hello,
  take_capabilities,
  refuse_hello,
  refuse_session,
  start_tls,
  refuse_tls,
  finish_login,
  answer_challenge,
  refuse_login,
  go_on,  ///< The message is taken all the same.
  accept_sender,
  accept_recipient,
  refuse_recipient,
  refuse_message,
  open_content,
  deliver,
  end_transaction,
  hang_up,
};

/// The whole protocol: what a reply does in a phase of the session. \see RFC 2033; RFC 5321
Action action_for(Phase phase, ReplyClass reply_class);

/// Whether `reply` refuses what was asked, and in a way that shows that the two sides do not
/// understand each other.
bool is_protocol_trouble(Action action, const Reply& reply);

}  // namespace lastmile::lmtp
