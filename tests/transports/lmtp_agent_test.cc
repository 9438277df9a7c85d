// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/lmtp_agent.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"
#include "tests/transports/agents_fixture.h"
#include "transports/agents/lmtp_connections.h"
#include "transports/agents/lmtp_options.h"
#include "transports/agents/real_agents.h"
#include "transports/agents/tls_options.h"

namespace lastmile {
namespace {

using test::Home;
using test::ScriptedServer;
using test::server_script;
using test::ServerScript;

/// Settings whose mail_owner can connect to a socket in a Home.
Settings lmtp_settings(const std::string& master_cf = "") {
  Settings settings = test::delivery_settings();
  settings.myhostname.value = "mx.example.test";
  settings.main_cf.set("myhostname", {"mx.example.test", std::nullopt});
  settings.mail_owner.value = "nobody";
  auto services = MasterCf::parse(master_cf, "master.cf", false);
  REQUIRE(services);
  settings.master_cf = *std::move(services);
  return settings;
}

/// A server on a UNIX socket that everybody may use.
class Mailstore {
 public:
  explicit Mailstore(const std::string& script) : Mailstore(server_script(script)) {}
  explicit Mailstore(const ServerScript& script) : server_(directory_.path("socket"), script) {
    REQUIRE(::chmod(directory_.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(path().c_str(), 0666) == 0);
  }
  std::string path() const { return directory_.path("socket"); }
  std::string directory() const { return directory_.path(); }
  std::string stop() { return server_.stop(); }
  Lmtp endpoint() const { return {lmtp::UnixEndpoint{path()}}; }

  /// "2.0.0 text", one line for each recipient; the path is written as PATH.
  std::string deliver(const Settings& settings, const Job& job,
                      const std::string& content = "Subject: x\n\ntext\n") {
    return deliver_to(endpoint(), settings, job, content);
  }
  std::string deliver_to(const Lmtp& server, const Settings& settings, const Job& job,
                         const std::string& content) {
    std::string result;
    statuses_ = deliver_to_lmtp(server, job, test::message_of(content), test::context_of(settings));
    for (const DeliveryStatus& status : statuses_) {
      result.append(test::line_of(status, path())).append("\n");
    }
    return result;
  }
  const std::vector<DeliveryStatus>& statuses() const { return statuses_; }

 private:
  test::TemporaryDirectory directory_;
  ScriptedServer server_;
  std::vector<DeliveryStatus> statuses_;
};

Job job_to(const std::vector<std::string>& recipients) {
  Job job;
  job.envelope.sender = {"sender", "example.org"};
  for (const std::string& recipient : recipients) {
    Recipient entry;
    entry.address = split_address(recipient);
    job.recipients.push_back(entry);
  }
  return job;
}

TEST_CASE("each recipient gets the status of its own reply") {
  Mailstore store("pipe");
  CHECK(store.deliver(lmtp_settings(), job_to({"a1@x", "bad1@x", "late4@x"})) ==
        "2.0.0 250 2.0.0 saved 0\n"
        "5.1.1 host mx.example.test[PATH] said: 550 5.1.1 no such user (in reply to RCPT TO "
        "command)\n"
        "4.2.1 host mx.example.test[PATH] said: 450 4.2.1 late soft (in reply to end of DATA "
        "command)\n");
  const DeliveryStatus& refused = store.statuses()[1];
  CHECK(refused.outcome == DeliveryStatus::Outcome::bounced);
  CHECK(refused.relay == "mx.example.test[" + store.path() + ']');
  CHECK(refused.remote_mta == "dns; mx.example.test");
  CHECK(refused.diagnostic == "smtp; 550 5.1.1 no such user");
  CHECK(store.statuses()[0].outcome == DeliveryStatus::Outcome::delivered);
  CHECK(store.statuses()[2].outcome == DeliveryStatus::Outcome::deferred);
}

TEST_CASE("the server gets the message as it is, without headers of this host") {
  Mailstore store("ok");
  store.deliver(lmtp_settings(), test::job_for(test::somebody()));
  CHECK(store.stop() ==
        "(connect)\r\nLHLO mx.example.test\r\nMAIL FROM:<sender@example.org>\r\n"
        "RCPT TO:<User+Ext@Example.com>\r\nDATA\r\nSubject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n");
}

TEST_CASE("flags of the service add headers") {
  Mailstore store("ok");
  const Settings settings = lmtp_settings("lmtp unix - - n - - lmtp flags=DORX\n");
  CHECK(store.deliver(settings, test::job_for(test::somebody())) == "2.0.0 250 2.0.0 saved 0\n");
  CHECK(store.stop().find("\r\nReturn-Path: <sender@example.org>\r\nX-Original-To: list\r\n"
                          "Delivered-To: User+Ext@Example.com\r\nSubject: x\r\n") !=
        std::string::npos);
}

TEST_CASE("headers for one recipient are not shown to another") {
  Mailstore store("ok");
  for (const char* flags : {"O", "D"}) {
    const Settings settings =
        lmtp_settings("lmtp unix - - n - - lmtp flags=" + std::string(flags) + '\n');
    CHECK(store.deliver(settings, job_to({"a1@x", "a2@x"})) ==
          "4.3.5 mail system configuration error\n4.3.5 mail system configuration error\n");
  }
  CHECK(store.stop().empty());
}

TEST_CASE("a mail loop is seen where the service adds Delivered-To") {
  const std::string content = "Delivered-To: A1@x\nSubject: x\n\n";
  Mailstore store("ok");
  CHECK(store.deliver(lmtp_settings("lmtp unix - - n - - lmtp flags=D\n"), job_to({"a1@X"}),
                      content) == "5.4.6 mail forwarding loop for a1@X\n");
  CHECK(store.deliver(lmtp_settings(), job_to({"a1@X"}), content) == "2.0.0 250 2.0.0 saved 0\n");
}

TEST_CASE("relative paths, and those of a chrooted service, lie below the queue directory") {
  Mailstore store("ok");
  const auto deliver = [&](const std::string& path, const std::string& chroot) {
    Settings settings = lmtp_settings("lmtp unix - - " + chroot + " - - lmtp\n");
    settings.queue_directory.value = store.directory();
    return store.deliver_to({lmtp::UnixEndpoint{path}}, settings, job_to({"a1@x"}), "x\n");
  };
  CHECK(deliver("socket", "n") == "2.0.0 250 2.0.0 saved 0\n");
  CHECK(store.statuses()[0].relay == "mx.example.test[socket]");
  CHECK(deliver("socket", "y") == "2.0.0 250 2.0.0 saved 0\n");
  CHECK(deliver("/socket", "y") == "2.0.0 250 2.0.0 saved 0\n");
  CHECK(deliver("/socket", "n") ==
        "4.4.1 connect to mx.example.test[/socket]: No such file or directory\n");
  CHECK(store.statuses()[0].relay == "none");
  CHECK(deliver(store.path(), "y").starts_with("4.4.1 connect to mx.example.test["));
}

TEST_CASE("overrides of the service count before main.cf") {
  ServerScript script = server_script("greet554");
  Mailstore store(script);
  Settings settings =
      lmtp_settings("lmtp unix - - n - - lmtp -o lmtp_skip_5xx_greeting=no -o lmtp_lhlo_name=me\n");
  settings.main_cf.set("lmtp_skip_5xx_greeting", {"yes", std::nullopt});
  CHECK(store.deliver(settings, job_to({"a1@x"})) ==
        "5.3.2 host mx.example.test[PATH] refused to talk to me: 554 5.3.2 go away\n");
  const auto options = lmtp_client_options(settings, store.endpoint());
  REQUIRE(options);
  CHECK(options->session.lhlo_name == "me");
}

TEST_CASE("the parameters of lmtp(8) reach the client") {
  Settings settings = lmtp_settings();
  const auto read = [&](const std::string& name, const std::string& value) {
    settings.main_cf.set(name, {value, SourcePos{"main.cf", 7}});
  };
  read("lmtp_connect_timeout", "3s");
  read("lmtp_lhlo_timeout", "4m");
  read("lmtp_data_done_timeout", "1h");
  read("lmtp_per_request_deadline", "yes");
  read("lmtp_discard_lhlo_keywords", "pipelining, dsn");
  read("lmtp_line_length_limit", "0");
  read("lmtp_host_lookup", "native");
  read("lmtp_address_preference", "ipv6");
  read("inet_protocols", "ipv4");
  read("lmtp_mx_address_limit", "9");
  const auto options = lmtp_client_options(settings, Lmtp{});
  REQUIRE(options);
  CHECK(options->timeouts.connect == std::chrono::seconds(3));
  CHECK(options->timeouts.lhlo == std::chrono::minutes(4));
  CHECK(options->timeouts.mail == std::chrono::seconds(300));
  CHECK(options->timeouts.data_done == std::chrono::hours(1));
  CHECK(options->timeouts.per_request);
  CHECK(options->session.discard_keywords == std::vector<std::string>{"pipelining", "dsn"});
  CHECK(options->session.line_length_limit == 0);
  CHECK(options->session.lhlo_name == "mx.example.test");
  CHECK(options->network.native_lookup);
  CHECK(options->network.preference == lmtp::AddressPreference::ipv6);
  CHECK(options->network.use_ipv4);
  CHECK_FALSE(options->network.use_ipv6);
  CHECK(options->address_limit == 9);

  read("lmtp_mail_timeout", "soon");
  const auto wrong = lmtp_client_options(settings, Lmtp{});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message().find("main.cf:7: lmtp_mail_timeout") == 0);
  CHECK(Mailstore("ok").deliver(settings, job_to({"a1@x", "a2@x"})).find("4.3.5 main.cf:7: ") == 0);
}

TEST_CASE("how a session is protected is seen by the new names and by the old ones") {
  struct Row {
    std::vector<std::pair<std::string, std::string>> parameters;
    lmtp::TlsUse use;
    const char* problem;
  };
  using enum lmtp::TlsUse;
  const char* const wrong = "client TLS configuration problem";
  const char* const weak = "server unavailable or unable to receive mail";
  const Row rows[] = {
      {{}, none, ""},
      {{{"tls_security_level", ""}}, none, ""},
      {{{"tls_security_level", "none"}}, none, ""},
      {{{"tls_security_level", "may"}}, may, ""},
      {{{"tls_security_level", "Encrypt"}}, required, ""},
      {{{"tls_security_level", "verify"}}, required, ""},
      {{{"tls_security_level", "secure"}}, required, ""},
      {{{"tls_security_level", "fingerprint"}}, required, wrong},
      {{{"tls_security_level", "fingerprint"}, {"tls_fingerprint_cert_match", "AB"}}, required, ""},
      {{{"tls_security_level", "dane"}}, required, wrong},
      {{{"tls_security_level", "dane-only"}}, required, wrong},
      {{{"use_tls", "yes"}}, may, ""},
      {{{"enforce_tls", "yes"}}, required, ""},
      {{{"enforce_tls", "yes"}, {"tls_security_level", "may"}}, may, ""},
      {{{"tls_wrappermode", "yes"}}, wrapped, weak},
      {{{"tls_wrappermode", "yes"}, {"tls_security_level", "encrypt"}}, wrapped, ""},
      {{{"tls_per_site", "static:MAY"}}, required, "Temporary lookup error"},
  };
  for (const Row& row : rows) {
    for (const Dialect dialect : {Dialect::lmtp, Dialect::smtp}) {
      Settings settings = lmtp_settings();
      for (const auto& [name, value] : row.parameters) {
        CAPTURE(name, value);
        settings.main_cf.set((dialect == Dialect::lmtp ? "lmtp_" : "smtp_") + name,
                             {value, SourcePos{"main.cf", 7}});
      }
      const Lmtp server{lmtp::InetEndpoint{"192.0.2.1", "24", {}, "192.0.2.1:24"}, "lmtp", dialect};
      // Without a world no table can be asked.
      const auto plans = tls_plans(settings, server, PlaintextFallback::allowed, nullptr,
                                   std::make_shared<LogLines>(), nullptr);
      REQUIRE(plans);
      lmtp::ServerAddress address;
      address.host = address.address = "192.0.2.1";
      address.destination = "192.0.2.1:24";
      const lmtp::ServerPlan plan = (*plans)(address);
      CHECK(plan.problem == row.problem);
      if (plan.problem.empty()) {
        CHECK(plan.use == row.use);
      }
      address.destination = "another";
      CHECK((*plans)(address).use == required);
    }
  }
}

TEST_CASE("mail waits where TLS is required, and where a parameter that changes it is set") {
  ServerScript script = server_script("ok");
  Mailstore store(script);
  const auto deliver = [&](const std::string& name, const std::string& value) {
    Settings settings = lmtp_settings();
    settings.main_cf.set(name, {value, SourcePos{"main.cf", 7}});
    return store.deliver(settings, job_to({"a1@x"}));
  };
  CHECK(deliver("lmtp_enforce_tls", "yes") ==
        "4.7.4 TLS is required, but was not offered by host mx.example.test[PATH]\n");
  CHECK(deliver("lmtp_tls_wrappermode", "yes") ==
        (is_tls_built_in() ? "4.7.5 Cannot start TLS: handshake failure\n"
                           : "4.7.5 TLS is required, but our TLS engine is unavailable\n"));
  CHECK(store.statuses()[0].relay == "mx.example.test[" + store.path() + ']');
  CHECK(deliver("lmtp_tls_security_level", "encypt")
            .starts_with("4.3.5 main.cf:7: lmtp_tls_security_level: \"encypt\": unknown level"));
  for (const char* name : {"lmtp_generic_maps", "lmtp_header_checks", "lmtp_mime_header_checks",
                           "lmtp_nested_header_checks", "lmtp_body_checks", "lmtp_reply_filter"}) {
    // An agent without a world.
    CHECK(deliver(name, "inline:{a=b}").find("no table can be asked here") != std::string::npos);
    CHECK(store.statuses()[0].code == "4.3.5"_dsn);
    CHECK(deliver(name, " ") == "2.0.0 250 2.0.0 saved 0\n");
  }
  // No DNS is asked for a socket.
  CHECK(deliver("lmtp_dns_reply_filter", "inline:{a=b}") == "2.0.0 250 2.0.0 saved 0\n");
  // A server is asked for nothing by the parameters of the other dialect.
  CHECK(deliver("smtp_tls_security_level", "encrypt") == "2.0.0 250 2.0.0 saved 0\n");
}

TEST_CASE("an SMTP client has the parameters of smtp(8)") {
  Settings settings = lmtp_settings();
  settings.main_cf.set("smtp_helo_name", {"helo.example.test", std::nullopt});
  Lmtp server;
  server.dialect = Dialect::smtp;
  const auto options = lmtp_client_options(settings, server);
  REQUIRE(options);
  CHECK(options->session.lhlo_name == "helo.example.test");
  CHECK(options->session.dialect == lmtp::Dialect::smtp);
  CHECK(options->timeouts.connect == std::chrono::seconds(30));
  CHECK(options->skip_quit_response);
}

TEST_CASE("what the sender wanted to be told goes with the recipient") {
  ServerScript script = server_script("ok");
  script.lhlo = "250-scripted\r\n250-SIZE\r\n250-8BITMIME\r\n250 DSN";
  Mailstore store(script);
  Job job = job_to({"a1@x", "a2@x", "a3@x"});
  job.envelope.envelope_id = "id 1";
  job.recipients[0].notify = {
      .never = false, .on_success = true, .on_failure = true, .is_asked = true};
  job.recipients[0].original = "list@x";
  job.recipients[1].notify = {.never = true, .on_failure = false, .is_asked = true};
  job.recipients[1].orcpt = "rfc822;who+x@y";
  job.recipients[1].original = "not.this@x";
  store.deliver(lmtp_settings(), job, "a\nb");
  CHECK(store.stop().find("MAIL FROM:<sender@example.org> SIZE=6 ENVID=id+201\r\n"
                          "RCPT TO:<a1@x> ORCPT=rfc822;list@x NOTIFY=SUCCESS,FAILURE\r\n"
                          "RCPT TO:<a2@x> ORCPT=rfc822;who+2Bx@y NOTIFY=NEVER\r\n"
                          "RCPT TO:<a3@x>\r\n") != std::string::npos);
}

TEST_CASE("root connects as mail_owner") {
  if (!test::running_as_root()) {
    return;
  }
  Mailstore store("ok");
  REQUIRE(::chmod(store.path().c_str(), 0600) == 0);
  CHECK(store.deliver(lmtp_settings(), job_to({"a1@x"})) ==
        "4.4.1 connect to mx.example.test[PATH]: Permission denied\n");
  const passwd* const nobody = ::getpwnam("nobody");
  REQUIRE(nobody != nullptr);
  REQUIRE(::chown(store.path().c_str(), nobody->pw_uid, nobody->pw_gid) == 0);
  CHECK(store.deliver(lmtp_settings(), job_to({"a1@x"})) == "2.0.0 250 2.0.0 saved 0\n");

  Settings settings = lmtp_settings();
  settings.mail_owner.source = SourcePos{"/etc/postfix/main.cf", 7};
  for (const auto& [name, problem] :
       {std::pair("root", "must not be root"), {"no-such-account", "no such account"}}) {
    settings.mail_owner.value = name;
    CHECK(store.deliver(settings, job_to({"a1@x"})) ==
          "4.3.5 /etc/postfix/main.cf:7: mail_owner: \"" + std::string(name) + "\": " + problem +
              '\n');
  }
}

TEST_CASE("nobody connects where mail_owner is not set and its default has no account") {
  if (!test::running_as_root()) {
    return;
  }
  Mailstore store("ok");
  Settings settings = lmtp_settings();
  settings.mail_owner = {"no-such-account", std::nullopt};
  const passwd* const nobody = ::getpwnam("nobody");
  REQUIRE(nobody != nullptr);
  REQUIRE(::chmod(store.path().c_str(), 0600) == 0);
  REQUIRE(::chown(store.path().c_str(), nobody->pw_uid, nobody->pw_gid) == 0);
  CHECK(store.deliver(settings, job_to({"a1@x"})) == "2.0.0 250 2.0.0 saved 0\n");

  std::vector<std::string> warnings;
  RealAgents agents(settings, deliver_to_lmtp,
                    [&](const std::string& line) { warnings.push_back(line); });
  for (const char* recipient : {"a1@x", "a2@x"}) {
    Job job = job_to({recipient});
    job.destination = store.endpoint();
    CHECK(agents.perform(job, test::message_of("\n"))[0].outcome ==
          DeliveryStatus::Outcome::delivered);
  }
  CHECK(warnings == std::vector<std::string>{"mail_owner is not set, and there is no account "
                                             "\"no-such-account\": connecting as nobody"});
}

/// How often the server was connected to, after deliveries of these messages to it, by turns.
std::size_t connections_for(const Settings& settings, const std::vector<std::string>& senders,
                            const std::vector<const SpooledMessage*>& messages) {
  Mailstore store("ok");
  AgentContext context = test::context_of(settings);
  context.connections = std::make_shared<LmtpConnections>();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Job job = job_to({"a" + std::to_string(i) + "@x"});
    job.envelope.sender = {senders[i % senders.size()], "example.org"};
    const auto statuses = deliver_to_lmtp(store.endpoint(), job, *messages[i], context);
    CHECK(statuses[0].outcome == DeliveryStatus::Outcome::delivered);
  }
  context.connections.reset();
  const std::string said = store.stop();
  CHECK(said.ends_with("QUIT\r\n"));
  std::size_t count = 0;
  constexpr std::string_view kConnect = "(connect)\r\n";
  for (std::size_t at = said.find(kConnect); at != std::string::npos;
       at = said.find(kConnect, at + 1)) {
    ++count;
  }
  return count;
}

TEST_CASE("transactions to one server share a connection, as far as parameters let them") {
  const SpooledMessage one = test::message_of("Subject: x\n\none\n");
  const SpooledMessage two = test::message_of("Subject: x\n\ntwo\n");
  struct Row {
    std::string name = {};
    std::string value = {};
    std::size_t expected = 0;
  };
  const Row row = GENERATE(values<Row>({
      {"myhostname", "mx.example.test", 1},
      {"lmtp_connection_reuse_count_limit", "1", 2},
      {"lmtp_connection_cache_on_demand", "no", 4},
  }));
  INFO(row.name);
  Settings settings = lmtp_settings();
  settings.main_cf.set(row.name, {row.value, std::nullopt});
  CHECK(connections_for(settings, {"a", "b"}, {&one, &one, &two, &one}) == row.expected);
}

TEST_CASE("a message that is not small needs a connection that was made for it") {
  const std::string text(100'000, 'x');
  const SpooledMessage one = test::message_of("Subject: x\n\n" + text);
  const SpooledMessage two = test::message_of("Subject: y\n\n" + text);
  const SpooledMessage small = test::message_of("Subject: y\n\ny\n");
  const std::size_t expected = test::running_as_root() ? 2 : 1;
  CHECK(connections_for(lmtp_settings(), {"a"}, {&one, &one, &small, &two, &two, &small}) ==
        expected);
}

TEST_CASE("what a connection is asked for goes to another process whole") {
  CourierRequest request;
  request.transaction.sender = "s@example.org";
  request.transaction.size = 42;
  request.transaction.body = lmtp::BodyType::eight_bit_mime;
  request.transaction.return_content = lmtp::ReturnContent::headers;
  request.transaction.quoting = lmtp::Quoting::none;
  request.transaction.smtputf8 = false;
  request.transaction.envelope_id = "id";
  request.transaction.origin = {"name", "192.0.2.1", "25", "ESMTP", "helo", "3F2A", "LOCAL"};
  request.transaction.recipients = {{"a@x", "NEVER", "rfc822;a@x"}, {"b@x", "", ""}};
  request.prepended = "Return-Path: <>\n";
  request.content = std::string("a\0b", 3);
  const std::string bytes = encode_request(request);
  const auto back = decode_request(bytes);
  REQUIRE(back);
  CHECK(encode_request(*back) == bytes);
  CHECK(back->transaction.recipients[0].orcpt == "rfc822;a@x");
  CHECK(back->transaction.origin.domain == "LOCAL");
  CHECK(back->content == request.content);
  CHECK_FALSE(back->transaction.smtputf8);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_request(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decode_request(bytes + 'x'));
}

TEST_CASE("after the final dot a recipient without a reply has perhaps been delivered") {
  ServerScript script = server_script("ok");
  script.closes_at = ServerScript::Place::final_reply;
  script.replies_before = 1;
  Mailstore store(script);
  store.deliver(lmtp_settings(), job_to({"a1@x", "a2@x"}));
  CHECK(store.statuses()[0].outcome == DeliveryStatus::Outcome::delivered);
  CHECK(store.statuses()[1].outcome == DeliveryStatus::Outcome::deferred);
  CHECK(store.statuses()[1].perhaps_delivered);

  script.closes_at = ServerScript::Place::data;
  script.replies_before = 0;
  Mailstore early(script);
  early.deliver(lmtp_settings(), job_to({"a1@x"}));
  CHECK(early.statuses()[0].outcome == DeliveryStatus::Outcome::deferred);
  CHECK_FALSE(early.statuses()[0].perhaps_delivered);
}

TEST_CASE("after the final dot a reply that is none leaves it open who was delivered to") {
  ServerScript script = server_script("ok");
  script.before_finals = "saved it\r\n";
  Mailstore store(script);
  store.deliver(lmtp_settings(), job_to({"a1@x", "a2@x"}));
  for (const DeliveryStatus& status : store.statuses()) {
    CHECK(status.outcome == DeliveryStatus::Outcome::deferred);
    CHECK(status.perhaps_delivered);
  }
}

TEST_CASE("statuses go through a pipe whole, or everyone is deferred") {
  DeliveryStatus full;
  full.outcome = DeliveryStatus::Outcome::bounced;
  full.code = "5.1.1"_dsn;
  full.text = "no";
  full.diagnostic = "smtp; 550 no";
  full.remote_mta = "dns; x";
  full.relay = "x[/y]";
  full.perhaps_delivered = true;
  DeliveryStatus bare;
  bare.outcome = DeliveryStatus::Outcome::delivered;
  bare.code = "2.0.0"_dsn;
  bare.text = "250 ok";
  const std::string bytes = encode_statuses({full, bare});
  const auto back = decode_statuses(bytes, 2);
  REQUIRE(back.size() == 2);
  CHECK(back[0].outcome == full.outcome);
  CHECK(back[0].code == full.code);
  CHECK(back[0].text == full.text);
  CHECK(back[0].diagnostic == full.diagnostic);
  CHECK(back[0].remote_mta == full.remote_mta);
  CHECK(back[0].relay == full.relay);
  CHECK(back[0].perhaps_delivered);
  CHECK_FALSE(back[1].perhaps_delivered);
  CHECK(back[1].outcome == bare.outcome);
  CHECK_FALSE(back[1].diagnostic);

  const auto all_deferred = [](const std::vector<DeliveryStatus>& statuses, std::size_t count) {
    REQUIRE(statuses.size() == count);
    for (const DeliveryStatus& status : statuses) {
      CHECK(status.outcome == DeliveryStatus::Outcome::deferred);
    }
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    all_deferred(decode_statuses(bytes.substr(0, size), 2), 2);
  }
  all_deferred(decode_statuses(bytes, 3), 3);
  all_deferred(decode_statuses(bytes, 1), 1);
  all_deferred(decode_statuses(bytes + "x", 2), 2);
}

}  // namespace
}  // namespace lastmile
