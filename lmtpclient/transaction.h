// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lmtpclient/capabilities.h"
#include "lmtpclient/mime_downgrade.h"
#include "lmtpclient/path.h"

namespace lastmile::lmtp {

/// One recipient of a transaction.
struct TransactionRecipient {
  std::string address = {};  ///< Internal form.
  std::string notify = {};   ///< "NEVER", "SUCCESS,FAILURE"; empty: nothing was asked for.
  std::string orcpt = {};    ///< "rfc822;alice@example.com", not encoded; empty: none.
};

/// What the sender declared of the content. \see RFC 6152
enum class BodyType { undeclared, seven_bit, eight_bit_mime };

/// What the sender asked to get back in a report. \see RFC 3461 section 4.3
enum class ReturnContent { undeclared, full, headers };

/// Where a message came from, for servers that want to know; empty: not known.
/// \see XFORWARD_README of Postfix
struct MessageOrigin {
  std::string client_name = {};
  std::string client_address = {};
  std::string client_port = {};
  std::string protocol = {};  ///< "ESMTP".
  std::string helo_name = {};
  std::string queue_id = {};
  std::string domain = {};  ///< "LOCAL" or "REMOTE": by whose rules addresses were completed.
};

/// One message for some recipients. Addresses are in internal form; Session quotes them.
struct Transaction {
  std::string sender = {};  ///< Empty: the null sender.
  bool smtputf8 = true;     ///< Addresses beyond ASCII need RFC 6531; else they go as they are.
  std::vector<TransactionRecipient> recipients = {};
  BodyType body = BodyType::undeclared;
  std::uint64_t size = 0;  ///< Octets, line ends counted as two; 0 when not known.
  std::string envelope_id = {};
  ReturnContent return_content = ReturnContent::undeclared;
  Quoting quoting = Quoting::wanted;
  MessageOrigin origin = {};
  bool probe = false;  ///< Stop before DATA: the outcomes tell how RCPT was answered.
};

/// Whether an address of `transaction` needs a server with SMTPUTF8.
bool needs_smtputf8(const Transaction& transaction);

/// Whether the content is converted for the server, where `eight_bit` wants that.
bool is_converted(const Transaction& transaction, const Capabilities& capabilities,
                  EightBit eight_bit);

/// "MAIL FROM:<s@example.com> SIZE=42 BODY=8BITMIME ...", as far as the server offers it, without
/// line end; nullopt when no command can carry the sender.
///
/// SIZE is left out when the content may be converted on the way to a server without 8BITMIME.
/// \see RFC 5321 section 4.1.1.2
std::optional<std::string> mail_command(const Transaction& transaction,
                                        const Capabilities& capabilities,
                                        EightBit eight_bit = EightBit::converted);

/// "XFORWARD NAME=mx.example.com ADDR=192.0.2.1", and "XFORWARD PROTO=ESMTP HELO=...", as far as
/// the server asked for what is known; nullopt when it asked for nothing of that. \see
/// XFORWARD_README of Postfix
std::optional<std::string> xforward_client_command(const MessageOrigin& origin,
                                                   const Capabilities& capabilities);
std::optional<std::string> xforward_message_command(const MessageOrigin& origin,
                                                    const Capabilities& capabilities);

/// "RCPT TO:<r@example.com> ORCPT=... NOTIFY=..."; nullopt when no command can carry the address.
/// \see RFC 5321 section 4.1.1.3; RFC 3461 section 4
std::optional<std::string> rcpt_command(const TransactionRecipient& recipient,
                                        const Capabilities& capabilities,
                                        Quoting quoting = Quoting::wanted);

}  // namespace lastmile::lmtp
