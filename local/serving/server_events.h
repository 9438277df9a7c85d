// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "local/serving/server_reply.h"
#include "transports/envelope.h"

namespace lastmile {

// What a client has asked for, as it goes from the side that reads the network to the side that
// delivers. There is nothing of the protocol in it: each is a value of bounded size.

/// MAIL: a message begins.
struct BeginMessage {
  Envelope envelope = {};
};

/// RCPT: wants one ServerReply. Several may be asked before the first is answered.
struct AskRecipient {
  Recipient recipient = {};
};

/// A part of the content, with LF line ends.
struct MessageContent {
  std::string octets = {};
};

/// The content is complete: wants one ServerReply for each recipient that was accepted.
struct EndMessage {};

/// The message is not to be delivered.
struct AbandonMessage {};

/// The client has gone on behind the replies of the message before: it has read them.
struct RepliesRead {};

using ServerEvent = std::variant<BeginMessage, AskRecipient, MessageContent, EndMessage,
                                 AbandonMessage, RepliesRead>;

// What the side that delivers says.

struct RecipientAnswer {
  ServerReply reply = {};
};

/// What became of one recipient that was accepted, in their order.
struct MessageAnswer {
  ServerReply reply = {};
  bool is_last = false;  ///< All recipients of the message have their answer.
};

/// No further message is taken.
struct ShutDown {};

using ServerAnswer = std::variant<RecipientAnswer, MessageAnswer, ShutDown>;

}  // namespace lastmile
