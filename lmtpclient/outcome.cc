// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/outcome.h"

#include <utility>

namespace lastmile::lmtp {

namespace {

using Kind = RecipientOutcome::Kind;
using Cause = RecipientOutcome::Cause;

std::string_view command_name(Phase phase) {
  switch (phase) {
    case Phase::mail:
      return "MAIL FROM command";
    case Phase::rcpt:
      return "RCPT TO command";
    case Phase::data:
      return "DATA command";
    default:
      return "end of DATA command";
  }
}

std::string_view state_name(Phase phase, Dialect dialect) {
  switch (phase) {
    case Phase::greeting:
      return "receiving the initial server greeting";
    case Phase::lhlo:
    case Phase::auth:
      return dialect == Dialect::lmtp ? "performing the LHLO handshake"
                                      : "performing the EHLO handshake";
    case Phase::starttls:
      return "receiving the STARTTLS response";
    case Phase::xforward_client:
      return "sending XFORWARD name/address";
    case Phase::xforward_message:
      return "sending XFORWARD protocol/helo_name";
    case Phase::mail:
      return "sending MAIL FROM";
    case Phase::rcpt:
      return "sending RCPT TO";
    case Phase::data:
      return "sending DATA command";
    case Phase::content:
      return "sending message body";
    case Phase::final_replies:
      return "sending end of data -- message may be sent more than once";
    case Phase::reset:
    case Phase::idle:
      return "sending RSET probe";
    case Phase::quit:
    case Phase::closed:
      break;
  }
  return "sending QUIT";
}

/// \param name  HOST[ADDRESS]
std::string explain_login(const RecipientOutcome& outcome, const std::string& name) {
  const std::string failed = "SASL authentication failed";
  switch (outcome.cause) {
    case Cause::login_without_mechanism:
      return failed + ": server " + name +
             " offered no compatible authentication mechanisms for this type of connection "
             "security";
    case Cause::login_out_of_turn:
      return failed + "; non-empty initial " + outcome.text + " challenge from server " + name;
    case Cause::login_loop:
      return failed + "; authentication protocol loop with server " + name;
    case Cause::login_refused:
      return failed + "; server " + name + " said: " + outcome.text;
    default:
      return failed + "; cannot authenticate to server " + name + ": " + outcome.text;
  }
}

std::string explain_reply(const RecipientOutcome& outcome, std::string_view host) {
  if (outcome.kind == Kind::delivered || outcome.kind == Kind::would_be_accepted) {
    return outcome.text;
  }
  std::string result = outcome.is_protocol_error ? "Protocol error: " : "";
  if (outcome.decided_in == Phase::starttls) {
    return result.append("TLS is required, but ").append(host) +
           " refused to start TLS: " + outcome.text;
  }
  result += host;
  if (outcome.decided_in == Phase::greeting || outcome.decided_in == Phase::lhlo) {
    return result + " refused to talk to me: " + outcome.text;
  }
  result += " said: " + outcome.text + " (in reply to ";
  return result.append(command_name(outcome.decided_in)) + ')';
}

}  // namespace

RecipientOutcome failure(RecipientOutcome::Cause cause, EnhancedStatus status, Phase decided_in,
                         std::string text) {
  const bool is_transient = status.status_class == StatusClass::transient;
  RecipientOutcome outcome;
  outcome.kind = is_transient ? RecipientOutcome::Kind::deferred : RecipientOutcome::Kind::rejected;
  outcome.cause = cause;
  outcome.status = status;
  outcome.text = std::move(text);
  outcome.decided_in = decided_in;
  return outcome;
}

std::string explain(const RecipientOutcome& outcome, std::string_view server, Dialect dialect) {
  const std::string name(server);
  const std::string state(state_name(outcome.decided_in, dialect));
  switch (outcome.cause) {
    case Cause::none:
      break;
    case Cause::reply:
      return explain_reply(outcome, "host " + name);
    case Cause::connection_lost:
      return "lost connection with " + name + " while " + state;
    case Cause::deadline_passed:
      return "conversation with " + name + " timed out while " + state;
    case Cause::local_error:
      return "local data error while talking to " + name;
    case Cause::too_big:
      return outcome.text + " of server " + name;
    case Cause::needs_smtputf8:
      return "SMTPUTF8 is required, but was not offered by host " + name;
    case Cause::tls_not_offered:
      return "TLS is required, but was not offered by host " + name;
    case Cause::tls_unavailable:
      return "TLS is required, but our TLS engine is unavailable";
    case Cause::tls_handshake_failed:
      return "Cannot start TLS: handshake failure";
    case Cause::tls_not_verified:
      return "Server certificate not verified";
    case Cause::login_without_mechanism:
    case Cause::login_failed:
    case Cause::login_out_of_turn:
    case Cause::login_loop:
    case Cause::login_refused:
      return explain_login(outcome, name);
    case Cause::loops_back:
    case Cause::bad_address:
    case Cause::no_connection:
      return outcome.text;
  }
  return "no reply from " + name;
}

}  // namespace lastmile::lmtp
