// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aliases/address.h"

namespace lastmile {

/// What the sender asked to be told about one recipient. \see RFC 3461 section 4.1
struct DsnNotify {
  bool never = false;
  bool on_success = false;
  bool on_failure = true;
  bool on_delay = false;
  bool is_asked = false;  ///< It was said; else the rest is what holds where nothing is.

  friend bool operator==(const DsnNotify&, const DsnNotify&) = default;
};

/// What the members of an alias or of a .forward file inherit: a success is reported where the
/// expansion is, a failure where it happens. \see RFC 3461 section 5.2.7
inline DsnNotify notify_of_members(DsnNotify notify) {
  notify.never = notify.never || (notify.on_success && !notify.on_failure && !notify.on_delay);
  notify.on_success = false;
  return notify;
}

/// What the sender wants back in a report. \see RFC 3461 section 4.3
enum class ReturnedContent { undeclared, full, headers };

/// One envelope recipient.
struct Recipient {
  Address address = {};  ///< As it is now, after aliases; case as written.
  /// As it came into the mail system, in external form and not completed; empty when not known.
  std::string original = {};
  DsnNotify notify = {};
  std::string orcpt = {};  ///< "rfc822;alice@example.com", xtext decoded; may be empty.
  bool is_bare = true;     ///< Written as an address alone: no comment, no phrase.
  /// Why what the caller wrote is no address, so that it leads nowhere; empty: it is one.
  std::string fault = {};

  friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// The client that brought the message, as smtpd(8) recorded it; for the environment of commands.
struct ClientFacts {
  std::string hostname = {};
  std::string address = {};
  std::string helo = {};
  std::string protocol = {};
  std::string sasl_method = {};    ///< How it authenticated: "plain".
  std::string sasl_username = {};  ///< As whom.
  std::string sasl_sender = {};    ///< The AUTH= of MAIL FROM.
  std::string port = {};           ///< Of TCP, as digits.
};

/// The envelope, apart from its recipients.
/// What the sender declared of the content (BODY). \see RFC 6152
enum class DeclaredBody { undeclared, seven_bit, eight_bit };

struct Envelope {
  Address sender = {};  ///< Null for bounces.
  std::string envelope_id = {};
  ReturnedContent returned_content = ReturnedContent::undeclared;
  DeclaredBody body = DeclaredBody::undeclared;
  std::string queue_id = {};  ///< Given by the MTA; empty when there is none.
  ClientFacts client = {};
};

}  // namespace lastmile
