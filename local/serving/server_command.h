// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/result.h"
#include "transports/envelope.h"

namespace lastmile {

/// What a client can say.
enum class Verb {
  lhlo,
  helo,  ///< HELO and EHLO: of SMTP.
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  help,
  quit,
  xforward,
  xclient,
  unknown,
};

/// A line that a client has said: its verb, whatever its case, and what stands behind it.
struct ServerCommand {
  Verb verb = Verb::unknown;
  std::string_view rest = {};  ///< A view of the line, without blanks around it.
};

/// \param line  without its end
ServerCommand read_command(std::string_view line);

/// What MAIL says. \see RFC 5321 section 4.1.1.2; RFC 1870; RFC 6152; RFC 6531; RFC 3461
struct MailArguments {
  Address sender = {};
  std::uint64_t size = 0;  ///< Octets; 0: nothing was said.
  std::string envelope_id = {};
  ReturnedContent returned_content = ReturnedContent::undeclared;
  DeclaredBody body = DeclaredBody::undeclared;
};

/// Reads `FROM:<sender@example.com> SIZE=42 ...`.
/// \return malformed, with the reply to the client as its text: "501 5.1.7 ..."
Result<MailArguments> read_mail_arguments(std::string_view rest);

/// Reads `TO:<recipient@example.com> ORCPT=... NOTIFY=...`.
/// \return malformed, with the reply as its text
Result<Recipient> read_rcpt_arguments(std::string_view rest);

/// What BDAT says. \see RFC 3030 section 2
struct ChunkArguments {
  std::uint64_t size = 0;  ///< Octets.
  bool is_last = false;
};

/// \return malformed, with the reply as its text: nobody knows where the next command begins
Result<ChunkArguments> read_chunk_arguments(std::string_view rest);

/// Names in lower case, and values.
using ClientAttributes = std::vector<std::pair<std::string, std::string>>;

/// Reads `NAME=value ...` of XFORWARD and XCLIENT: values decoded; empty where the value is not
/// known. \see https://www.postfix.org/XFORWARD_README.html
Result<ClientAttributes> read_attributes(std::string_view rest);

/// Undoes to_xtext(). \return malformed when `text` is none. \see RFC 3461 section 4
Result<std::string> from_xtext(std::string_view text);

/// \see RFC 3461 section 4.1
Result<DsnNotify> read_notify(std::string_view words);

}  // namespace lastmile
