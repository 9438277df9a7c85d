// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/client.h"

#include <sstream>

#include "tests/lmtpclient/transcript.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::lmtp {
namespace {

using std::chrono::milliseconds;
using test::ScriptedServer;
using test::server_script;
using test::ServerScript;
using test::TemporaryDirectory;

/// Time for what does happen: never reached.
constexpr milliseconds kLong = std::chrono::seconds(60);
/// Time for what never happens.
constexpr milliseconds kShort{50};

/// Does not fit into the buffers of a socket.
constexpr std::size_t kBigMessage = std::size_t{8} * 1024 * 1024;

ContentSource content_of(std::string text) {
  return [text = std::move(text)](std::uint64_t offset,
                                  std::span<char> buffer) -> std::optional<std::size_t> {
    return text.copy(buffer.data(), buffer.size(), std::min<std::size_t>(offset, text.size()));
  };
}

std::string big_text() {
  std::string line(79, 'x');
  line += '\n';
  std::string text;
  while (text.size() < kBigMessage) {
    text += line;
  }
  return text;
}

ClientOptions options_for_tests() {
  ClientOptions options;
  options.session.lhlo_name = "mx.example.test";
  options.myhostname = "mx.example.test";
  options.idle_before_reset = std::chrono::milliseconds::zero();
  Timeouts& times = options.timeouts;
  times.connect = times.lhlo = times.mail = times.rcpt = times.data_init = kLong;
  times.data_xfer = times.data_done = times.rset = times.quit = kLong;
  return options;
}

std::string word(RecipientOutcome::Kind kind) {
  return kind == RecipientOutcome::Kind::delivered  ? "sent"
         : kind == RecipientOutcome::Kind::deferred ? "deferred"
         : kind == RecipientOutcome::Kind::rejected ? "bounced"
                                                    : "other";
}

/// "relay=R, dsn=D, status=S (TEXT)", one line for each recipient, as in the log.
std::string log(const std::vector<Delivery>& deliveries) {
  std::string result;
  for (const Delivery& delivery : deliveries) {
    result += "relay=" + delivery.relay;
    result += ", dsn=" + to_string(delivery.outcome.status);
    result += ", status=" + word(delivery.outcome.kind);
    result += " (" + delivery.text + ")\n";
  }
  return result;
}

/// A server on a UNIX socket that messages show as /sock/NAME, and a client for it.
class Site {
 public:
  explicit Site(const std::string& name, ClientOptions options = options_for_tests())
      : Site(name, server_script(name), std::move(options)) {}
  Site(const std::string& name, const ServerScript& script,
       ClientOptions options = options_for_tests())
      : server_(directory_.path("socket"), script) {
    options.socket_path = directory_.path("socket");
    client_ = std::make_unique<Client>(UnixEndpoint{"/sock/" + name}, std::move(options));
  }

  std::string deliver(const std::string& recipients, const std::string& content = "Subject: x\n") {
    return log(client_->deliver(transaction_for(recipients), content_of(content)));
  }
  /// Ends both; all that the server got.
  std::string end() {
    client_.reset();
    return server_.stop();
  }
  Client& client() { return *client_; }

 private:
  TemporaryDirectory directory_;
  ScriptedServer server_;
  std::unique_ptr<Client> client_;
};

TEST_CASE("whatever a server does, the log has the words of Postfix") {
  struct Row {
    const char* server;
    const char* recipients;
    const char* expected;  // H is the server, R the relay field, WHILE a common end.
    bool is_big = false;
  };
  const Row rows[] = {
      {"ok", "a1", "R 2.0.0 sent 250 2.0.0 saved 0"},
      {"ok", "a1 bad1 soft1 late5 late4",
       "R 2.0.0 sent 250 2.0.0 saved 0|"
       "R 5.1.1 bounced host H said: 550 5.1.1 no such user (in reply to RCPT TO command)|"
       "R 4.2.2 deferred host H said: 450 4.2.2 over quota (in reply to RCPT TO command)|"
       "R 5.2.2 bounced host H said: 550 5.2.2 late reject (in reply to end of DATA command)|"
       "R 4.2.1 deferred host H said: 450 4.2.1 late soft (in reply to end of DATA command)"},
      {"ok", "bad1 bad2",
       "R 5.1.1 bounced host H said: 550 5.1.1 no such user (in reply to RCPT TO command)|"
       "R 5.1.1 bounced host H said: 550 5.1.1 no such user (in reply to RCPT TO command)"},
      {"pipe", "a1 bad1 late5",
       "R 2.0.0 sent 250 2.0.0 saved 0|"
       "R 5.1.1 bounced host H said: 550 5.1.1 no such user (in reply to RCPT TO command)|"
       "R 5.2.2 bounced host H said: 550 5.2.2 late reject (in reply to end of DATA command)"},
      {"pipe", "bad1 bad2",
       "R 5.1.1 bounced host H said: 550 5.1.1 no such user (in reply to RCPT TO command)|"
       "R 5.1.1 bounced host H said: 550 5.1.1 no such user (in reply to RCPT TO command)"},
      {"ok", "nodsn1", "R 5.0.0 bounced host H said: 552 too big (in reply to RCPT TO command)"},
      {"greet554", "a1", "R 4.3.2 deferred host H refused to talk to me: 554 5.3.2 go away"},
      {"greet421", "a1", "R 4.3.2 deferred host H refused to talk to me: 421 4.3.2 busy"},
      {"lhlo500", "a1", "R 5.5.1 bounced host H refused to talk to me: 500 5.5.1 no"},
      {"close", "a1",
       "R 4.4.2 deferred lost connection with H while receiving the initial server greeting"},
      {"mail4", "a1",
       "R 4.3.0 deferred host H said: 451 4.3.0 mail later (in reply to MAIL FROM command)"},
      {"mail5", "a1",
       "R 5.7.1 bounced host H said: 550 5.7.1 mail no (in reply to MAIL FROM command)"},
      {"mailclose", "a1", "R 4.4.2 deferred lost connection with H while sending MAIL FROM"},
      {"dataclose", "a1", "R 4.4.2 deferred lost connection with H while sending DATA command"},
      {"data4", "a1",
       "R 4.3.0 deferred host H said: 451 4.3.0 data later (in reply to DATA command)"},
      {"data5", "a1", "R 5.5.1 bounced host H said: 554 5.5.1 data no (in reply to DATA command)"},
      {"data250", "a1",
       "R 5.5.0 bounced Protocol error: host H said: 250 2.0.0 what (in reply to DATA command)"},
      {"midclose", "a1", "R 4.4.2 deferred lost connection with H while sending message body",
       true},
      {"mid552", "a1",
       "R 5.3.4 bounced host H said: 552 5.3.4 too big (in reply to end of DATA command)", true},
      {"dotclose", "a1 a2",
       "R 4.4.2 deferred lost connection with H while WHILE|"
       "R 4.4.2 deferred lost connection with H while WHILE"},
      {"dot1close", "a1 a2 a3",
       "R 2.0.0 sent 250 2.0.0 saved 0|R 4.4.2 deferred lost connection with H while WHILE|"
       "R 4.4.2 deferred lost connection with H while WHILE"},
      {"dot300", "a1", "R 5.5.0 bounced host H said: 300 hm (in reply to end of DATA command)"},
      {"extra", "a1", "R 2.0.0 sent 250 2.0.0 saved 0"},
      {"noise", "a1", "R 2.0.0 sent DEBUG x 250 2.0.0 saved 0"},
      {"quithang", "a1", "R 2.0.0 sent 250 2.0.0 saved 0"},
  };
  const auto filled_in = [](std::string text, const std::string& server) {
    const std::pair<std::string, std::string> words[] = {
        {"WHILE", "sending end of data -- message may be sent more than once"},
        {"H ", "mx.example.test[/sock/" + server + "] "},
        {"|", "\n"}};
    for (const auto& [from, to] : words) {
      for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
      }
    }
    return text + '\n';
  };
  for (const Row& row : rows) {
    INFO(row.server << ": " << row.recipients);
    ClientOptions options = options_for_tests();
    options.skip_quit_response = std::string(row.server) == "quithang";
    Site site(row.server, std::move(options));
    std::string expected;
    std::istringstream lines(filled_in(row.expected, row.server));
    for (std::string relay, dsn, status, text; lines >> relay >> dsn >> status;) {
      std::getline(lines >> std::ws, text);
      expected.append("relay=mx.example.test[/sock/").append(row.server).append("], dsn=");
      expected.append(dsn).append(", status=").append(status).append(" (");
      expected.append(text).append(")\n");
    }
    CHECK(site.deliver(row.recipients, row.is_big ? big_text() : "Subject: x\n") == expected);
  }
}

TEST_CASE("a server that never answers is given up") {
  struct Row {
    const char* server;
    Timeouts::Time Timeouts::*time;
    const char* doing;
    bool is_big = false;
  };
  const Row rows[] = {
      {"bannerhang", &Timeouts::lhlo, "receiving the initial server greeting"},
      {"lhlohang", &Timeouts::lhlo, "performing the LHLO handshake"},
      {"mailhang", &Timeouts::mail, "sending MAIL FROM"},
      {"rcpthang", &Timeouts::rcpt, "sending RCPT TO"},
      {"datahang", &Timeouts::data_init, "sending DATA command"},
      {"bodyhang", &Timeouts::data_xfer, "sending message body", true},
      {"dothang", &Timeouts::data_done,
       "sending end of data -- message may be sent more than once"},
  };
  for (const Row& row : rows) {
    for (const bool per_request : {false, true}) {
      INFO(row.server << per_request);
      ClientOptions options = options_for_tests();
      options.timeouts.*row.time = kShort;
      options.timeouts.per_request = per_request;
      std::string expected = ", dsn=4.4.2, status=deferred (conversation with ";
      expected.append("mx.example.test[/sock/").append(row.server).append("] timed out while ");
      const std::string result =
          Site(row.server, options).deliver("a1", row.is_big ? big_text() : "x");
      CHECK(result.ends_with(expected.append(row.doing).append(")\n")));
    }
  }
}

TEST_CASE("a server that sends an octet now and then is given up") {
  for (const auto place :
       {ServerScript::Place::banner, ServerScript::Place::mail, ServerScript::Place::final_reply}) {
    ServerScript script = server_script("ok");
    script.drips_at = place;
    ClientOptions options = options_for_tests();
    options.timeouts.lhlo = options.timeouts.mail = options.timeouts.data_done = kShort;
    const std::string result = Site("drip", script, options).deliver("a1");
    CHECK_THAT(result, Catch::Contains("timed out while"));
  }
}

TEST_CASE("what a server says before the final dot is no success") {
  ServerScript script = server_script("ok");
  script.final_replies = 0;
  ClientOptions options = options_for_tests();
  options.timeouts.data_done = kShort;
  for (const bool is_pipelined : {false, true}) {
    script.data = "354 go\r\n250 2.0.0 saved\r\n250 2.0.0 saved";
    script.lhlo = is_pipelined ? "250-s\r\n250 PIPELINING" : "250 s";
    CHECK(Site("early", script, options).deliver("a1 a2").find("status=sent") == std::string::npos);
    script.data = "354 go\r\n552 5.3.4 no room";
    CHECK_THAT(Site("early", script, options).deliver("a1"),
               Catch::Contains("dsn=5.3.4, status=bounced (host "));
  }
}

TEST_CASE("one reply for all leaves the others deferred") {
  ClientOptions options = options_for_tests();
  options.timeouts.data_done = kShort;
  const std::string result = Site("single", options).deliver("a1 a2");
  CHECK(result.find("status=sent (250 2.0.0 saved 0)\n") != std::string::npos);
  CHECK(result.find("dsn=4.4.2, status=deferred (conversation with") != std::string::npos);
}

TEST_CASE("what the server gets is what was sent") {
  Site site("pipe");
  site.deliver("a1 a2", "Subject: x\n\n.dot\nlast");
  CHECK(site.end() ==
        "(connect)\r\nLHLO mx.example.test\r\nMAIL FROM:<s@l.test>\r\nRCPT TO:<a1@l.test>\r\n"
        "RCPT TO:<a2@l.test>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\nlast\r\n.\r\nQUIT\r\n");
}

TEST_CASE("a big message arrives whole") {
  Site site("pipe");
  const std::string text = big_text();
  CHECK(site.deliver("a1", text).find("status=sent") != std::string::npos);
  const std::string got = site.end();
  const std::size_t lines = text.size() / 80;
  CHECK(got.size() > text.size() + lines);
  CHECK(got.ends_with("x\r\n.\r\nQUIT\r\n"));
}

TEST_CASE("a connection is used for the next message") {
  Site site("ok");
  for (int i = 0; i < 3; ++i) {
    CHECK(site.deliver("a1").find("status=sent") != std::string::npos);
  }
  const std::string got = site.end();
  CHECK(got.rfind("(connect)") == 0);
  CHECK(
      got.ends_with("RSET\r\nMAIL FROM:<s@l.test>\r\nRCPT TO:<a1@l.test>\r\nDATA\r\nSubject: "
                    "x\r\n.\r\nQUIT\r\n"));
}

TEST_CASE("a connection that was used just now is not asked first") {
  ClientOptions options = options_for_tests();
  options.idle_before_reset = kLong;
  Site site("ok", options);
  for (int i = 0; i < 2; ++i) {
    CHECK(site.deliver("a1").find("status=sent") != std::string::npos);
  }
  CHECK(
      site.end().ends_with("Subject: x\r\n.\r\nMAIL FROM:<s@l.test>\r\n"
                           "RCPT TO:<a1@l.test>\r\nDATA\r\nSubject: x\r\n.\r\nQUIT\r\n"));
}

TEST_CASE("a kept connection that is gone, or out of step, is replaced") {
  for (const char* name : {"rsetclose", "extra"}) {
    INFO(name);
    Site site(name);
    for (int i = 0; i < 3; ++i) {
      CHECK(site.deliver("a1").find("status=sent (250 2.0.0 saved 0)") != std::string::npos);
    }
  }
}

TEST_CASE("a kept connection that breaks behind a reply to the message is as good as a new one") {
  ServerScript script = server_script("ok");
  script.closes_at = ServerScript::Place::rcpt;
  script.replies_before = 1;
  Site site("breaks", script, options_for_tests());
  CHECK(site.deliver("a1").find("status=sent") != std::string::npos);
  const std::string result = site.deliver("a2 a3");
  CHECK(result.find("status=sent") == std::string::npos);
  CHECK_THAT(result, Catch::Contains("while sending RCPT TO"));
  CHECK(site.end().rfind("(connect)") == 0);
}

TEST_CASE("a connection takes as many messages as it may") {
  ClientOptions options = options_for_tests();
  options.reuse_count_limit = 1;
  Site site("ok", options);
  for (int i = 0; i < 4; ++i) {
    CHECK(site.deliver("a1").find("status=sent") != std::string::npos);
  }
  const std::string got = site.end();
  const std::size_t second = got.find("QUIT\r\n(connect)");
  REQUIRE(second != std::string::npos);
  CHECK(got.rfind("(connect)") == second + 6);
}

TEST_CASE("a connection is not kept for ever") {
  ClientOptions options = options_for_tests();
  options.reuse_time_limit = std::chrono::seconds(0);
  Site site("ok", options);
  site.deliver("a1");
  site.deliver("a1");
  CHECK(site.end().rfind("(connect)") > 0);
}

TEST_CASE("a probe sends no content") {
  Site site("pipe");
  Transaction transaction = transaction_for("a1 bad1");
  transaction.probe = true;
  const auto deliveries = site.client().deliver(transaction, nullptr);
  CHECK(deliveries[0].text == "250 2.1.5 ok");
  CHECK(deliveries[0].outcome.kind == RecipientOutcome::Kind::would_be_accepted);
  CHECK(deliveries[1].outcome.kind == RecipientOutcome::Kind::rejected);
  CHECK(site.client().capabilities().pipelining);
  CHECK(site.end().find("DATA") == std::string::npos);
}

TEST_CASE("content that cannot be read ends the connection in the middle") {
  Site site("ok");
  const ContentSource broken = [](std::uint64_t offset,
                                  std::span<char> buffer) -> std::optional<std::size_t> {
    if (offset > 0) {
      return std::nullopt;
    }
    buffer[0] = 'x';
    return 1;
  };
  CHECK(log(site.client().deliver(transaction_for("a1"), broken)) ==
        "relay=mx.example.test[/sock/ok], dsn=4.3.0, status=deferred (local data error while "
        "talking to mx.example.test[/sock/ok])\n");
  CHECK(site.end().find("\r\n.\r\n") == std::string::npos);
}

TEST_CASE("no socket is a deferral without relay") {
  TemporaryDirectory directory;
  ClientOptions options = options_for_tests();
  options.socket_path = directory.path("nosuch");
  Client client(UnixEndpoint{"/sock/nosuch"}, options);
  CHECK(log(client.deliver(transaction_for("a1 a2"), content_of("x"))) ==
        "relay=none, dsn=4.4.1, status=deferred (connect to mx.example.test[/sock/nosuch]: No such "
        "file or directory)\n"
        "relay=none, dsn=4.4.1, status=deferred (connect to mx.example.test[/sock/nosuch]: No such "
        "file or directory)\n");
}

TEST_CASE("a path that no socket address can hold is a fault of the configuration") {
  Client client(UnixEndpoint{'/' + std::string(200, 'x')}, options_for_tests());
  const auto deliveries = client.deliver(transaction_for("a1"), content_of("x"));
  CHECK(deliveries[0].outcome.kind == RecipientOutcome::Kind::deferred);
  CHECK(deliveries[0].outcome.status == "4.3.5"_dsn);
}

std::string deliver_to(const InetEndpoint& endpoint, const std::string& recipients,
                       ClientOptions options = options_for_tests()) {
  Client client(endpoint, std::move(options));
  return log(client.deliver(transaction_for(recipients), content_of("x")));
}

TEST_CASE("TCP servers are named with address and port") {
  ScriptedServer server("inet", server_script("pipe"));
  const std::string port = std::to_string(server.port());
  CHECK(deliver_to({"127.0.0.1", port, {}}, "a1 bad1") ==
        "relay=127.0.0.1[127.0.0.1]:" + port + ", dsn=2.0.0, status=sent (250 2.0.0 saved 0)\n" +
            "relay=127.0.0.1[127.0.0.1]:" + port +
            ", dsn=5.1.1, status=bounced (host 127.0.0.1[127.0.0.1] said: 550 5.1.1 no such user "
            "(in reply to RCPT TO command))\n");
}

/// A port of 127.0.0.1 on which nobody listens: it was free a moment ago.
std::string closed_port() {
  ScriptedServer server("inet", server_script("ok"));
  return std::to_string(server.port());
}

TEST_CASE("a refused connection is a deferral") {
  const std::string port = closed_port();
  CHECK(deliver_to({"127.0.0.1", port, {}}, "a1") ==
        "relay=none, dsn=4.4.1, status=deferred (connect to 127.0.0.1[127.0.0.1]:" + port +
            ": Connection refused)\n");
}

TEST_CASE("servers of a list are tried in order until one takes the mail") {
  const std::string closed = closed_port();
  ScriptedServer busy("inet", server_script("greet421"));
  ScriptedServer good("inet", server_script("ok"));
  const std::string good_port = std::to_string(good.port());
  const InetEndpoint endpoint{
      "127.0.0.1", closed, {{"127.0.0.1", std::to_string(busy.port())}, {"127.0.0.1", good_port}}};
  CHECK(deliver_to(endpoint, "a1") == "relay=127.0.0.1[127.0.0.1]:" + good_port +
                                          ", dsn=2.0.0, status=sent (250 2.0.0 saved 0)\n");
}

TEST_CASE("only who was deferred is tried at the next server") {
  ServerScript first_script = server_script("ok");
  first_script.rcpt = {{"a1", "450 4.2.0 not here"}, {"bad", "550 5.1.1 no such user"}};
  ScriptedServer first("inet", first_script);
  ScriptedServer second("inet", server_script("ok"));
  const InetEndpoint endpoint{
      "127.0.0.1", std::to_string(first.port()), {{"127.0.0.1", std::to_string(second.port())}}};
  const std::string result = deliver_to(endpoint, "a1 bad1 a2");
  CHECK(result.find("deferred") == std::string::npos);
  CHECK(second.stop().find("RCPT TO:<a1@l.test>\r\nDATA") != std::string::npos);
  CHECK(first.stop().find("RCPT TO:<a2@l.test>\r\nDATA") != std::string::npos);
}

TEST_CASE("who is deferred behind the text is tried at the next server") {
  ServerScript first_script = server_script("ok");
  first_script.final_reply = {{"a1", "451 4.3.0 later"}, {"z1", "550 5.2.2 full"}};
  ScriptedServer first("inet", first_script);
  ScriptedServer second("inet", server_script("ok"));
  const InetEndpoint endpoint{
      "127.0.0.1", std::to_string(first.port()), {{"127.0.0.1", std::to_string(second.port())}}};
  const std::string result = deliver_to(endpoint, "a1 z1 a2");
  CHECK(result.find("deferred") == std::string::npos);
  CHECK(result.find("550 5.2.2 full") != std::string::npos);
  CHECK(second.stop().find("RCPT TO:<a1@l.test>\r\nDATA") != std::string::npos);
}

TEST_CASE("a message that may have arrived is not sent to the next server") {
  ScriptedServer first("inet", server_script("dotclose"));
  ScriptedServer second("inet", server_script("ok"));
  const InetEndpoint endpoint{
      "127.0.0.1", std::to_string(first.port()), {{"127.0.0.1", std::to_string(second.port())}}};
  CHECK(deliver_to(endpoint, "a1").find("message may be sent more than once") != std::string::npos);
  CHECK(second.stop().empty());
}

TEST_CASE("names that cannot be looked up") {
  // RFC 6761: no resolver answers for .invalid; without a network it may be "try again".
  const std::string result = deliver_to({"nosuchhost.invalid", "24", {}}, "a1");
  CHECK(result.starts_with("relay=none, dsn="));
  CHECK(result.find("(Host or domain name not found. Name service error for "
                    "name=nosuchhost.invalid type=A: Host not found") != std::string::npos);
  ClientOptions native = options_for_tests();
  native.network.native_lookup = true;
  CHECK(deliver_to({"nosuchhost.invalid", "24", {}}, "a1", native)
            .find("(unable to look up host nosuchhost.invalid: ") != std::string::npos);
  CHECK(deliver_to({"127.0.0.1", "no-such-service", {}}, "a1") ==
        "relay=none, dsn=4.3.5, status=deferred (unknown service: no-such-service/tcp)\n");
}

TEST_CASE("only the address families that are in use are asked for") {
  ClientOptions options = options_for_tests();
  options.network.use_ipv4 = false;
  const std::string result = deliver_to({"nosuchhost.invalid", "24", {}}, "a1", options);
  CHECK(result.find("type=AAAA") != std::string::npos);
  CHECK(deliver_to({"127.0.0.1", "24", {}}, "a1", options) ==
        "relay=none, dsn=5.4.4, status=bounced (Name service error for 127.0.0.1: invalid host or "
        "domain name)\n");
}

TEST_CASE("an SMTP server has one final reply") {
  ServerScript script = server_script("pipe");
  script.speaks_smtp = true;
  ClientOptions options = options_for_tests();
  options.session.dialect = Dialect::smtp;
  Site site("smtp", script, options);
  const std::string result = site.deliver("a1 a2");
  CHECK(result.find("status=sent (250 2.0.0 saved 0)\n") !=
        result.rfind("status=sent (250 2.0.0 saved 0)\n"));
  CHECK(site.end().find("EHLO mx.example.test\r\nMAIL") != std::string::npos);
}

}  // namespace
}  // namespace lastmile::lmtp
