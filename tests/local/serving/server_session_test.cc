// SPDX-License-Identifier: Apache-2.0
#include "local/serving/server_session.h"

#include <string>
#include <vector>

#include "aliases/overloaded.h"
#include "tests/support/catch.h"
#include "tests/support/cut_bytes.h"

namespace lastmile::test {
namespace {

/// What a whole session said and asked for. A recipient whose name begins with "no" is refused.
struct Talk {
  std::string said = {};
  std::vector<std::string> events = {};
  bool is_over = false;
};

std::string line_of(const BeginMessage& begin) {
  const Envelope& envelope = begin.envelope;
  std::string line = "from " + to_internal(envelope.sender);
  line += envelope.envelope_id.empty() ? "" : " envid " + envelope.envelope_id;
  line += envelope.returned_content == ReturnedContent::headers ? " ret hdrs" : "";
  line += envelope.queue_id.empty() ? "" : " id " + envelope.queue_id;
  line += envelope.client.address.empty() ? "" : " client " + envelope.client.address;
  return line;
}

class Player {
 public:
  explicit Player(ServerOptions options) : session_(std::move(options)) { follow(); }

  void feed(std::string_view bytes) {
    session_.received(bytes);
    follow();
  }
  Talk end() {
    const bool was_over = session_.awaiting() == ServerSession::Awaiting::nothing;
    session_.client_gone();
    follow();
    talk_.is_over = was_over;
    return talk_;
  }

 private:
  void follow() {
    do {
      while (auto event = session_.next_event()) {
        std::visit([&](const auto& it) { take(it); }, *event);
      }
      talk_.said += session_.output();
      session_.sent(session_.output().size());
    } while (!session_.output().empty());
  }

  void take(const BeginMessage& it) { talk_.events.push_back(line_of(it)); }
  void take(const AskRecipient& it) {
    const bool is_refused = it.recipient.address.local_part.starts_with("no");
    std::string line = "to " + to_internal(it.recipient.address);
    line += it.recipient.orcpt.empty() ? "" : " orcpt " + it.recipient.orcpt;
    line += it.recipient.notify.never ? " never" : "";
    talk_.events.push_back(line);
    recipients_ += is_refused ? 0 : 1;
    session_.answer_recipient(is_refused ? ServerReply{550, "5.1.1"_dsn, "unknown user"}
                                         : ServerReply{250, "2.1.5"_dsn, "Ok"});
  }
  void take(const MessageContent& it) { content_ += it.octets; }
  void take(const EndMessage&) {
    talk_.events.push_back("message " + content_);
    content_.clear();
    std::vector<ServerReply> replies;
    for (int i = 1; i <= recipients_; ++i) {
      replies.push_back({250, "2.0.0"_dsn, "delivered " + std::to_string(i)});
    }
    recipients_ = 0;
    session_.answer_message(replies);
  }
  void take(const AbandonMessage&) {
    talk_.events.push_back("abandoned");
    content_.clear();
    recipients_ = 0;
  }
  void take(const RepliesRead&) {}

  ServerSession session_;
  Talk talk_;
  std::string content_;
  int recipients_ = 0;
};

ServerOptions small_options() {
  ServerOptions options;
  options.host_name = "mail.test";
  options.max_message = 1000;
  options.max_line = 200;
  options.max_recipients = 3;
  options.max_commands = 12;
  return options;
}

Talk play(const std::vector<std::string_view>& pieces, ServerOptions options = small_options()) {
  Player player(std::move(options));
  for (const std::string_view piece : pieces) {
    player.feed(piece);
  }
  return player.end();
}

/// Plays `bytes` in every cut, and gives what came of it.
Talk play_all_cuts(const std::string& bytes, const ServerOptions& options = small_options()) {
  const Talk whole = play({bytes}, options);
  for (const auto& cut : all_cuts(bytes)) {
    const Talk other = play(cut, options);
    CHECK(other.said == whole.said);
    CHECK(other.events == whole.events);
    CHECK(other.is_over == whole.is_over);
  }
  return whole;
}

const std::string kBegin = "LHLO me\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n";

/// What is said behind the greeting and the reply to LHLO.
std::string behind_hello(const std::string& said) {
  const std::size_t end = said.find("250 CHUNKING\r\n");
  return end == std::string::npos ? said : said.substr(end + 14);
}

TEST_CASE("a session: each recipient has a reply of its own") {
  const Talk talk = play_all_cuts(
      "LHLO me\r\nMAIL FROM:<s@x> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\n"
      "RCPT TO:<a@x> NOTIFY=NEVER ORCPT=rfc822;o+2Bp@x\r\nRCPT TO:<no@x>\r\n"
      "RCPT TO:<\"b c\"@x>\r\nDATA\r\nSubject: s\r\n\r\n..dot\r\n.\r\nQUIT\r\n");
  CHECK(talk.said ==
        "220 mail.test LMTP lastmile\r\n250-mail.test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"
        "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n550 5.1.1 unknown user\r\n250 2.1.5 Ok\r\n"
        "354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 delivered 1\r\n"
        "250 2.0.0 delivered 2\r\n221 2.0.0 Bye\r\n");
  CHECK(talk.events == std::vector<std::string>{"from s@x envid a+b ret hdrs",
                                                "to a@x orcpt rfc822;o+p@x never", "to no@x",
                                                "to b c@x orcpt rfc822;\"b c\"@x",
                                                "message Subject: s\n\n.dot\n"});
  CHECK(talk.is_over);
}

TEST_CASE("a session: what may not stand there, and what is no command") {
  struct Row {
    std::string commands;
    std::string said;
  };
  const Row rows[] = {
      {"MAIL FROM:<a@x>\r\n", "503 5.5.1 Error: send LHLO first\r\n"},
      {"EHLO me\r\n", "500 5.5.1 Error: this is LMTP: say LHLO\r\n"},
      {"LHLO\r\n", "501 5.5.4 Syntax: LHLO hostname\r\n"},
      {"LHLO me\r\nRCPT TO:<a@x>\r\n", "503 5.5.1 Error: need MAIL command\r\n"},
      {"LHLO me\r\nDATA\r\n", "503 5.5.1 Error: need RCPT command\r\n"},
      {"LHLO me\r\nMAIL FROM:<a@x>\r\nMAIL FROM:<a@x>\r\n",
       "250 2.1.0 Ok\r\n503 5.5.1 Error: a message is begun already\r\n"},
      {"LHLO me\r\nMAIL FROM:<>\r\nDATA\r\n",
       "250 2.1.0 Ok\r\n554 5.5.1 Error: no valid recipients\r\n"},
      {"LHLO me\r\nMAIL FROM:<a@x> SIZE=1001\r\n",
       "552 5.3.4 Message size exceeds fixed limit\r\n"},
      {"LHLO me\r\nMAIL FROM:<a@x> AUTH=<>\r\n", "555 5.5.4 Unsupported option: AUTH\r\n"},
      {"LHLO me\r\nMAIL TO:<a@x>\r\n", "501 5.5.4 Syntax: FROM:<address>\r\n"},
      {"LHLO me\r\nMAIL FROM:<a@x> BODY=BINARYMIME\r\n",
       "501 5.5.4 BODY wants 7BIT or 8BITMIME\r\n"},
      {"LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<>\r\n",
       "250 2.1.0 Ok\r\n501 5.1.3 Bad recipient address syntax\r\n"},
      {"LHLO me\r\nXFORWARD NAME=x\r\n", "550 5.7.0 Error: insufficient authorization\r\n"},
      {"NOOP\r\nVRFY a\r\n", "250 2.0.0 Ok\r\n503 5.5.1 Error: send LHLO first\r\n"},
      {"FOO\r\n", "500 5.5.2 Error: command not recognized\r\n"},
      {std::string("NO\0OP\r\n", 7), "500 5.5.2 Error: a command has no NUL or bare CR\r\n"},
      {"NOOP\rMAIL\r\n", "500 5.5.2 Error: a command has no NUL or bare CR\r\n"},
      {"NOOP " + std::string(300, 'x') + "\r\nNOOP\r\n",
       "500 5.5.2 Error: a line is longer than 200 octets\r\n250 2.0.0 Ok\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.commands);
    const Talk talk = play_all_cuts(row.commands);
    const std::string greeting = "220 mail.test LMTP lastmile\r\n";
    REQUIRE(talk.said.starts_with(greeting));
    CHECK(behind_hello(talk.said.substr(greeting.size())) == row.said);
  }
}

TEST_CASE("nobody makes two messages out of one: only CRLF dot CRLF ends the content") {
  const std::string hidden = "MAIL FROM:<evil@x>\r\nRCPT TO:<a@x>\r\nDATA\r\nevil\r\n";
  const std::string ends[] = {"\n.\n",
                              "\n.\r\n",
                              "\r.\r",
                              "\r.\r\n",
                              "\r\n.\r",
                              "\r\n.\n",
                              "\n.\r",
                              "\r.\n",
                              "\r\n.\r\r\n",
                              "\n\n.\r\n",
                              "\r\r\n.\n",
                              "\r\n. \r\n",
                              "\r\n..\r\n",
                              std::string("\r\n\0.\r\n", 6),
                              std::string("\r\n.\0\r\n", 6)};
  for (const std::string& end : ends) {
    CAPTURE(end);
    const Talk talk = play_all_cuts(kBegin + "good" + end + hidden + ".\r\n");
    std::size_t messages = 0;
    for (const std::string& event : talk.events) {
      messages += event.starts_with("message ") ? 1 : 0;
      CHECK(event != "from evil@x");
    }
    CHECK(messages == 1);
  }
}

TEST_CASE("what stands behind a DATA that is refused never becomes a command") {
  const Talk talk =
      play({"LHLO me\r\nMAIL FROM:<s@x>\r\nRCPT TO:<no@x>\r\nDATA\r\n"
            "MAIL FROM:<evil@x>\r\n.\r\n"});
  CHECK(talk.is_over);
  CHECK(talk.events == std::vector<std::string>{"from s@x", "to no@x", "abandoned"});
  CHECK(behind_hello(talk.said).ends_with(
      "554 5.5.1 Error: no valid recipients; what was sent behind it is not read\r\n"));
}

TEST_CASE("a message in chunks") {
  struct Row {
    std::string commands;
    std::vector<std::string> events;
  };
  const std::string begin = "LHLO me\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\n";
  const Row rows[] = {
      {begin + "BDAT 5\r\na\r\nb\rBDAT 5 LAST\r\n\n.\r\nc",
       {"from s@x", "to a@x", "message a\nb\n.\nc"}},
      {begin + "BDAT 4\r\na\r\nbBDAT 0 LAST\r\n", {"from s@x", "to a@x", "message a\nb"}},
      {begin + "BDAT 3\r\nabcDATA\r\nRSET\r\n", {"from s@x", "to a@x", "abandoned"}},
      {"LHLO me\r\nMAIL FROM:<s@x>\r\nBDAT 20 LAST\r\nMAIL FROM:<evil@x>\r\nRSET\r\n",
       {"from s@x", "abandoned"}},
      {"BDAT 20 LAST\r\nMAIL FROM:<evil@x>\r\nNOOP\r\n", {}},
      {begin + "BDAT x\r\nMAIL FROM:<evil@x>\r\n", {"from s@x", "to a@x", "abandoned"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.commands);
    CHECK(play_all_cuts(row.commands).events == row.events);
  }
}

TEST_CASE("a message that is too large is refused for each recipient, and the session goes on") {
  const Talk talk =
      play_all_cuts("LHLO me\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n" +
                    std::string(1100, 'x') + "\r\n.\r\nNOOP\r\n");
  CHECK(
      behind_hello(talk.said).ends_with("354 End data with <CR><LF>.<CR><LF>\r\n"
                                        "552 5.3.4 Error: message file too big\r\n"
                                        "552 5.3.4 Error: message file too big\r\n"
                                        "250 2.0.0 Ok\r\n"));
  CHECK(talk.events.back() == "abandoned");
}

TEST_CASE("limits: recipients, and commands without a message") {
  std::string commands = "LHLO me\r\nMAIL FROM:<s@x>\r\n";
  for (const char* const name : {"a", "b", "c", "d"}) {
    commands += std::string("RCPT TO:<") + name + "@x>\r\n";
  }
  CHECK(behind_hello(play_all_cuts(commands).said)
            .ends_with("452 4.5.3 Error: too many recipients\r\n"));
  std::string noops;
  for (int i = 0; i < 20; ++i) {
    noops += "NOOP\r\n";
  }
  const Talk talk = play_all_cuts(noops);
  CHECK(talk.is_over);
  CHECK(talk.said.ends_with("421 4.7.0 Error: too many commands without a message\r\n"));
}

TEST_CASE("XFORWARD and XCLIENT of one who is trusted") {
  ServerOptions options = small_options();
  options.is_trusted = true;
  const Talk talk = play_all_cuts(
      "LHLO me\r\nXFORWARD NAME=c.x ADDR=192.0.2.7 IDENT=4ABC\r\nMAIL FROM:<s@x>\r\n"
      "RCPT TO:<a@x>\r\nDATA\r\nx\r\n.\r\nMAIL FROM:<t@x>\r\nRSET\r\n"
      "XCLIENT ADDR=192.0.2.9 NAME=[UNAVAILABLE]\r\nLHLO me\r\nMAIL FROM:<u@x>\r\n",
      options);
  CHECK(talk.events == std::vector<std::string>{"from s@x id 4ABC client 192.0.2.7", "to a@x",
                                                "message x\n", "from t@x", "abandoned",
                                                "from u@x client 192.0.2.9", "abandoned"});
}

TEST_CASE("a client that goes away: what is not complete is abandoned, what is is delivered") {
  CHECK(play({kBegin + "half of it\r\n."}).events.back() == "abandoned");
  CHECK(play({kBegin + "all\r\n.\r\n"}).events.back() == "message all\n");
}

TEST_CASE("an end that is asked for waits for the running transaction") {
  ServerSession session(small_options());
  session.received("LHLO me\r\nMAIL FROM:<s@x>\r\n");
  session.shut_down();
  CHECK(session.awaiting() == ServerSession::Awaiting::command);
  session.received("RSET\r\n");
  CHECK(session.awaiting() == ServerSession::Awaiting::nothing);
  CHECK(session.output().ends_with("421 4.3.2 mail.test closes, try again later\r\n"));
}

TEST_CASE("replies are read when the client goes on behind them, not when it had spoken before") {
  using Unread = ServerSession::Unread;
  const auto reads = [](const std::vector<std::string>& pieces, Unread unread = Unread::perhaps) {
    ServerSession session(small_options());
    bool found = false;
    for (const std::string& piece : pieces) {
      session.received(piece);
      while (auto event = session.next_event()) {
        found = found || std::holds_alternative<RepliesRead>(*event);
        if (std::holds_alternative<AskRecipient>(*event)) {
          session.answer_recipient({250, "2.1.5"_dsn, "Ok"});
        } else if (std::holds_alternative<EndMessage>(*event)) {
          session.answer_message({{250, "2.0.0"_dsn, "Ok"}});
        }
      }
      session.sent(session.output().size());
    }
    session.client_gone(unread);
    while (auto event = session.next_event()) {
      found = found || std::holds_alternative<RepliesRead>(*event);
    }
    return found;
  };
  CHECK(reads({kBegin, "x\r\n.\r\n", "QUIT\r\n"}));
  CHECK_FALSE(reads({kBegin, "x\r\n.\r\nQUIT\r\n"}));
  CHECK_FALSE(reads({kBegin, "x\r\n.\r\n"}));
  // It went without a word, and had taken them.
  CHECK(reads({kBegin, "x\r\n.\r\n"}, Unread::nothing));
  CHECK_FALSE(reads({kBegin, "x\r\n"}, Unread::nothing));
}

TEST_CASE("the reply to LHLO is no longer than what Exim reads") {
  ServerOptions options = small_options();
  options.is_trusted = true;
  options.max_message = 104'857'600;
  for (const std::size_t length : {8U, 40U, 63U}) {
    options.host_name = std::string(length, 'm');
    ServerSession session(options);
    session.sent(session.output().size());
    session.received("LHLO me\r\n");
    const std::string said(session.output());
    CHECK(said.size() < 250);
    CHECK_THAT(said, Catch::Contains("XFORWARD NAME ADDR"));
    CHECK((said.find("XCLIENT") != std::string::npos) == (length == 8));
    CHECK_THAT(said, Catch::Contains("\r\n250 CHUNKING\r\n"));
    // What is not announced is taken all the same.
    session.sent(session.output().size());
    session.received("XCLIENT ADDR=192.0.2.9\r\n");
    CHECK_THAT(std::string(session.output()), Catch::StartsWith("220 "));
  }
}

}  // namespace
}  // namespace lastmile::test
