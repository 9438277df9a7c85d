// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/session.h"

#include "tests/lmtpclient/transcript.h"
#include "tests/support/catch.h"

namespace lastmile::lmtp {
namespace {

using End = Transcript::End;

const std::string kHello = "220 ready\r\n250 server\r\n";
const std::string kPipelining = "220 ready\r\n250-server\r\n250 PIPELINING\r\n";
const std::string kMail = "250 2.1.0 sender ok\r\n";
const std::string kRcpt = "250 2.1.5 recipient ok\r\n";
const std::string kBad = "550 5.1.1 no such user\r\n";
const std::string kData = "354 go\r\n";
const std::string kSaved = "250 2.0.0 saved 0\r\n";
const std::string kDeferredMail =
    "deferred 4.4.2 lost connection with H while sending end of data -- message may be sent more "
    "than once\n";

TEST_CASE("every outcome has the words of Postfix, however the replies are cut") {
  struct Row {
    const char* name;
    const char* recipients;
    std::string server;
    End end;
    std::string outcomes;
  };
  const std::string refused =
      "rejected 5.1.1 host H said: 550 5.1.1 no such user (in reply to RCPT TO command)\n";
  const Row rows[] = {
      {"delivered", "a1", kHello + kMail + kRcpt + kData + kSaved, End::open,
       "delivered 2.0.0 250 2.0.0 saved 0\n"},
      {"one of each", "a1 bad1 soft1 late5 late4",
       kHello + kMail + kRcpt + kBad + "450 4.2.2 over quota\r\n" + kRcpt + kRcpt + kData + kSaved +
           "550 5.2.2 late reject\r\n450 4.2.1 late soft\r\n",
       End::open,
       "delivered 2.0.0 250 2.0.0 saved 0\n" + refused +
           "deferred 4.2.2 host H said: 450 4.2.2 over quota (in reply to RCPT TO command)\n"
           "rejected 5.2.2 host H said: 550 5.2.2 late reject (in reply to end of DATA command)\n"
           "deferred 4.2.1 host H said: 450 4.2.1 late soft (in reply to end of DATA command)\n"},
      {"all refused", "bad1 bad2", kHello + kMail + kBad + kBad + "250 reset\r\n", End::open,
       refused + refused},
      {"pipelining", "a1 bad1 late5",
       kPipelining + kMail + kRcpt + kBad + kRcpt + kData + kSaved + "550 5.2.2 late reject\r\n",
       End::open,
       "delivered 2.0.0 250 2.0.0 saved 0\n" + refused +
           "rejected 5.2.2 host H said: 550 5.2.2 late reject (in reply to end of DATA command)\n"},
      {"pipelining, all refused", "bad1 bad2",
       kPipelining + kMail + kBad + kBad + "503 5.5.1 no recipients\r\n250 reset\r\n", End::open,
       refused + refused},
      {"pipelining, all refused, and yet a 354", "bad1 bad2",
       kPipelining + kMail + kBad + kBad + kData + "250 saved\r\n221 bye\r\n", End::open,
       refused + refused},
      {"a refusal without enhanced code", "nodsn1", kHello + kMail + "552 too big\r\n250 r\r\n",
       End::open, "rejected 5.0.0 host H said: 552 too big (in reply to RCPT TO command)\n"},
      {"greeting 5xx", "a1", "554 5.3.2 go away\r\n", End::open,
       "deferred 4.3.2 host H refused to talk to me: 554 5.3.2 go away\n"},
      {"greeting 5xx without code", "a1", "554 go away\r\n", End::open,
       "deferred 4.0.0 host H refused to talk to me: 554 go away\n"},
      {"greeting 421", "a1", "421 4.3.2 busy\r\n", End::open,
       "deferred 4.3.2 host H refused to talk to me: 421 4.3.2 busy\n"},
      {"greeting 354", "a1", "354 go\r\n", End::open,
       "rejected 5.5.0 host H refused to talk to me: 354 go\n"},
      {"LHLO 5xx", "a1", "220 hi\r\n500 5.5.1 no\r\n", End::open,
       "rejected 5.5.1 host H refused to talk to me: 500 5.5.1 no\n"},
      {"LHLO 4xx", "a1", "220 hi\r\n451 4.3.0 wait\r\n", End::open,
       "deferred 4.3.0 host H refused to talk to me: 451 4.3.0 wait\n"},
      {"close", "a1", "", End::connection_lost,
       "deferred 4.4.2 lost connection with H while receiving the initial server greeting\n"},
      {"close in the middle of the greeting", "a1", "220-hi\r\n22", End::connection_lost,
       "deferred 4.4.2 lost connection with H while receiving the initial server greeting\n"},
      {"LHLO close", "a1", "220 hi\r\n", End::connection_lost,
       "deferred 4.4.2 lost connection with H while performing the LHLO handshake\n"},
      {"MAIL 4xx", "a1", kHello + "451 4.3.0 mail later\r\n250 reset\r\n", End::open,
       "deferred 4.3.0 host H said: 451 4.3.0 mail later (in reply to MAIL FROM command)\n"},
      {"MAIL 5xx", "a1 a2", kHello + "550 5.7.1 mail no\r\n250 reset\r\n", End::open,
       "rejected 5.7.1 host H said: 550 5.7.1 mail no (in reply to MAIL FROM command)\n"
       "rejected 5.7.1 host H said: 550 5.7.1 mail no (in reply to MAIL FROM command)\n"},
      {"MAIL 5xx, pipelining", "a1",
       kPipelining + "550 5.7.1 mail no\r\n503 5.5.1 no sender\r\n503 5.5.1 no\r\n250 reset\r\n",
       End::open,
       "rejected 5.7.1 host H said: 550 5.7.1 mail no (in reply to MAIL FROM command)\n"},
      {"MAIL close", "a1", kHello, End::connection_lost,
       "deferred 4.4.2 lost connection with H while sending MAIL FROM\n"},
      {"MAIL close, pipelining", "a1", kPipelining, End::connection_lost,
       "deferred 4.4.2 lost connection with H while sending MAIL FROM\n"},
      {"RCPT close", "a1 a2", kHello + kMail + kRcpt, End::connection_lost,
       "deferred 4.4.2 lost connection with H while sending RCPT TO\n"
       "deferred 4.4.2 lost connection with H while sending RCPT TO\n"},
      {"RCPT 421", "a1 a2 a3", kHello + kMail + kRcpt + "421 4.3.2 closing\r\n",
       End::connection_lost,
       "deferred 4.4.2 lost connection with H while sending RCPT TO\n"
       "deferred 4.3.2 host H said: 421 4.3.2 closing (in reply to RCPT TO command)\n"
       "deferred 4.4.2 lost connection with H while sending RCPT TO\n"},
      {"RCPT 354", "a1 a2", kHello + kMail + "354 hm\r\n" + kRcpt + kData + kSaved, End::open,
       "rejected 5.5.0 host H said: 354 hm (in reply to RCPT TO command)\n"
       "delivered 2.0.0 250 2.0.0 saved 0\n"},
      {"DATA close", "a1", kHello + kMail + kRcpt, End::connection_lost,
       "deferred 4.4.2 lost connection with H while sending DATA command\n"},
      {"DATA 4xx", "a1", kHello + kMail + kRcpt + "451 4.3.0 data later\r\n250 reset\r\n",
       End::open, "deferred 4.3.0 host H said: 451 4.3.0 data later (in reply to DATA command)\n"},
      {"DATA 5xx", "a1 bad1", kHello + kMail + kRcpt + kBad + "554 5.5.1 data no\r\n250 reset\r\n",
       End::open,
       "rejected 5.5.1 host H said: 554 5.5.1 data no (in reply to DATA command)\n" + refused},
      {"DATA 250", "a1", kHello + kMail + kRcpt + "250 2.0.0 what\r\n250 reset\r\n", End::open,
       "rejected 5.5.0 Protocol error: host H said: 250 2.0.0 what (in reply to DATA command)\n"},
      {"close after the dot", "a1 a2", kHello + kMail + kRcpt + kRcpt + kData, End::connection_lost,
       kDeferredMail + kDeferredMail},
      {"close after the first final reply", "a1 a2 a3",
       kHello + kMail + kRcpt + kRcpt + kRcpt + kData + kSaved, End::connection_lost,
       "delivered 2.0.0 250 2.0.0 saved 0\n" + kDeferredMail + kDeferredMail},
      {"close in the middle of a final reply", "a1", kHello + kMail + kRcpt + kData + "250 2.0.0",
       End::connection_lost, kDeferredMail},
      {"final 3xx", "a1", kHello + kMail + kRcpt + kData + "300 hm\r\n", End::open,
       "rejected 5.5.0 host H said: 300 hm (in reply to end of DATA command)\n"},
      {"an extra final reply", "a1", kHello + kMail + kRcpt + kData + kSaved + kSaved, End::open,
       "delivered 2.0.0 250 2.0.0 saved 0\n"},
      {"one final reply for all", "a1 a2", kHello + kMail + kRcpt + kRcpt + kData + kSaved,
       End::deadline_passed,
       "delivered 2.0.0 250 2.0.0 saved 0\n"
       "deferred 4.4.2 conversation with H timed out while sending end of data -- message may be "
       "sent more than once\n"},
      {"no greeting in time", "a1", "", End::deadline_passed,
       "deferred 4.4.2 conversation with H timed out while receiving the initial server "
       "greeting\n"},
      {"no reply to MAIL in time", "a1", kHello, End::deadline_passed,
       "deferred 4.4.2 conversation with H timed out while sending MAIL FROM\n"},
      {"noise before a reply", "a1",
       "hello\r\n" + kHello + kMail + kRcpt + kData + "DEBUG\r\n" + kSaved, End::open,
       "delivered 2.0.0 DEBUG 250 2.0.0 saved 0\n"},
      {"noise while several replies are awaited", "a1 a2",
       kHello + kMail + kRcpt + kRcpt + kData + "DEBUG\r\n" + kSaved + kSaved, End::open,
       "deferred 4.5.0 Protocol error: host H said: DEBUG 250 2.0.0 saved 0 (in reply to end of "
       "DATA command)\n"
       "deferred 4.5.0 Protocol error: host H said: DEBUG 250 2.0.0 saved 0 (in reply to end of "
       "DATA command)\n"},
      {"replies of several lines", "a1 a2",
       "220-a\r\n220 b\r\n250-server\r\n250 X\r\n" + kMail + "250-a\r\n250 b\r\n" + kRcpt + kData +
           "250-first\r\n250 2.0.0 second\r\n250-5.1.1 x\r\n450 nope\r\n",
       End::open,
       "delivered 2.0.0 250-first 250 2.0.0 second\n"
       "deferred 4.0.0 host H said: 250-5.1.1 x 450 nope (in reply to end of DATA command)\n"},
      {"nothing yet", "a1", kHello + kMail, End::open, "pending\n"},
      {"no recipients", "", kHello, End::open, ""},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(play_all_cuts({row.server, row.end, transaction_for(row.recipients)}).outcomes ==
          row.outcomes);
  }
}

TEST_CASE("the client says what the server offers, and nothing else") {
  struct Row {
    const char* name;
    std::string server;
    std::string output;
  };
  const std::string hello = "LHLO client.test\r\n";
  const std::string start = hello + "MAIL FROM:<s@l.test>\r\n";
  const std::string message = "DATA\r\nSubject: x\r\n\r\n..\r\n.\r\n";
  const Row rows[] = {
      {"delivered", kHello + kMail + kRcpt + kRcpt + kData + kSaved + kSaved,
       start + "RCPT TO:<a1@l.test>\r\nRCPT TO:<a2@l.test>\r\n" + message},
      {"pipelining", kPipelining + kMail + kRcpt + kRcpt + kData + kSaved + kSaved,
       start + "RCPT TO:<a1@l.test>\r\nRCPT TO:<a2@l.test>\r\n" + message},
      {"all refused", kHello + kMail + kBad + kBad + "250 reset\r\n",
       start + "RCPT TO:<a1@l.test>\r\nRCPT TO:<a2@l.test>\r\nRSET\r\n"},
      {"sender refused", kHello + "550 no\r\n250 reset\r\n", start + "RSET\r\n"},
      {"sender refused, pipelining",
       kPipelining + "550 no\r\n503 no\r\n503 no\r\n503 no\r\n250 r\r\n",
       start + "RCPT TO:<a1@l.test>\r\nRCPT TO:<a2@l.test>\r\nDATA\r\nRSET\r\n"},
      {"354 for nobody", kPipelining + kMail + kBad + kBad + kData,
       start + "RCPT TO:<a1@l.test>\r\nRCPT TO:<a2@l.test>\r\nDATA\r\n.\r\nQUIT\r\n"},
      {"refused", "554 no\r\n", "QUIT\r\n"},
      {"421", "421 no\r\n", ""},
      {"not one command before its turn", "220 hi\r\n", "LHLO client.test\r\n"},
      {"protocol trouble ends the session", kHello + "500 what\r\n250 reset\r\n",
       start + "RSET\r\nQUIT\r\n"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(play_all_cuts({row.server, End::open, transaction_for("a1 a2")}).output == row.output);
  }
}

TEST_CASE("a server is told where a message comes from, as far as it wants to know") {
  Transcript transcript;
  transcript.transaction = transaction_for("a1");
  transcript.transaction.origin = {"mx.test", "192.0.2.1", "unknown", "ESMTP", "", "Q 1", "LOCAL"};
  transcript.options.send_xforward = true;
  struct Row {
    const char* offers;
    const char* replies;  ///< To XFORWARD.
    const char* commands;
  };
  const Row rows[] = {
      {"XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE", "250 ok\r\n250 ok\r\n",
       "XFORWARD NAME=mx.test ADDR=192.0.2.1\r\nXFORWARD PROTO=ESMTP IDENT=Q+201 SOURCE=LOCAL\r\n"},
      {"XFORWARD addr", "501 5.5.4 no\r\n", "XFORWARD ADDR=192.0.2.1\r\n"},
      {"XFORWARD HELO IDENT", "250 ok\r\n", "XFORWARD IDENT=Q+201\r\n"},
      {"XFORWARD HELO", "", ""},
      {"SIZE", "", ""},
  };
  for (const Row& row : rows) {
    INFO(row.offers);
    transcript.server = "220 ready\r\n250-server\r\n250 " + std::string(row.offers) + "\r\n" +
                        row.replies + kMail + kRcpt + kData + kSaved;
    const Played played = play_all_cuts(transcript);
    CHECK(played.outcomes == "delivered 2.0.0 250 2.0.0 saved 0\n");
    CHECK(played.output.find("LHLO client.test\r\n" + std::string(row.commands) + "MAIL") == 0);
  }
  transcript.server = "220 ready\r\n250-server\r\n250 XFORWARD IDENT\r\n";
  transcript.end = End::connection_lost;
  CHECK(play_all_cuts(transcript).outcomes ==
        "deferred 4.4.2 lost connection with H while sending XFORWARD protocol/helo_name\n");
}

TEST_CASE("mail does not go to this host itself") {
  Transcript transcript;
  transcript.transaction = transaction_for("a1");
  transcript.options.own_name = "Client.Test";
  transcript.options.loop_text = "mail for h loops back to myself";
  transcript.server = "220 client.test\r\n250 client.test\r\n221 bye\r\n";
  CHECK(play_all_cuts(transcript).outcomes == "rejected 5.4.6 mail for h loops back to myself\n");
}

TEST_CASE("a filter changes what a server says, line by line") {
  Transcript transcript;
  transcript.transaction = transaction_for("a1 a2");
  transcript.options.reply_filter = [](std::string_view line) -> FilteredLine {
    return line == "550 5.1.1 no such user" ? FilteredLine{.text = "450 4.1.1 not yet"}
           : line == "250-SIZE 1"           ? FilteredLine{.text = "250-X"}
           : line == "450 4.3.0 fail"       ? FilteredLine{.failed = true}
                                            : FilteredLine{};
  };
  transcript.server = "220 ready\r\n250-server\r\n250-SIZE 1\r\n250 DSN\r\n" + kMail + kRcpt +
                      kBad + kData + kSaved;
  CHECK(play_all_cuts(transcript).outcomes ==
        "delivered 2.0.0 250 2.0.0 saved 0\n"
        "deferred 4.1.1 host H said: 450 4.1.1 not yet (in reply to RCPT TO command)\n");
  transcript.server = kHello + kMail + kRcpt + "450 4.3.0 fail\r\n";
  CHECK(play_all_cuts(transcript).outcomes ==
        "deferred 4.3.0 local data error while talking to H\n"
        "deferred 4.3.0 local data error while talking to H\n");
}

TEST_CASE("HELO is said where EHLO is not wanted") {
  struct Row {
    Hello hello;
    const char* greeting;
    const char* command;
  };
  const Row rows[] = {
      {Hello::ehlo, "220 ready", "EHLO"},
      {Hello::helo, "220 ready ESMTP", "HELO"},
      {Hello::by_greeting, "220 ready", "HELO"},
      {Hello::by_greeting, "220 h esmtp Postfix", "EHLO"},
      {Hello::by_greeting, "220-h\r\n220 x ESMTP", "EHLO"},
  };
  for (const Row& row : rows) {
    INFO(row.greeting);
    Transcript transcript;
    transcript.options.dialect = Dialect::smtp;
    transcript.options.hello = row.hello;
    transcript.transaction = transaction_for("a1");
    transcript.server =
        std::string(row.greeting) + "\r\n250 h\r\n" + kMail + kRcpt + kData + kSaved;
    CHECK(play_all_cuts(transcript).output.substr(0, 4) == row.command);
  }
}

TEST_CASE("a probe stops before DATA") {
  const std::string replies = kMail + kRcpt + kBad + "250 reset\r\n";
  for (const std::string& hello : {kHello, kPipelining}) {
    Transcript transcript{hello + replies, End::open, transaction_for("a1 bad1")};
    transcript.transaction.probe = true;
    const Played played = play_all_cuts(transcript);
    CHECK(played.outcomes ==
          "accepted 2.1.5 250 2.1.5 recipient ok\n"
          "rejected 5.1.1 host H said: 550 5.1.1 no such user (in reply to RCPT TO command)\n");
    CHECK(played.output ==
          "LHLO client.test\r\nMAIL FROM:<s@l.test>\r\nRCPT TO:<a1@l.test>\r\n"
          "RCPT TO:<bad1@l.test>\r\nRSET\r\n");
    CHECK(played.phase == Phase::idle);
  }
}

std::string mail_line(const std::string& announced, Transaction transaction) {
  if (transaction.recipients.empty()) {
    transaction.recipients.push_back({"a1@l.test", "", ""});
  }
  const Played played =
      play_all_cuts({"220 hi\r\n250-server\r\n" + announced + kMail, End::open, transaction});
  const std::size_t mail = played.output.find("MAIL");
  return mail == std::string::npos ? played.outcomes : played.output.substr(mail);
}

TEST_CASE("MAIL and RCPT carry what the server offers") {
  Transaction plain;
  plain.sender = "s@x";
  plain.size = 1234;
  CHECK(mail_line("250 X\r\n", plain) == "MAIL FROM:<s@x>\r\nRCPT TO:<a1@l.test>\r\n");
  CHECK(mail_line("250-8BITMIME\r\n250 SIZE\r\n", plain)
            .starts_with("MAIL FROM:<s@x> SIZE=1234\r\n"));
  // The message might be converted, and become longer.
  CHECK(mail_line("250 SIZE\r\n", plain).starts_with("MAIL FROM:<s@x>\r\n"));

  Transaction full = plain;
  full.body = BodyType::eight_bit_mime;
  full.envelope_id = "id+1";
  full.return_content = ReturnContent::headers;
  full.recipients = {{"a1@l.test", "SUCCESS,FAILURE", "rfc822;a b@l.test"}, {"a2@l.test", "", ""}};
  CHECK(mail_line("250-8BITMIME\r\n250-DSN\r\n250 PIPELINING\r\n", full) ==
        "MAIL FROM:<s@x> BODY=8BITMIME ENVID=id+2B1 RET=HDRS\r\n"
        "RCPT TO:<a1@l.test> ORCPT=rfc822;a+20b@l.test NOTIFY=SUCCESS,FAILURE\r\n"
        "RCPT TO:<a2@l.test>\r\nDATA\r\n");
  CHECK(mail_line("250 PIPELINING\r\n", full) ==
        "MAIL FROM:<s@x>\r\nRCPT TO:<a1@l.test>\r\nRCPT TO:<a2@l.test>\r\nDATA\r\n");
  plain.size = 99;
  CHECK(*mail_command(plain, read_capabilities({"x", "SIZE"}, {}), EightBit::kept) ==
        "MAIL FROM:<s@x> SIZE=99");
  full.body = BodyType::seven_bit;
  CHECK(mail_line("250-8BITMIME\r\n250 SIZE\r\n", full)
            .starts_with("MAIL FROM:<s@x> SIZE=1234 BODY=7BIT\r\n"));
  CHECK(mail_line("250 SIZE\r\n", full).starts_with("MAIL FROM:<s@x> SIZE=1234\r\n"));

  Transaction null_sender;
  CHECK(mail_line("250 X\r\n", null_sender).starts_with("MAIL FROM:<>\r\n"));
}

TEST_CASE("a message that the server says it cannot take is not offered") {
  Transaction transaction = transaction_for("a1");
  transaction.size = 101;
  CHECK(mail_line("250 SIZE 100\r\n", transaction) ==
        "rejected 5.3.4 message size 101 exceeds size limit 100 of server H\n");
  transaction.size = 100;
  CHECK(mail_line("250 SIZE 100\r\n", transaction).starts_with("MAIL"));
}

TEST_CASE("an address beyond ASCII needs SMTPUTF8") {
  const Transaction transaction = transaction_for("j\xc3\xbcrgen");
  CHECK(
      mail_line("250 SMTPUTF8\r\n", transaction).starts_with("MAIL FROM:<s@l.test> SMTPUTF8\r\n"));
  CHECK(mail_line("250 8BITMIME\r\n", transaction) ==
        "rejected 5.6.7 SMTPUTF8 is required, but was not offered by host H\n");
  Transaction as_it_is = transaction;
  as_it_is.smtputf8 = false;
  CHECK(mail_line("250 SMTPUTF8\r\n", as_it_is).starts_with("MAIL FROM:<s@l.test>\r\n"));
}

TEST_CASE("an address that no command can carry is refused alone") {
  Transaction transaction = transaction_for("a1 a2");
  transaction.recipients[0].address = "a1@l.test>\r\nRSET";
  const Played played =
      play_all_cuts({kHello + kMail + kRcpt + kData + kSaved, End::open, transaction});
  CHECK(played.outcomes ==
        "rejected 5.1.3 bad address syntax\ndelivered 2.0.0 250 2.0.0 saved 0\n");
  CHECK(played.output.find("RSET") == std::string::npos);
  transaction.sender = "s\n@x";
  CHECK(play_all_cuts({kHello, End::open, transaction}).outcomes ==
        "rejected 5.1.7 bad sender address syntax\nrejected 5.1.7 bad sender address syntax\n");
}

TEST_CASE("discarded extensions are not used") {
  Transcript transcript{kPipelining, End::open, transaction_for("a1")};
  transcript.options.discard_keywords = {"pipelining"};
  CHECK(play_all_cuts(transcript).output == "LHLO client.test\r\nMAIL FROM:<s@l.test>\r\n");
}

TEST_CASE("a 5xx greeting is taken at its word when it is not to be skipped") {
  Transcript transcript{"554 5.3.2 closed\r\n", End::open, transaction_for("a1")};
  transcript.options.skip_5xx_greeting = false;
  CHECK(play_all_cuts(transcript).outcomes ==
        "rejected 5.3.2 host H refused to talk to me: 554 5.3.2 closed\n");
}

/// Plays a session with TLS: what the server says before the handshake, how that ends, and what it
/// says afterwards, all in pieces of `piece` octets.
std::string play_tls(Session& session, std::string_view before, TlsResult result,
                     std::string_view after, std::size_t piece) {
  std::string output;
  const auto flush = [&] {
    while (!session.output().empty() || session.wants_content()) {
      if (session.output().empty()) {
        session.end_of_content();
      }
      output += session.output();
      session.sent(session.output().size());
    }
  };
  const auto say = [&](std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
      session.received(text.substr(0, piece));
      flush();
    }
  };
  session.begin(transaction_for("a1"));
  say(before);
  if (session.wants_tls()) {
    CHECK(session.phase() == Phase::starttls);
    CHECK(session.output().empty());
    output += "(TLS)";
    session.tls_done(result);
    flush();
    say(after);
  }
  return output + '|' + line(session.outcomes()[0]);
}

TEST_CASE("STARTTLS, and what may go wrong with it") {
  using enum TlsResult;
  const std::string offer = "220 hi\r\n250-s\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
  const std::string hello = "250-s\r\n250 SIZE\r\n";
  const std::string rest = kMail + kRcpt + kData + kSaved;
  const std::string lhlo = "LHLO client.test\r\n";
  const std::string mail = "MAIL FROM:<s@l.test>\r\nRCPT TO:<a1@l.test>\r\nDATA\r\n.\r\n";
  const std::string saved = "|delivered 2.0.0 250 2.0.0 saved 0";
  struct Row {
    const char* name;
    TlsUse use;
    std::string before;
    TlsResult result;
    std::string after;
    std::string played;
  };
  const Row rows[] = {
      {"delivered", TlsUse::required, offer + "220 go\r\n", established, hello + rest,
       lhlo + "STARTTLS\r\n(TLS)" + lhlo + mail + saved},
      {"what is said in front of the handshake is not heard", TlsUse::required,
       offer + "220 go\r\n250 injected\r\n250 injected\r\n550 no\r\n", established, hello + rest,
       lhlo + "STARTTLS\r\n(TLS)" + lhlo + mail + saved},
      {"what was announced in the clear is forgotten", TlsUse::may,
       "220 hi\r\n250-s\r\n250-SIZE 1\r\n250 STARTTLS\r\n220 go\r\n", established,
       "250 s\r\n" + rest, lhlo + "STARTTLS\r\n(TLS)" + lhlo + mail + saved},
      {"the server is somebody else", TlsUse::required, offer + "220 go\r\n", not_verified,
       "221 bye\r\n",
       lhlo + "STARTTLS\r\n(TLS)QUIT\r\n|deferred 4.7.5 Server certificate not verified"},
      {"no handshake", TlsUse::required, offer + "220 go\r\n", failed, "",
       lhlo + "STARTTLS\r\n(TLS)|deferred 4.7.5 Cannot start TLS: handshake failure"},
      {"refused, and required", TlsUse::required, offer + "454 4.7.0 later\r\n221 bye\r\n", failed,
       "",
       lhlo + "STARTTLS\r\nQUIT\r\n|deferred 4.7.0 TLS is required, but host H refused to start "
              "TLS: 454 4.7.0 later"},
      {"refused for good, and required", TlsUse::required, offer + "554 5.7.3 no\r\n221 bye\r\n",
       failed, "",
       lhlo + "STARTTLS\r\nQUIT\r\n|rejected 5.7.3 TLS is required, but host H refused to start "
              "TLS: 554 5.7.3 no"},
      {"refused, and no need", TlsUse::may,
       "220 hi\r\n250-s\r\n250 STARTTLS\r\n454 4.7.0 later\r\n" + rest, failed, "",
       lhlo + "STARTTLS\r\n" + mail + saved},
      {"not offered, and no need", TlsUse::may, kHello + rest, failed, "", lhlo + mail + saved},
      {"wrapped", TlsUse::wrapped, "", established, kHello + rest, "(TLS)" + lhlo + mail + saved},
      {"wrapped, and no handshake", TlsUse::wrapped, "", failed, "",
       "(TLS)|deferred 4.7.5 Cannot start TLS: handshake failure"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
      // In one piece what follows a command stands there before it was sent: only what TLS changes
      // is cut there.
      const bool shakes_hands = row.played.find("(TLS)") != std::string::npos;
      if (piece == 4096 && (row.use == TlsUse::may || !shakes_hands)) {
        continue;
      }
      SessionOptions options{.tls = row.use, .can_start_tls = true, .lhlo_name = "client.test"};
      Session session(options);
      CHECK(play_tls(session, row.before, row.result, row.after, piece) == row.played);
    }
  }
}

/// A login whose answers tell what it was asked.
class SpokenLogin final : public Login {
 public:
  explicit SpokenLogin(std::string first) : first_(std::move(first)) {}
  std::vector<std::string> usable(const std::vector<std::string>& offered) override {
    return offered;
  }
  Answer begin(const std::vector<std::string>& mechanisms, Protection protection) override {
    if (first_ == "fails") {
      return {{}, {}, "no mechanism available"};
    }
    const char* const level = protection == Protection::verified    ? "-VERIFIED"
                              : protection == Protection::encrypted ? "-ENCRYPTED"
                                                                    : "";
    return {mechanisms.front() + level, first_, {}};
  }
  Answer answer(std::string_view challenge) override {
    return challenge == "bad" ? Answer{{}, {}, "bad protocol / cancel"}
                              : Answer{{}, "re-" + std::string(challenge), {}};
  }

 private:
  std::string first_;
};

TEST_CASE("AUTH, and what may go wrong with it") {
  const std::string offer = "220 hi\r\n250-s\r\n250 AUTH PLAIN\r\n";
  const std::string lhlo = "LHLO client.test\r\n";
  const std::string mail = "MAIL FROM:<s@l.test>\r\nRCPT TO:<a1@l.test>\r\nDATA\r\n.\r\n";
  const std::string rest = kMail + kRcpt + kData + kSaved;
  const std::string saved = "|delivered 2.0.0 250 2.0.0 saved 0";
  const std::string failed = "|deferred 4.7.0 SASL authentication failed; ";
  const std::string long_response(600, 'x');
  std::string loop = offer;
  for (int i = 0; i <= 101; ++i) {
    loop += "334 c\r\n";
  }
  struct Row {
    const char* name;
    std::string first;
    std::string server;
    std::string played;  ///< How it ends.
  };
  const Row rows[] = {
      {"at once", "first", offer + "235 2.7.0 ok\r\n" + rest,
       lhlo + "AUTH PLAIN first\r\n" + mail + saved},
      {"with challenges", "", offer + "334 one\r\n334 two\r\n235 ok\r\n" + rest,
       lhlo + "AUTH PLAIN\r\nre-one\r\nre-two\r\n" + mail + saved},
      {"an empty challenge", "", offer + "334 \r\n235 ok\r\n" + rest,
       lhlo + "AUTH PLAIN\r\nre-\r\n" + mail + saved},
      {"too long for the command", long_response, offer + "334 \r\n235 ok\r\n" + rest,
       lhlo + "AUTH PLAIN\r\n" + long_response + "\r\n" + mail + saved},
      {"both go first", long_response, offer + "334 me\r\n221 bye\r\n",
       lhlo + "AUTH PLAIN\r\nQUIT\r\n" + failed +
           "non-empty initial PLAIN challenge from server H"},
      {"no mechanism that may be used", "fails", offer + "221 bye\r\n",
       lhlo + "QUIT\r\n" + failed + "cannot authenticate to server H: no mechanism available"},
      {"no mechanism at all", "x", "220 hi\r\n250-s\r\n250 AUTH\r\n221 bye\r\n",
       lhlo + "QUIT\r\n|deferred 4.7.0 SASL authentication failed: server H offered no compatible "
              "authentication mechanisms for this type of connection security"},
      {"not offered", "x", kHello + rest, lhlo + mail + saved},
      {"a challenge that makes no sense", "", offer + "334 bad\r\n221 bye\r\n",
       lhlo + "AUTH PLAIN\r\nQUIT\r\n" + failed +
           "cannot authenticate to server H: bad protocol / cancel"},
      {"refused", "x", offer + "535 5.7.8 who\r\n221 bye\r\n",
       lhlo + "AUTH PLAIN x\r\nQUIT\r\n|deferred 4.7.8 SASL authentication failed; server H said: "
              "535 5.7.8 who"},
      {"refused for now", "x", offer + "454 4.7.0 later\r\n221 bye\r\n",
       lhlo + "AUTH PLAIN x\r\nQUIT\r\n" + failed + "server H said: 454 4.7.0 later"},
      {"without end", "", loop + "221 bye\r\n",
       "re-c\r\nQUIT\r\n|deferred 4.3.0 SASL authentication failed; authentication protocol loop "
       "with server H"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
      SessionOptions options{.login = std::make_shared<SpokenLogin>(row.first),
                             .lhlo_name = "client.test"};
      Session session(options);
      const std::string played = play_tls(session, row.server, TlsResult::failed, "", piece);
      CHECK(played.ends_with(row.played));
      CHECK((row.name == std::string("without end") || played == row.played));
    }
  }
  const auto first_lines = [&](TlsResult result) {
    SessionOptions options{.tls = TlsUse::required,
                           .can_start_tls = true,
                           .login = std::make_shared<SpokenLogin>("x"),
                           .lhlo_name = "client.test"};
    Session session(options);
    const std::string hello = "220 hi\r\n250-s\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n220 go\r\n";
    return play_tls(session, hello, result, "250-s\r\n250 AUTH LOGIN\r\n", 1);
  };
  CHECK_THAT(first_lines(TlsResult::verified),
             Catch::Contains("(TLS)" + lhlo + "AUTH LOGIN-VERIFIED x"));
  CHECK_THAT(first_lines(TlsResult::established),
             Catch::Contains("(TLS)" + lhlo + "AUTH LOGIN-ENCRYPTED x"));
}

TEST_CASE("nothing is sent in the clear where TLS is required") {
  struct Row {
    const char* name;
    TlsUse tls;
    Dialect dialect;
    const char* discarded;
    std::string server;
    std::string outcomes;
    std::string output;
  };
  const std::string not_offered = "deferred 4.7.4 TLS is required, but was not offered by host H\n";
  const std::string unavailable =
      "deferred 4.7.5 TLS is required, but our TLS engine is unavailable\n";
  const std::string offer = "220 ready\r\n250-server\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
  const std::string lhlo = "LHLO client.test\r\n";
  const Row rows[] = {
      {"not offered", TlsUse::required, Dialect::lmtp, "", kHello + "221 bye\r\n", not_offered,
       lhlo + "QUIT\r\n"},
      {"offered", TlsUse::required, Dialect::lmtp, "", offer + "221 bye\r\n", unavailable,
       lhlo + "QUIT\r\n"},
      {"offered and discarded", TlsUse::required, Dialect::lmtp, "starttls", offer + "221 bye\r\n",
       not_offered, lhlo + "QUIT\r\n"},
      {"a server without EHLO", TlsUse::required, Dialect::smtp, "",
       "220 ready\r\n500 what\r\n250 server\r\n221 bye\r\n", not_offered,
       "EHLO client.test\r\nHELO client.test\r\nQUIT\r\n"},
      {"wrapped", TlsUse::wrapped, Dialect::lmtp, "", "", unavailable, ""},
      {"wrapped, and a server that speaks plainly", TlsUse::wrapped, Dialect::lmtp, "", kHello,
       unavailable, ""},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Transcript transcript{row.server, End::open, transaction_for("a1")};
    transcript.options.tls = row.tls;
    transcript.options.dialect = row.dialect;
    transcript.options.discard_keywords = {row.discarded};
    const Played played = play_all_cuts(transcript);
    CHECK(played.outcomes == row.outcomes);
    CHECK(played.phase == Phase::closed);
    // What was sent shows when the server answers one line after the other.
    std::vector<std::string_view> lines;
    for (std::string_view rest = row.server; !rest.empty();) {
      lines.push_back(rest.substr(0, rest.find('\n') + 1));
      rest.remove_prefix(lines.back().size());
    }
    CHECK(play(transcript, lines).output == row.output);
  }
}

TEST_CASE("SMTP has EHLO, HELO behind it, and one final reply for all") {
  Transcript transcript{kPipelining + kMail + kRcpt + kBad + kRcpt + kData + kSaved, End::open,
                        transaction_for("a1 bad1 a2")};
  transcript.options.dialect = Dialect::smtp;
  CHECK(play_all_cuts(transcript).outcomes ==
        "delivered 2.0.0 250 2.0.0 saved 0\n"
        "rejected 5.1.1 host H said: 550 5.1.1 no such user (in reply to RCPT TO command)\n"
        "delivered 2.0.0 250 2.0.0 saved 0\n");

  transcript.server = "220 hi\r\n502 what\r\n250 SIZE 1\r\n" + kMail + kRcpt + kRcpt + kRcpt +
                      kData + "452 4.3.1 full\r\n";
  const Played old_server = play_all_cuts(transcript);
  CHECK(old_server.output.starts_with("EHLO client.test\r\nHELO client.test\r\nMAIL FROM:"));
  const std::string full =
      "deferred 4.3.1 host H said: 452 4.3.1 full (in reply to end of DATA command)\n";
  CHECK(old_server.outcomes == full + full + full);

  transcript.server = "220 hi\r\n502 what\r\n500 5.5.1 no\r\n";
  CHECK(play_all_cuts(transcript)
            .outcomes.starts_with("rejected 5.5.1 host H refused to talk to me: 500 5.5.1 no\n"));
}

/// A session that has been asked for content, with all output taken.
class AtContent {
 public:
  explicit AtContent(const std::string& recipients, SessionOptions options = {.lhlo_name = "c"})
      : session_(std::move(options)) {
    session_.begin(transaction_for(recipients));
    for (const std::string& reply : {kPipelining, kMail}) {
      session_.received(reply);
      take_output();
    }
    for (std::size_t i = 0; i < session_.outcomes().size(); ++i) {
      session_.received(kRcpt);
    }
    session_.received(kData);
    REQUIRE(session_.wants_content());
    REQUIRE(session_.phase() == Phase::content);
  }

  void take_output() { session_.sent(session_.output().size()); }
  Session& operator*() { return session_; }
  Session* operator->() { return &session_; }

 private:
  Session session_;
};

std::string lines(const Session& session) {
  std::string result;
  for (const RecipientOutcome& outcome : session.outcomes()) {
    result += line(outcome) + '\n';
  }
  return result;
}

TEST_CASE("a connection that is lost in the body is a deferral") {
  AtContent session("a1 a2");
  session->content("Subject: x\n");
  session.take_output();
  session->connection_lost("Connection reset by peer");
  const std::string lost = "deferred 4.4.2 lost connection with H while sending message body\n";
  CHECK(lines(*session) == lost + lost);
  CHECK(session->phase() == Phase::closed);
}

TEST_CASE("a refusal that came before the connection was lost in the body counts") {
  AtContent session("a1 a2");
  session->content("Subject: x\n");
  session->received("552 5.3.4 too big\r\n");
  CHECK(lines(*session) == "pending\npending\n");
  session->connection_lost("Broken pipe");
  const std::string big =
      "rejected 5.3.4 host H said: 552 5.3.4 too big (in reply to end of DATA command)\n";
  CHECK(lines(*session) == big + big);
}

TEST_CASE("a success that came before the dot is no delivery") {
  AtContent session("a1");
  session->content("Subject: x\n");
  session->received("250 2.0.0 saved\r\n");
  session->connection_lost("");
  CHECK(lines(*session) == "deferred 4.4.2 lost connection with H while sending message body\n");
}

TEST_CASE("the dot counts as sent when its last octet is") {
  AtContent session("a1");
  session->content("x\n");
  session->end_of_content();
  CHECK(session->output() == "x\r\n.\r\n");
  session->sent(session->output().size() - 1);
  CHECK(session->phase() == Phase::content);
  SECTION("lost before") {
    session->connection_lost("");
    CHECK(lines(*session) == "deferred 4.4.2 lost connection with H while sending message body\n");
  }
  SECTION("lost after") {
    session->sent(1);
    CHECK(session->phase() == Phase::final_replies);
    session->connection_lost("");
    CHECK(lines(*session) == kDeferredMail);
  }
}

TEST_CASE("content that cannot be read is never completed") {
  AtContent session("a1");
  session->content("x\n");
  session->abandon("error reading message: Input/output error");
  CHECK(session->output().empty());
  CHECK(session->phase() == Phase::closed);
  CHECK(lines(*session) == "deferred 4.3.0 local data error while talking to H\n");
}

TEST_CASE("8-bit content is converted for a server without 8BITMIME") {
  const auto wire = [](bool converts, const std::string& hello, BodyType body) {
    Transcript transcript{hello + kMail + kRcpt + kData + kSaved, End::open, transaction_for("a1")};
    transcript.content = "Content-Transfer-Encoding: 8bit\n\n\xc3\xbc\n";
    transcript.options.convert_eight_bit = converts;
    transcript.transaction.body = body;
    const std::string output = play_all_cuts(transcript).output;
    return output.substr(output.find("Content-Transfer-Encoding"));
  };
  const std::string as_it_is = "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xbc\r\n.\r\n";
  const std::string has_8bitmime = "220 hi\r\n250-server\r\n250 8BITMIME\r\n";
  CHECK(wire(true, kHello, BodyType::undeclared) ==
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n.\r\n");
  CHECK(wire(true, has_8bitmime, BodyType::undeclared) == as_it_is);
  CHECK(wire(false, kHello, BodyType::undeclared) == as_it_is);
  CHECK(wire(true, kHello, BodyType::seven_bit) == as_it_is);
}

TEST_CASE("a header that the conversion has made is not for the checks of MIME headers") {
  Transcript transcript{kHello + kMail + kRcpt + kData + kSaved, End::open, transaction_for("a1")};
  transcript.content =
      "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\nContent-Type: multipart/mixed; "
      "boundary=b\n\n--b\nContent-Transfer-Encoding: 8bit\n\n\xc3\xbc\n--b--\n";
  transcript.options.content_rules.header = [](HeaderClass header_class, std::string_view header,
                                               std::string& result) {
    result += header_class == HeaderClass::primary ? "Primary: " : "Mime: ";
    result.append(header).append("\n");
    return true;
  };
  const std::string output = play_all_cuts(transcript).output;
  CHECK(output.find("Primary: Content-Transfer-Encoding: 7bit\r\n") != std::string::npos);
  CHECK(output.find("Mime: Content-Transfer-Encoding: quoted-printable\r\n") != std::string::npos);
  CHECK(output.find("Mime: MIME-Version: 1.0\r\n") != std::string::npos);
}

TEST_CASE("content is asked for only while the buffer has room") {
  SessionOptions options{.lhlo_name = "c"};
  options.max_buffered_output = 100;
  options.convert_eight_bit = false;  // Converting holds back the line that is not complete.
  AtContent session("a1", options);
  session->content(std::string(60, 'x'));
  CHECK(session->wants_content());
  session->content(std::string(60, 'x'));
  CHECK_FALSE(session->wants_content());
  session->sent(50);
  CHECK(session->wants_content());
}

TEST_CASE("commands wait for room in the buffer") {
  SessionOptions options{.lhlo_name = "c"};
  options.max_buffered_output = 100;
  Session session(options);
  std::string names;
  for (int i = 0; i < 1000; ++i) {
    names += " r" + std::to_string(i);
  }
  session.begin(transaction_for(names));
  session.received(kPipelining);
  std::string output;
  while (!session.output().empty()) {
    CHECK(session.output().size() < 200);
    output += session.output().substr(0, 7);
    session.sent(7);
  }
  CHECK(output.ends_with("RCPT TO:<r999@l.test>\r\nDATA\r\n"));
}

TEST_CASE("what a server says without being asked is bounded") {
  AtContent session("a1");
  for (int i = 0; i < 100 && session->phase() != Phase::closed; ++i) {
    session->received(std::string(1000, 'x'));
  }
  CHECK(session->phase() == Phase::closed);
  CHECK(session->outcomes()[0].kind == RecipientOutcome::Kind::deferred);
}

TEST_CASE("a session takes one message after the other") {
  Session session({.lhlo_name = "c"});
  SessionChecker checker(session);
  const auto answer = [&](const std::string& bytes) {
    session.sent(session.output().size());
    session.received(bytes);
    checker.check();
  };
  const auto deliver = [&] {
    answer(kMail);
    answer(kRcpt);
    answer(kData);
    session.content("x");
    checker.content_ends();
    session.end_of_content();
    answer(kSaved);
    CHECK(lines(session) == "delivered 2.0.0 250 2.0.0 saved 0\n");
  };
  session.begin(transaction_for("a1"));
  checker.start(1);
  answer("220 hi\r\n");
  answer("250 server\r\n");
  deliver();
  CHECK(session.phase() == Phase::idle);

  session.reset();
  CHECK(session.output() == "RSET\r\n");
  CHECK(session.phase() == Phase::reset);
  answer("250 ok\r\n");
  CHECK(session.phase() == Phase::idle);
  session.begin(transaction_for("a1"));
  checker.start(1);
  CHECK(session.output() == "MAIL FROM:<s@l.test>\r\n");
  deliver();

  session.finish();
  CHECK(session.output() == "QUIT\r\n");
  CHECK(session.phase() == Phase::quit);
  answer("221 bye\r\n");
  CHECK(session.phase() == Phase::closed);
}

TEST_CASE("a server that refuses RSET is not used again") {
  Session session({.lhlo_name = "c"});
  session.received(kHello.substr(0, 11));
  session.sent(session.output().size());
  session.received("250 server\r\n");
  REQUIRE(session.phase() == Phase::idle);
  session.reset();
  session.sent(session.output().size());
  session.received("421 timeout\r\n");
  CHECK(session.phase() == Phase::closed);
  session.begin(transaction_for("a1"));
  CHECK(session.outcomes()[0].kind == RecipientOutcome::Kind::deferred);
}

TEST_CASE("octets that nobody waits for are seen in an idle session") {
  Session session({.lhlo_name = "c"});
  session.received(kHello);
  REQUIRE(session.phase() == Phase::idle);
  CHECK(session.unread_input() == 0);
  session.received("421 4.4.2 timeout\r\n");
  CHECK(session.phase() == Phase::idle);
  CHECK(session.unread_input() > 0);
}

TEST_CASE("a session that was refused refuses what comes later in the same words") {
  Session session({.lhlo_name = "c"});
  session.received("554 5.3.2 go away\r\n");
  session.begin(transaction_for("a1 a2"));
  const std::string refused = "deferred 4.3.2 host H refused to talk to me: 554 5.3.2 go away\n";
  CHECK(lines(session) == refused + refused);
}

}  // namespace
}  // namespace lastmile::lmtp
