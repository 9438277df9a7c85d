// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/session.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "lmtpclient/check.h"
#include "lmtpclient/content_encoder.h"
#include "lmtpclient/mime_header.h"
#include "lmtpclient/transitions.h"

namespace lastmile::lmtp {
namespace {

using Kind = RecipientOutcome::Kind;
using Cause = RecipientOutcome::Cause;

/// Every entry of a reply to the final dot in the dialect smtp.
constexpr auto kAllRecipients = static_cast<std::size_t>(-1);

bool prefers_helo(Hello hello, const Reply& greeting) {
  if (hello != Hello::by_greeting) {
    return hello == Hello::helo;
  }
  return std::ranges::none_of(greeting.lines, [](const std::string& line) {
    return (' ' + folded(line) + ' ').find(" esmtp ") != std::string::npos;
  });
}

struct Awaited {
  Phase phase = Phase::greeting;
  std::size_t recipient = kAllRecipients;
};

}  // namespace

struct Session::State {
  /// The next command of the current transaction or of the session.
  enum class Step { none, xforward_client, xforward_message, mail, rcpt, data, reset, quit };
  enum class Content { none, open, ended };

  explicit State(SessionOptions session_options)
      : options(std::move(session_options)), replies(options.reply_limits, options.reply_filter) {}

  // What is being done.
  SessionOptions options;
  Capabilities capabilities;
  Transaction transaction;
  std::vector<RecipientOutcome> outcomes;
  /// Why nothing can be delivered in this session any more; kept for a transaction that has not
  /// begun yet.
  std::optional<RecipientOutcome> refusal;
  Step next = Step::none;
  std::size_t next_recipient = 0;
  bool is_ready = false;  ///< LHLO was accepted.
  bool has_transaction = false;
  bool is_finishing = false;
  bool is_closed = false;
  bool tried_helo = false;
  bool wants_tls = false;  ///< From the reply to STARTTLS to the end of the handshake.
  bool is_encrypted = false;
  bool is_verified = false;  ///< The certificate of the server is one that has to be there.

  // The login.
  bool is_logged_in = false;
  std::string mechanism;
  std::string first_response;  ///< Too long for its command: it waits for an empty challenge.
  std::size_t challenges = 0;

  // What comes in.
  ReplyReader replies;
  std::size_t replies_taken = 0;
  std::deque<Awaited> awaited{Awaited{Phase::greeting, kAllRecipients}};

  // What goes out.
  std::string output;
  std::size_t output_begin = 0;
  Content content = Content::none;
  ContentEncoder encoder;

  std::size_t output_size() const { return output.size() - output_begin; }
  bool has_pending() const {
    return std::any_of(outcomes.begin(), outcomes.end(),
                       [](const auto& outcome) { return outcome.kind == Kind::pending; });
  }

  EightBit eight_bit() const {
    return options.convert_eight_bit ? EightBit::converted : EightBit::kept;
  }

  Phase phase() const;
  void send(std::string_view command, Awaited reply);
  bool may_send() const;
  void advance();
  void send_next();
  void send_or_skip(const std::optional<std::string>& command, Phase phase);
  void send_next_recipient();
  void send_hello();

  void start();
  std::optional<RecipientOutcome> objection() const;
  void end_transaction();
  void decide(std::size_t recipient, const RecipientOutcome& outcome);
  void decide_all(const RecipientOutcome& outcome) { decide(kAllRecipients, outcome); }
  void fail(const RecipientOutcome& outcome);
  void fail_with_early_reply();
  void close();

  void process();
  void take(const Reply& reply);
  void perform(Action action, const Awaited& command, const Reply& reply);
  void refuse_session(const Reply& reply, Phase where);
  void leave(const RecipientOutcome& outcome);
  void take_capabilities(const Reply& reply);
  bool needs_tls() const;
  RecipientOutcome lack_of_tls() const;
  void await_handshake();
  void refuse_tls(const Reply& reply);
  void take_handshake(TlsResult result);
  void get_ready();
  void log_in();
  void answer_challenge(const Reply& reply);
  void fail_login(std::string text);
  void refuse_login(const Reply& reply);
  void open_content();
  void await_final_replies();
  RecipientOutcome refusal_of(const Reply& reply, Phase where) const;
};

// ---- sending

Phase Session::State::phase() const {
  if (is_closed) {
    return Phase::closed;
  }
  if (wants_tls) {
    return Phase::starttls;
  }
  if (content != Content::none) {
    return Phase::content;
  }
  return awaited.empty() ? Phase::idle : awaited.front().phase;
}

void Session::State::send(std::string_view command, Awaited reply) {
  output.append(command).append("\r\n");
  awaited.push_back(reply);
}

/// DATA, and what follows it, is sent behind unanswered commands only by agreement (RFC 2920).
bool Session::State::may_send() const {
  if (is_closed || wants_tls || next == Step::none || content != Content::none) {
    return false;
  }
  if (awaited.empty()) {
    return true;
  }
  return capabilities.pipelining && next != Step::mail && next != Step::quit &&
         output_size() < options.max_buffered_output;
}

void Session::State::advance() {
  while (may_send()) {
    send_next();
  }
}

void Session::State::send_next() {
  switch (std::exchange(next, Step::none)) {
    case Step::none:
      break;
    case Step::xforward_client:
      next = Step::xforward_message;
      send_or_skip(xforward_client_command(transaction.origin, capabilities),
                   Phase::xforward_client);
      break;
    case Step::xforward_message:
      next = Step::mail;
      send_or_skip(xforward_message_command(transaction.origin, capabilities),
                   Phase::xforward_message);
      break;
    case Step::mail:
      next = Step::rcpt;
      send(*mail_command(transaction, capabilities, eight_bit()) +
               (is_logged_in && options.sends_dummy_sender ? " AUTH=<>" : ""),
           {Phase::mail});
      break;
    case Step::rcpt:
      send_next_recipient();
      break;
    case Step::data:
      send("DATA", {Phase::data});
      break;
    case Step::reset:
      send("RSET", {Phase::reset});
      break;
    case Step::quit:
      send("QUIT", {Phase::quit});
      break;
  }
}

void Session::State::send_or_skip(const std::optional<std::string>& command, Phase phase) {
  if (command) {
    send(*command, {phase});
  }
}

void Session::State::send_next_recipient() {
  while (next_recipient < outcomes.size() && outcomes[next_recipient].kind != Kind::pending) {
    ++next_recipient;
  }
  if (next_recipient == outcomes.size()) {
    next = transaction.probe ? Step::reset : Step::data;
    return;
  }
  next = Step::rcpt;
  const std::size_t recipient = next_recipient++;
  send(*rcpt_command(transaction.recipients[recipient], capabilities, transaction.quoting),
       {Phase::rcpt, recipient});
}

void Session::State::send_hello() {
  const std::string_view verb = options.dialect == Dialect::lmtp ? "LHLO "
                                : tried_helo                     ? "HELO "
                                                                 : "EHLO ";
  send(std::string(verb) + options.lhlo_name, {Phase::lhlo});
}

// ---- the transaction

void Session::State::start() {
  next_recipient = 0;
  const bool converts = is_converted(transaction, capabilities, eight_bit());
  encoder = ContentEncoder(options.line_length_limit,
                           converts ? EightBit::converted : EightBit::kept, options.content_rules);
  if (const auto outcome = objection()) {
    decide_all(*outcome);
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!rcpt_command(transaction.recipients[i], capabilities, transaction.quoting)) {
      decide(i, failure(Cause::bad_address, "5.1.3"_dsn, Phase::rcpt, "bad address syntax"));
    }
  }
  if (!has_pending()) {
    end_transaction();
    return;
  }
  next = options.send_xforward ? Step::xforward_client : Step::mail;
}

/// Why the server need not be asked.
std::optional<RecipientOutcome> Session::State::objection() const {
  if (capabilities.size_limit > 0 && transaction.size > capabilities.size_limit) {
    return failure(Cause::too_big, "5.3.4"_dsn, Phase::mail,
                   "message size " + std::to_string(transaction.size) + " exceeds size limit " +
                       std::to_string(capabilities.size_limit));
  }
  if (!capabilities.smtputf8 && needs_smtputf8(transaction)) {
    return failure(Cause::needs_smtputf8, "5.6.7"_dsn, Phase::mail, "");
  }
  if (!mail_command(transaction, capabilities)) {
    return failure(Cause::bad_address, "5.1.7"_dsn, Phase::mail, "bad sender address syntax");
  }
  return std::nullopt;
}

void Session::State::end_transaction() {
  has_transaction = false;
  next = is_finishing ? Step::quit : Step::none;
}

void Session::State::decide(std::size_t recipient, const RecipientOutcome& outcome) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if ((recipient == kAllRecipients || recipient == i) && outcomes[i].kind == Kind::pending) {
      outcomes[i] = outcome;
    }
  }
}

/// Ends the session; whoever is still pending, or comes later, has `outcome`.
void Session::State::fail(const RecipientOutcome& outcome) {
  decide_all(outcome);
  if (!refusal) {
    refusal = outcome;
  }
  close();
}

/// A server that has had enough of the content may say so before it closes the connection.
void Session::State::fail_with_early_reply() {
  if (content == Content::none) {
    return;
  }
  const std::optional<Reply> reply = replies.next();
  if (reply &&
      (class_of(*reply) == ReplyClass::transient || class_of(*reply) == ReplyClass::permanent)) {
    fail(refusal_of(*reply, Phase::content));
  }
}

void Session::State::close() {
  is_closed = true;
  wants_tls = false;
  has_transaction = false;
  next = Step::none;
  content = Content::none;
  awaited.clear();
  output.clear();
  output_begin = 0;
}

// ---- replies

void Session::State::process() {
  while (!is_closed && !wants_tls && !awaited.empty()) {
    const std::optional<Reply> reply = replies.next();
    if (!reply) {
      break;
    }
    take(*reply);
    advance();
  }
  if (replies.has_filter_failed()) {
    fail(failure(Cause::local_error, "4.3.0"_dsn, phase(), ""));
  }
  if (replies.is_broken() || replies.unread() > options.max_unread_input) {
    RecipientOutcome outcome =
        failure(Cause::reply, "4.5.0"_dsn, phase(), replies.partial_text() + " (too long)");
    outcome.is_protocol_error = true;
    fail(outcome);
  }
}

void Session::State::take(const Reply& reply) {
  ++replies_taken;
  if (reply.has_noise && awaited.size() > 1) {
    RecipientOutcome outcome = failure(Cause::reply, "4.5.0"_dsn, phase(), reply.text);
    outcome.is_protocol_error = true;
    fail(outcome);
    return;
  }
  const Awaited command = awaited.front();
  awaited.pop_front();
  const Action action = action_for(command.phase, class_of(reply));
  if (reply.code == 421 || (has_pending() && is_protocol_trouble(action, reply))) {
    is_finishing = true;
  }
  perform(action, command, reply);
  if (has_transaction && !has_pending() && (next == Step::rcpt || next == Step::data)) {
    next = Step::reset;
  }
}

void Session::State::perform(Action action, const Awaited& command, const Reply& reply) {
  switch (action) {
    case Action::say_hello:
      tried_helo = options.dialect == Dialect::smtp && prefers_helo(options.hello, reply);
      send_hello();
      break;
    case Action::take_capabilities:
      take_capabilities(reply);
      break;
    case Action::refuse_hello:
      if (options.dialect == Dialect::smtp && !tried_helo && reply.code != 421) {
        tried_helo = true;
        send_hello();
        break;
      }
      [[fallthrough]];
    case Action::refuse_session:
      refuse_session(reply, command.phase);
      break;
    case Action::start_tls:
      await_handshake();
      break;
    case Action::refuse_tls:
      refuse_tls(reply);
      break;
    case Action::finish_login:
      is_logged_in = true;
      get_ready();
      break;
    case Action::answer_challenge:
      answer_challenge(reply);
      break;
    case Action::refuse_login:
      refuse_login(reply);
      break;
    case Action::go_on:
    case Action::accept_sender:
      break;
    case Action::accept_recipient:
      if (transaction.probe) {
        decide(command.recipient, {Kind::would_be_accepted, Cause::reply, reply.status, reply.text,
                                   false, command.phase});
      }
      break;
    case Action::refuse_message:
      decide_all(refusal_of(reply, command.phase));
      if (command.phase == Phase::data) {
        next = Step::reset;
      }
      break;
    case Action::open_content:
      open_content();
      break;
    case Action::deliver:
      decide(command.recipient,
             {Kind::delivered, Cause::reply, reply.status, reply.text, false, command.phase});
      break;
    case Action::refuse_recipient:
      decide(command.recipient, refusal_of(reply, command.phase));
      break;
    case Action::end_transaction:
      end_transaction();
      break;
    case Action::hang_up:
      close();
      break;
  }
  if (command.phase == Phase::final_replies && awaited.empty() && !is_closed) {
    end_transaction();
  }
}

void Session::State::refuse_session(const Reply& reply, Phase where) {
  const RecipientOutcome outcome = refusal_of(reply, where);
  if (reply.code == 421) {
    fail(outcome);
  } else {
    leave(outcome);
  }
}

/// Ends the session in order; whoever is still pending, or comes later, has `outcome`.
void Session::State::leave(const RecipientOutcome& outcome) {
  refusal = outcome;
  decide_all(outcome);
  is_finishing = true;
  end_transaction();
}

void Session::State::take_capabilities(const Reply& reply) {
  if (!tried_helo) {
    capabilities = read_capabilities(reply.lines, options.discard_keywords);
  }
  if (!options.own_name.empty() && folded(capabilities.server_name) == folded(options.own_name)) {
    leave(failure(Cause::loops_back, "5.4.6"_dsn, Phase::lhlo, options.loop_text));
    return;
  }
  const bool is_wanted = options.tls != TlsUse::none && !is_encrypted;
  if (is_wanted && options.can_start_tls && capabilities.starttls) {
    send("STARTTLS", {Phase::starttls});
  } else if (needs_tls()) {
    leave(lack_of_tls());
  } else if (options.login && capabilities.auth) {
    log_in();
  } else {
    get_ready();
  }
}

void Session::State::get_ready() {
  is_ready = true;
  if (has_transaction) {
    start();
  } else {
    end_transaction();
  }
}

// ---- TLS

/// Whether nothing may be said of a message yet.
bool Session::State::needs_tls() const {
  return !is_encrypted && (options.tls == TlsUse::required || options.tls == TlsUse::wrapped);
}

/// Why nothing is delivered where TLS is required.
RecipientOutcome Session::State::lack_of_tls() const {
  if (options.tls == TlsUse::required && !capabilities.starttls) {
    return failure(Cause::tls_not_offered, "4.7.4"_dsn, Phase::lhlo, "");
  }
  return failure(Cause::tls_unavailable, "4.7.5"_dsn, Phase::lhlo, "");
}

/// What came behind the reply was not said by whom the handshake will prove: it is forgotten, and
/// so is what was announced in the clear. \see RFC 3207 section 4.2
void Session::State::await_handshake() {
  wants_tls = true;
  replies = ReplyReader(options.reply_limits, options.reply_filter);
  capabilities = {};
}

void Session::State::refuse_tls(const Reply& reply) {
  if (needs_tls()) {
    refuse_session(reply, Phase::starttls);
    return;
  }
  capabilities.starttls = false;
  if (options.login && capabilities.auth) {
    log_in();
  } else {
    get_ready();
  }
}

void Session::State::take_handshake(TlsResult result) {
  wants_tls = false;
  if (result == TlsResult::failed) {
    fail(failure(Cause::tls_handshake_failed, "4.7.5"_dsn, Phase::starttls, ""));
    return;
  }
  is_encrypted = true;
  is_verified = result == TlsResult::verified;
  tried_helo = false;
  if (result == TlsResult::not_verified) {
    awaited.clear();
    leave(failure(Cause::tls_not_verified, "4.7.5"_dsn, Phase::starttls, ""));
  } else if (options.tls != TlsUse::wrapped) {
    send_hello();
  }
}

// ---- the login

/// \see RFC 4954 section 4; RFC 5321 section 4.5.3.1.4
void Session::State::log_in() {
  constexpr std::size_t kMaxCommand = 512;
  const std::vector<std::string> mechanisms = options.login->usable(capabilities.auth_mechanisms);
  if (mechanisms.empty()) {
    leave(failure(Cause::login_without_mechanism, "4.7.0"_dsn, Phase::auth, ""));
    return;
  }
  const Protection protection = is_verified    ? Protection::verified
                                : is_encrypted ? Protection::encrypted
                                               : Protection::none;
  Login::Answer answer = options.login->begin(mechanisms, protection);
  if (answer.is_local) {
    leave(failure(Cause::local_error, "4.3.0"_dsn, Phase::auth, ""));
    return;
  }
  if (!answer.problem.empty()) {
    fail_login(std::move(answer.problem));
    return;
  }
  mechanism = std::move(answer.mechanism);
  std::string command = "AUTH " + mechanism;
  if (command.size() + answer.response.size() + 3 > kMaxCommand) {
    first_response = std::move(answer.response);
  } else if (!answer.response.empty()) {
    command += ' ' + answer.response;
  }
  send(command, {Phase::auth});
}

void Session::State::answer_challenge(const Reply& reply) {
  constexpr std::size_t kMaxChallenges = 100;
  const std::string_view challenge = reply.lines.empty() ? std::string_view() : reply.lines.front();
  if (++challenges > kMaxChallenges) {
    RecipientOutcome outcome = failure(Cause::login_loop, "4.3.0"_dsn, Phase::auth, "");
    leave(outcome);
    return;
  }
  if (!first_response.empty()) {
    if (!challenge.empty()) {
      leave(failure(Cause::login_out_of_turn, "4.7.0"_dsn, Phase::auth, mechanism));
      return;
    }
    send(std::exchange(first_response, {}), {Phase::auth});
    return;
  }
  Login::Answer answer = options.login->answer(challenge);
  if (answer.problem.empty()) {
    send(answer.response, {Phase::auth});
  } else {
    fail_login(std::move(answer.problem));
  }
}

void Session::State::fail_login(std::string text) {
  leave(failure(Cause::login_failed, "4.7.0"_dsn, Phase::auth, std::move(text)));
}

void Session::State::refuse_login(const Reply& reply) {
  EnhancedStatus status = reply.status;
  if (options.login_soft_bounce && reply.code / 100 == 5) {
    status.status_class = StatusClass::transient;
  }
  const RecipientOutcome outcome = failure(Cause::login_refused, status, Phase::auth, reply.text);
  if (reply.code == 421) {
    fail(outcome);
  } else {
    leave(outcome);
  }
}

void Session::State::open_content() {
  if (has_pending()) {
    content = Content::open;
    return;
  }
  // The server was asked with DATA sent ahead, and wants content for nobody: an empty message, and
  // nothing that it says of it matters.
  output += ".\r\n";
  is_finishing = true;
  end_transaction();
}

void Session::State::await_final_replies() {
  content = Content::none;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].kind == Kind::pending) {
      awaited.push_back(
          {Phase::final_replies, options.dialect == Dialect::lmtp ? i : kAllRecipients});
      if (options.dialect == Dialect::smtp) {
        break;
      }
    }
  }
  process();
}

RecipientOutcome Session::State::refusal_of(const Reply& reply, Phase where) const {
  EnhancedStatus status = reply.status;
  const bool is_success = class_of(reply) == ReplyClass::success;
  if (is_success) {
    status = "5.5.0"_dsn;
  }
  if (where == Phase::greeting && options.skip_5xx_greeting && reply.code / 100 == 5) {
    status.status_class = StatusClass::transient;
  }
  RecipientOutcome outcome = failure(Cause::reply, status, where, reply.text);
  outcome.is_protocol_error = is_success;
  return outcome;
}

// ---- the interface

Session::Session(SessionOptions options) : state_(std::make_unique<State>(std::move(options))) {
  if (state_->options.tls != TlsUse::wrapped) {
    return;
  }
  if (state_->options.can_start_tls) {
    state_->wants_tls = true;
  } else {
    state_->fail(state_->lack_of_tls());
  }
}
Session::~Session() = default;

void Session::begin(Transaction transaction) {
  State& state = *state_;
  LMTP_CHECK(!state.has_transaction);  // Outcomes of the one before would be lost.
  state.transaction = std::move(transaction);
  state.outcomes.assign(state.transaction.recipients.size(), {});
  if (state.refusal || state.is_closed || (state.is_ready && state.phase() != Phase::idle)) {
    state.decide_all(state.refusal.value_or(
        failure(Cause::connection_lost, "4.4.2"_dsn, Phase::closed, "the session is over")));
    return;
  }
  state.has_transaction = true;
  if (state.is_ready) {
    state.start();
    state.advance();
    state.process();
  }
}

void Session::reset() {
  if (state_->phase() == Phase::idle) {
    state_->next = State::Step::reset;
    state_->advance();
    state_->process();
  }
}

void Session::finish() {
  state_->is_finishing = true;
  if (state_->phase() == Phase::idle) {
    state_->end_transaction();
    state_->advance();
    state_->process();
  }
}

void Session::abandon(std::string_view reason) {
  if (!state_->is_closed) {
    state_->fail(failure(Cause::local_error, "4.3.0"_dsn, phase(), std::string(reason)));
  }
}

bool Session::wants_tls() const {
  return state_->wants_tls;
}

void Session::tls_done(TlsResult result) {
  LMTP_CHECK(state_->wants_tls);
  state_->take_handshake(result);
  state_->advance();
}

bool Session::is_encrypted() const {
  return state_->is_encrypted;
}

void Session::received(std::string_view bytes) {
  if (!state_->is_closed && !state_->wants_tls) {
    state_->replies.append(bytes);
    state_->process();
  }
}

void Session::connection_lost(std::string_view reason) {
  state_->fail_with_early_reply();
  if (!state_->is_closed) {
    state_->fail(failure(Cause::connection_lost, "4.4.2"_dsn, phase(), std::string(reason)));
  }
}

void Session::deadline_passed() {
  state_->fail_with_early_reply();
  if (!state_->is_closed) {
    state_->fail(failure(Cause::deadline_passed, "4.4.2"_dsn, phase(), ""));
  }
}

std::string_view Session::output() const {
  return std::string_view(state_->output).substr(state_->output_begin);
}

void Session::sent(std::size_t count) {
  State& state = *state_;
  state.output_begin += std::min(count, state.output_size());
  if (state.output_begin >= state.output_size()) {
    // Moving less than was sent keeps the buffer small at no cost.
    state.output.erase(0, state.output_begin);
    state.output_begin = 0;
  }
  if (state.output_size() > 0) {
    return;
  }
  if (state.content == State::Content::ended) {
    state.await_final_replies();
  }
  state.advance();
}

bool Session::wants_content() const {
  return state_->content == State::Content::open &&
         state_->output_size() < state_->options.max_buffered_output;
}

void Session::content(std::string_view chunk) {
  State& state = *state_;
  if (state.content == State::Content::open) {
    if (!state.encoder.append(chunk, state.output)) {
      abandon("");
    }
  }
}

void Session::end_of_content() {
  State& state = *state_;
  if (state.content == State::Content::open) {
    if (!state.encoder.finish(state.output)) {
      abandon("");
      return;
    }
    state.content = State::Content::ended;
  }
}

bool Session::is_ending_content() const {
  return state_->content == State::Content::ended && state_->output_size() > 0;
}

void Session::answered_too_early() {
  State& state = *state_;
  state.fail_with_early_reply();
  if (!state.is_closed && state.content != State::Content::none) {
    RecipientOutcome outcome = failure(Cause::reply, "4.5.0"_dsn, Phase::final_replies,
                                       "an answer before the end of the message");
    outcome.is_protocol_error = true;
    state.fail(outcome);
  }
}

Phase Session::phase() const {
  return state_->phase();
}
std::size_t Session::unread_input() const {
  return state_->replies.unread();
}
std::size_t Session::replies_taken() const {
  return state_->replies_taken;
}
const Capabilities& Session::capabilities() const {
  return state_->capabilities;
}
std::span<const RecipientOutcome> Session::outcomes() const {
  return state_->outcomes;
}

}  // namespace lastmile::lmtp
