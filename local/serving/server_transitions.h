// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "local/serving/server_command.h"

namespace lastmile {

/// Where a session stands when the next command is read.
enum class ServerPhase {
  connected,   ///< Before LHLO.
  ready,       ///< No message is begun.
  addressing,  ///< Behind MAIL.
  chunking,    ///< Between two BDAT of a message.
};

/// What a command makes a session do.
enum class ServerStep {
  say_hello,
  refuse_smtp,   ///< This is LMTP, whose greeting is LHLO.
  demand_hello,  ///< LHLO comes first.
  begin_message,
  refuse_nested,  ///< A message is begun already.
  ask_recipient,
  demand_mail,  ///< MAIL comes first.
  open_content,
  demand_data_mail,  ///< DATA before MAIL.
  take_chunk,
  drop_chunk,      ///< BDAT where it may not stand: its octets are no commands.
  refuse_mixture,  ///< Between two BDAT.
  abandon,         ///< RSET
  say_ok,
  say_nothing_known,  ///< VRFY
  say_help,
  take_forwarded,  ///< XFORWARD
  take_client,     ///< XCLIENT
  say_goodbye,
  refuse_unknown,
};

/// The whole protocol: what a command does in a phase. \see RFC 2033; RFC 5321 section 4.1.4
ServerStep step_for(ServerPhase phase, Verb verb);

}  // namespace lastmile
