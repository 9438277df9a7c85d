// SPDX-License-Identifier: Apache-2.0
#include "local/serving/server_session.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "lmtpclient/dot_stuffing.h"
#include "local/serving/server_command.h"
#include "local/serving/server_transitions.h"

namespace lastmile {

namespace {

/// Recipients that may be asked before the first is answered: what waits on both sides is bounded.
constexpr std::size_t kMaxAsked = 64;
/// Octets of output above which no command is read.
constexpr std::size_t kMaxOutput = std::size_t{64} * 1024;
/// Octets of content in one event.
constexpr std::size_t kMaxPiece = std::size_t{64} * 1024;

/// The CRLF of a chunk into LF, across the cuts between chunks. \see RFC 3030 section 3
class LineEnds {
 public:
  void append(std::string_view wire, std::string& content) {
    for (const char c : wire) {
      if (has_waiting_cr_ && c != '\n') {
        content += '\r';
      }
      has_waiting_cr_ = c == '\r';
      if (c != '\r') {
        content += c;
      }
    }
  }
  void finish(std::string& content) {
    content += has_waiting_cr_ ? "\r" : "";
    has_waiting_cr_ = false;
  }

 private:
  bool has_waiting_cr_ = false;
};

/// A reply out of the text of an Error of server_command: "501 5.5.4 text".
ServerReply reply_from(const Error& error) {
  std::string_view text = error.text;
  ServerReply reply{501, "5.5.4"_dsn, {}};
  if (text.starts_with("555")) {
    reply.code = 555;
  }
  text.remove_prefix(std::min<std::size_t>(4, text.size()));
  if (const auto status = take_enhanced_status(text)) {
    reply.status = *status;
  }
  reply.text = text;
  return reply;
}

/// Members of ClientFacts by the names of XFORWARD and XCLIENT.
std::string* member_of(ClientFacts& client, std::string_view name) {
  if (name == "name") {
    return &client.hostname;
  }
  if (name == "addr") {
    return &client.address;
  }
  if (name == "port") {
    return &client.port;
  }
  if (name == "proto") {
    return &client.protocol;
  }
  if (name == "helo") {
    return &client.helo;
  }
  return name == "login" ? &client.sasl_username : nullptr;
}

constexpr std::string_view kForwarded = "NAME ADDR PORT PROTO HELO IDENT SOURCE";
constexpr std::string_view kOfClient = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

/// Octets of the whole reply to LHLO, with codes and line ends: the lmtp transport of Exim, whose
/// buffer has 256, takes a longer one for malformed, and no mail would go.
constexpr std::size_t kMaxHello = 245;
constexpr std::size_t kAroundLine = 6;  ///< "250-", CR and LF.

/// Puts it behind the size. What is not announced for being too long is taken all the same.
void add_if_short_enough(std::vector<std::string>& lines, std::string line) {
  constexpr std::ptrdiff_t kBehindSize = 3;
  std::size_t size = line.size() + kAroundLine;
  for (const std::string& each : lines) {
    size += each.size() + kAroundLine;
  }
  if (size <= kMaxHello) {
    lines.insert(lines.begin() + kBehindSize, std::move(line));
  }
}

}  // namespace

struct ServerSession::State {
  explicit State(ServerOptions given) : options(std::move(given)) { greet(); }

  // ---- what was said

  void say(const ServerReply& reply) { output += to_wire(reply, options.max_reply); }
  void say(int code, EnhancedStatus status, std::string text) {
    say(ServerReply{code, status, std::move(text)});
  }
  void greet() { output += "220 " + options.host_name + " LMTP lastmile\r\n"; }

  /// Ends the session behind what is said already.
  void close() {
    abandon();
    is_over = true;
    input.clear();
  }
  void close(int code, EnhancedStatus status, std::string text) {
    say(code, status, std::move(text));
    close();
  }

  // ---- what is read

  void process() {
    while (!is_over && may_go_on() && !input.empty() && read_on()) {
    }
    end_when_asked();
  }

  bool may_go_on() const {
    return !awaits_message_answer && output_size() < kMaxOutput && !is_waiting_for_recipients;
  }

  /// Reads a line or a part of the content. \return false: there is no whole one
  bool read_on() {
    if (reads_content) {
      return read_content();
    }
    if (chunk_left > 0) {
      return read_chunk();
    }
    return read_line();
  }

  bool read_line() {
    const std::size_t newline = input.find('\n');
    if (newline == std::string::npos) {
      if (input.size() > options.max_line) {
        is_line_too_long = true;
        input.clear();
      }
      return false;
    }
    const bool is_too_long = is_line_too_long || newline > options.max_line;
    std::string line = input.substr(0, newline);
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (!is_too_long && !may_be_read(line)) {
      is_waiting_for_recipients = true;
      return false;
    }
    input.erase(0, newline + 1);
    is_line_too_long = false;
    ++steps_done;
    if (is_too_long) {
      count_command();
      say(500, "5.5.2"_dsn,
          "Error: a line is longer than " + std::to_string(options.max_line) + " octets");
    } else if (line.find_first_of(std::string_view("\0\r", 2)) != std::string::npos) {
      count_command();
      say(500, "5.5.2"_dsn, "Error: a command has no NUL or bare CR");
    } else {
      take(line);
    }
    return true;
  }

  /// Whether a command may be taken now. Recipients may be asked several at a time, so that a
  /// client that pipelines costs one wait; all else comes behind their answers.
  bool may_be_read(std::string_view line) const {
    if (asked == 0) {
      return true;
    }
    const ServerCommand command = read_command(line);
    return asked < kMaxAsked && command.verb == Verb::rcpt && phase == ServerPhase::addressing &&
           accepted + asked < options.max_recipients && read_rcpt_arguments(command.rest).ok();
  }

  bool read_content() {
    const std::string_view piece = std::string_view(input).substr(0, kMaxPiece);
    std::string octets;
    const std::size_t used = unstuffer.append(piece, octets);
    input.erase(0, used);
    take_content(std::move(octets));
    if (unstuffer.finished()) {
      reads_content = false;
      end_content();
    }
    return true;
  }

  bool read_chunk() {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>({chunk_left, input.size(), kMaxPiece}));
    if (!drops_chunk) {
      std::string octets;
      line_ends.append(std::string_view(input).substr(0, size), octets);
      take_content(std::move(octets));
    }
    input.erase(0, size);
    chunk_left -= size;
    if (chunk_left == 0) {
      end_chunk();
    }
    return true;
  }

  // ---- commands

  void count_command() {
    if (++commands > options.max_commands) {
      close(421, "4.7.0"_dsn, "Error: too many commands without a message");
    }
  }

  void take(const std::string& line) {
    const ServerCommand command = read_command(line);
    if (told_replies == Replies::sent) {
      events.emplace_back(RepliesRead{});
    }
    told_replies = Replies::none;
    if (command.verb != Verb::rcpt) {
      count_command();
      if (is_over) {
        return;
      }
    }
    perform(step_for(phase, command.verb), command.rest);
  }

  void perform(ServerStep step, std::string_view rest) {
    switch (step) {
      case ServerStep::say_hello:
        say_hello(rest);
        break;
      case ServerStep::refuse_smtp:
        say(500, "5.5.1"_dsn, "Error: this is LMTP: say LHLO");
        break;
      case ServerStep::demand_hello:
        refuse("Error: send LHLO first");
        break;
      case ServerStep::begin_message:
        begin_message(rest);
        break;
      case ServerStep::refuse_nested:
        refuse("Error: a message is begun already");
        break;
      case ServerStep::ask_recipient:
        ask_recipient(rest);
        break;
      case ServerStep::demand_mail:
        count_command();
        refuse("Error: need MAIL command");
        break;
      case ServerStep::open_content:
        open_content();
        break;
      case ServerStep::demand_data_mail:
        refuse_content(503, "Error: need RCPT command");
        break;
      case ServerStep::take_chunk:
        begin_chunk(rest, accepted > 0);
        break;
      case ServerStep::drop_chunk:
        begin_chunk(rest, false);
        break;
      case ServerStep::refuse_mixture:
        count_command();
        refuse("Error: the message comes by BDAT");
        break;
      default:
        perform_without_message(step, rest);
        break;
    }
  }

  /// What changes nothing of a message, or ends it.
  void perform_without_message(ServerStep step, std::string_view rest) {
    switch (step) {
      case ServerStep::abandon:
        abandon();
        say(250, "2.0.0"_dsn, "Ok");
        break;
      case ServerStep::say_ok:
        say(250, "2.0.0"_dsn, "Ok");
        break;
      case ServerStep::say_nothing_known:
        say(252, "2.0.0"_dsn, "Ask by RCPT");
        break;
      case ServerStep::say_help:
        say(214, "2.0.0"_dsn, "LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT");
        break;
      case ServerStep::take_forwarded:
        take_forwarded(rest);
        break;
      case ServerStep::take_client:
        take_client(rest);
        break;
      case ServerStep::say_goodbye:
        close(221, "2.0.0"_dsn, "Bye");
        break;
      default:
        say(500, "5.5.2"_dsn, "Error: command not recognized");
        break;
    }
  }

  /// Of a command that may not stand here. \see RFC 5321 section 4.1.4
  void refuse(std::string text) {
    if (!is_over) {
      say(503, "5.5.1"_dsn, std::move(text));
    }
  }

  void say_hello(std::string_view name) {
    if (name.empty()) {
      say(501, "5.5.4"_dsn, "Syntax: LHLO hostname");
      return;
    }
    abandon();
    phase = ServerPhase::ready;
    std::vector<std::string> lines = {
        options.host_name, "PIPELINING",
        options.max_message == 0 ? "SIZE" : "SIZE " + std::to_string(options.max_message)};
    // The parameters of DSN are taken and kept, but it is not announced: whoever announces it has
    // to send the reports of success, and the client's mail system would send none.
    lines.insert(lines.end(), {"ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING"});
    if (options.is_trusted) {
      add_if_short_enough(lines, "XFORWARD " + std::string(kForwarded));
      add_if_short_enough(lines, "XCLIENT " + std::string(kOfClient));
    }
    for (const std::string& line : lines) {
      output += (&line == &lines.back() ? "250 " : "250-") + line + "\r\n";
    }
  }

  void begin_message(std::string_view rest) {
    auto mail = read_mail_arguments(rest);
    if (!mail) {
      say(reply_from(mail.error()));
      return;
    }
    if (options.max_message != 0 && mail->size > options.max_message) {
      say(552, "5.3.4"_dsn, "Message size exceeds fixed limit");
      return;
    }
    BeginMessage begin;
    begin.envelope.sender = std::move(mail->sender);
    begin.envelope.envelope_id = std::move(mail->envelope_id);
    begin.envelope.returned_content = mail->returned_content;
    begin.envelope.body = mail->body;
    begin.envelope.queue_id = queue_id;
    begin.envelope.client = forwarded.value_or(client);
    events.emplace_back(std::move(begin));
    phase = ServerPhase::addressing;
    say(250, "2.1.0"_dsn, "Ok");
  }

  void ask_recipient(std::string_view rest) {
    auto recipient = read_rcpt_arguments(rest);
    if (!recipient) {
      count_command();
      if (!is_over) {
        say(reply_from(recipient.error()));
      }
      return;
    }
    if (accepted + asked >= options.max_recipients) {
      count_command();
      if (!is_over) {
        say(452, "4.5.3"_dsn, "Error: too many recipients");
      }
      return;
    }
    ++asked;
    events.emplace_back(AskRecipient{*std::move(recipient)});
  }

  void answer_recipient(const ServerReply& reply) {
    if (asked == 0 || is_over) {
      return;
    }
    --asked;
    is_waiting_for_recipients = is_waiting_for_recipients && asked > 0;
    say(reply);
    if (reply.is_success()) {
      ++accepted;
    } else {
      count_command();
    }
    process();
  }

  // ---- the content

  /// Refuses DATA. What was sent behind it may be content: it must not become commands.
  void refuse_content(int code, const std::string& text) {
    if (input.empty()) {
      say(code, "5.5.1"_dsn, text);
    } else {
      close(code, "5.5.1"_dsn, text + "; what was sent behind it is not read");
    }
  }

  void open_content() {
    if (accepted == 0) {
      refuse_content(554, "Error: no valid recipients");
      return;
    }
    reads_content = true;
    unstuffer = {};
    content_size = 0;
    output += "354 End data with <CR><LF>.<CR><LF>\r\n";
  }

  void take_content(std::string octets) {
    content_size += octets.size();
    if (!octets.empty() && !is_too_large()) {
      events.emplace_back(MessageContent{std::move(octets)});
    }
  }

  bool is_too_large() const {
    return options.max_message != 0 && content_size > options.max_message;
  }

  void end_content() {
    ++steps_done;
    if (is_too_large()) {
      for (std::size_t i = 0; i < accepted; ++i) {
        say(552, "5.3.4"_dsn, "Error: message file too big");
      }
      abandon();
      return;
    }
    awaits_message_answer = true;
    events.emplace_back(EndMessage{});
  }

  void begin_chunk(std::string_view rest, bool is_wanted) {
    const auto chunk = read_chunk_arguments(rest);
    if (!chunk) {
      ServerReply reply = reply_from(chunk.error());
      // Nobody knows how much of what follows is content.
      close(reply.code, reply.status, std::move(reply.text));
      return;
    }
    if (phase == ServerPhase::addressing && is_wanted) {
      phase = ServerPhase::chunking;
      line_ends = {};
      content_size = 0;
    }
    chunk_left = chunk->size;
    is_last_chunk = chunk->is_last;
    drops_chunk = !is_wanted;
    if (chunk_left == 0) {
      end_chunk();
    }
  }

  void end_chunk() {
    if (drops_chunk) {
      drops_chunk = false;
      say(503, "5.5.1"_dsn, "Error: no valid recipients");
    } else if (is_last_chunk) {
      std::string octets;
      line_ends.finish(octets);
      take_content(std::move(octets));
      end_content();
    } else {
      say(250, "2.0.0"_dsn, "Ok");
    }
  }

  void answer_message(const std::vector<ServerReply>& replies) {
    if (!awaits_message_answer) {
      return;
    }
    for (std::size_t i = 0; i < accepted; ++i) {
      say(i < replies.size() ? replies[i]
                             : ServerReply{451, "4.3.0"_dsn, "nobody knows what became of it"});
    }
    awaits_message_answer = false;
    told_replies = Replies::told;
    commands = 0;
    end_message();
    process();
  }

  void end_message() {
    accepted = 0;
    asked = 0;
    is_waiting_for_recipients = false;
    reads_content = false;
    chunk_left = 0;
    forwarded.reset();
    queue_id.clear();
    phase = phase == ServerPhase::connected ? phase : ServerPhase::ready;
  }

  /// Ends a message that is not to be delivered.
  void abandon() {
    if (phase == ServerPhase::addressing || phase == ServerPhase::chunking) {
      events.emplace_back(AbandonMessage{});
    }
    end_message();
  }

  // ---- who the client is

  void take_forwarded(std::string_view rest) {
    const auto attributes = read_attributes(rest);
    if (!check_attributes(attributes)) {
      return;
    }
    if (!forwarded) {
      forwarded.emplace();
    }
    for (const auto& [name, value] : *attributes) {
      if (std::string* const member = member_of(*forwarded, name)) {
        *member = value;
      } else if (name == "ident") {
        queue_id = value;
      } else if (name != "source") {
        say(501, "5.5.4"_dsn, "Bad XFORWARD attribute name: " + name);
        return;
      }
    }
    say(250, "2.0.0"_dsn, "Ok");
  }

  void take_client(std::string_view rest) {
    const auto attributes = read_attributes(rest);
    if (!check_attributes(attributes)) {
      return;
    }
    for (const auto& [name, value] : *attributes) {
      if (std::string* const member = member_of(client, name)) {
        *member = value;
      } else if (name != "destaddr" && name != "destport") {
        say(501, "5.5.4"_dsn, "Bad XCLIENT attribute name: " + name);
        return;
      }
    }
    // As it was in the beginning. \see XCLIENT_README
    end_message();
    phase = ServerPhase::connected;
    greet();
  }

  bool check_attributes(const Result<ClientAttributes>& attributes) {
    if (!options.is_trusted) {
      say(550, "5.7.0"_dsn, "Error: insufficient authorization");
      return false;
    }
    if (!attributes) {
      say(reply_from(attributes.error()));
    }
    return attributes.ok();
  }

  // ---- the end

  void end_when_asked() {
    const bool is_idle = !is_over && phase != ServerPhase::addressing &&
                         phase != ServerPhase::chunking && !awaits_message_answer;
    if (is_shutting_down && is_idle) {
      close(421, "4.3.2"_dsn, options.host_name + " closes, try again later");
    }
  }

  std::size_t output_size() const { return output.size() - output_begin; }

  ServerOptions options;
  ServerPhase phase = ServerPhase::connected;
  std::string input = {};  ///< What was not read yet.
  std::string output = {};
  std::size_t output_begin = 0;
  std::deque<ServerEvent> events = {};

  std::size_t commands = 0;  ///< Since the last message.
  std::size_t steps_done = 0;
  bool is_line_too_long = false;  ///< The beginning of the line is gone already.

  std::size_t asked = 0;  ///< Recipients without an answer.
  std::size_t accepted = 0;
  bool is_waiting_for_recipients = false;  ///< The next command is read behind their answers.

  bool reads_content = false;
  lmtp::DotUnstuffer unstuffer = {};
  std::uint64_t content_size = 0;
  std::uint64_t chunk_left = 0;  ///< Octets of a BDAT.
  bool is_last_chunk = false;
  bool drops_chunk = false;
  LineEnds line_ends = {};
  bool awaits_message_answer = false;
  /// Those to a message: a client that says something when they are sent, and not before, has read
  /// them.
  enum class Replies { none, told, sent };
  Replies told_replies = Replies::none;

  ClientFacts client = {};                    ///< As XCLIENT says.
  std::optional<ClientFacts> forwarded = {};  ///< As XFORWARD says of the next message.
  std::string queue_id = {};                  ///< The same.
  bool is_shutting_down = false;
  bool is_over = false;
};

// ---- the interface

ServerSession::ServerSession(ServerOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
ServerSession::~ServerSession() = default;

void ServerSession::received(std::string_view bytes) {
  if (!state_->is_over) {
    state_->input += bytes;
    state_->process();
  }
}

void ServerSession::client_gone(Unread unread) {
  if (unread == Unread::nothing && state_->told_replies == State::Replies::sent) {
    state_->events.emplace_back(RepliesRead{});
    state_->told_replies = State::Replies::none;
  }
  // What was complete is delivered, whoever is there to read the replies.
  if (!state_->awaits_message_answer) {
    state_->close();
  }
  state_->is_over = true;
}

void ServerSession::deadline_passed() {
  if (!state_->is_over) {
    state_->close(421, "4.4.2"_dsn, state_->options.host_name + " Error: timeout exceeded");
  }
}

void ServerSession::shut_down() {
  state_->is_shutting_down = true;
  state_->end_when_asked();
}

std::optional<ServerEvent> ServerSession::next_event() {
  if (state_->events.empty()) {
    return std::nullopt;
  }
  std::optional<ServerEvent> event = std::move(state_->events.front());
  state_->events.pop_front();
  return event;
}

void ServerSession::answer_recipient(const ServerReply& reply) {
  state_->answer_recipient(reply);
}

void ServerSession::answer_message(const std::vector<ServerReply>& replies) {
  state_->answer_message(replies);
}

std::string_view ServerSession::output() const {
  return std::string_view(state_->output).substr(state_->output_begin);
}

void ServerSession::sent(std::size_t count) {
  State& state = *state_;
  state.output_begin += std::min(count, state.output_size());
  if (state.output_size() == 0) {
    state.output.clear();
    state.output_begin = 0;
    if (state.told_replies == State::Replies::told && state.input.empty()) {
      state.told_replies = State::Replies::sent;
    }
  }
  state.process();
}

ServerSession::Awaiting ServerSession::awaiting() const {
  const State& state = *state_;
  if (state.is_over) {
    return Awaiting::nothing;
  }
  if (state.awaits_message_answer || state.asked > 0 || state.output_size() >= kMaxOutput) {
    return Awaiting::answer;
  }
  return state.reads_content || state.chunk_left > 0 ? Awaiting::content : Awaiting::command;
}

std::size_t ServerSession::steps_done() const {
  return state_->steps_done;
}

}  // namespace lastmile
