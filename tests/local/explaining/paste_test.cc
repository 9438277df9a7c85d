// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/paste.h"

#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/checks/rule.h"
#include "local/explaining/known_texts.h"
#include "local/explaining/log_line.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// "665722C local to<-orig status dsn text", what is not there left out.
std::string shown(const Incident& incident) {
  std::string text;
  const auto add = [&text](const std::string& word) {
    text += word.empty() ? "" : (text.empty() ? "" : " ") + word;
  };
  add(incident.queue_id);
  add(incident.program);
  add(incident.to + (incident.orig_to.empty() ? "" : "<-" + incident.orig_to));
  add(incident.has_sender ? "from <" + incident.sender + ">" : "");
  add(incident.stage);
  add(incident.status);
  add(incident.code);
  add(incident.dsn);
  add(incident.text.empty() ? "" : "(" + incident.text + ")");
  add(incident.count > 1 ? "x" + std::to_string(incident.count) : "");
  return text;
}

std::string shown(const Paste& paste) {
  std::string text;
  for (const Incident& incident : paste.incidents) {
    text += (text.empty() ? "" : "\n") + shown(incident);
  }
  return text;
}

constexpr std::string_view kStatus =
    "665722C: to=<nosuch@example.com>, orig_to=<sales@example.com>, relay=local, delay=0.03, "
    "delays=0.02/0.01/0/0, dsn=5.1.1, status=bounced (unknown user: \"nosuch\")";
constexpr std::string_view kBounced =
    "665722C local nosuch@example.com<-sales@example.com bounced 5.1.1 (unknown user: \"nosuch\")";

TEST_CASE("explain: a line is found in whatever is around it") {
  const std::string line(kStatus);
  const std::string in_json = [&line] {
    std::string escaped;
    for (const char octet : line) {
      escaped += (octet == '"' ? "\\" : "") + std::string(1, octet);
    }
    return escaped;
  }();
  const std::string rows[] = {
      "Nov 28 12:00:00 mail postfix/local[31]: " + line,
      "Nov  8 12:00:00 mail.example.com postfix/local[31]: " + line + "\r\n",
      "2026-11-28T12:00:00.123456+00:00 mail postfix/local[31]: " + line,
      "postfix/local[31]: " + line,
      "postfix/local: " + line,
      "<22>Nov 28 12:00:00 mail postfix-in/local[31]: " + line,
      "<22>1 2026-11-28T12:00:00.003Z mail postfix/local 31 - - " + line,
      "<22>1 2026-11-28T12:00:00.003Z mail postfix/local 31 ID [a@1 b=\"x]\"][c] \xEF\xBB\xBF" +
          line,
      "1 2026-11-28T12:00:00.003Z mail postfix/local 31 - - " + line,
      R"({"log":"Nov 28 12:00:00 mail postfix/local[31]: )" + in_json + R"(\n","stream":"stdout"})",
      R"({"SYSLOG_IDENTIFIER":"postfix/local","_PID":"31","MESSAGE":")" + in_json + R"("})",
      R"({"streams":[{"stream":{"app":"mx"},"values":[["17","mx postfix/local[31]: )" + in_json +
          R"("]]}]})",
      "{\n  \"message\": \"postfix/local[31]: " + in_json + "\"\n}",
      "mx-1  | postfix/local[31]: " + line,
  };
  for (const std::string& row : rows) {
    INFO(row);
    CHECK(shown(read_paste(row, {})) == kBounced);
  }
  CHECK(shown(read_paste(line, {})) ==
        "665722C nosuch@example.com<-sales@example.com bounced 5.1.1 (unknown user: \"nosuch\")");
}

TEST_CASE("explain: what a line says") {
  const std::pair<std::string, std::string> rows[] = {
      {"postfix/lmtp[1]: 4bXk2c0Nz3zJ: to=<a@b.example>, relay=mx[/run/lmtp], conn_use=2, delay=1, "
       "delays=1/0/0/0, dsn=4.2.2, status=deferred (host mx[/run/lmtp] said: 452 4.2.2 full (in "
       "reply to RCPT TO command))",
       "4bXk2c0Nz3zJ lmtp a@b.example deferred 4.2.2 (host mx[/run/lmtp] said: 452 4.2.2 full (in "
       "reply to RCPT TO command))"},
      {"postfix/local[1]: ABCDE1: to=<\"a>, b\"@c.example>, relay=local, dsn=2.0.0, status=sent "
       "(delivered to mailbox)",
       "ABCDE1 local \"a>, b\"@c.example sent 2.0.0 (delivered to mailbox)"},
      {"postfix/smtpd[7]: NOQUEUE: reject: RCPT from mx.x.example[192.0.2.7]: 550 5.1.1 "
       "<zoe@example.com>: Recipient address rejected: User unknown in local recipient table; "
       "from=<s@x.example> to=<zoe@example.com> proto=ESMTP helo=<mx>",
       "smtpd zoe@example.com from <s@x.example> RCPT rejected 550 5.1.1 (<zoe@example.com>: "
       "Recipient address rejected: User unknown in local recipient table)"},
      {"postfix/smtpd[7]: NOQUEUE: reject: CONNECT from unknown[192.0.2.7]: 554 5.7.1 "
       "<unknown[192.0.2.7]>: Client host rejected: Access denied; proto=SMTP",
       "smtpd CONNECT rejected 554 5.7.1 (<unknown[192.0.2.7]>: Client host rejected: Access "
       "denied; proto=SMTP)"},
      {"postfix/cleanup[7]: ABCDE1: reject: header Subject: buy from now from "
       "mx[192.0.2.7]; from=<s@x.example> to=<zoe@example.com> proto=ESMTP helo=<mx>: 5.7.1 no ads",
       "ABCDE1 cleanup zoe@example.com from <s@x.example> header rejected 5.7.1 (no ads)"},
      {"postfix/cleanup[7]: ABCDE1: milter-reject: END-OF-MESSAGE from mx[192.0.2.7]: 4.7.1 try "
       "again; from=<s@x.example> to=<zoe@example.com> proto=ESMTP helo=<mx>",
       "ABCDE1 cleanup zoe@example.com from <s@x.example> END-OF-MESSAGE deferred 4.7.1 (try "
       "again)"},
      {"postfix/local[9]: warning: file /home/bob/.forward is not a regular file",
       "local warning (file /home/bob/.forward is not a regular file)"},
      {"postfix/cleanup[9]: warning: ABCDE1: virtual_alias_maps map lookup problem for x@y -- "
       "message not accepted, try again later",
       "ABCDE1 cleanup warning (virtual_alias_maps map lookup problem for x@y -- message not "
       "accepted, try again later)"},
      {"warning: dict_nis_init: NIS domain name not set - NIS lookups disabled",
       "warning (dict_nis_init: NIS domain name not set - NIS lookups disabled)"},
      {"postfix/qmgr[2]: ABCDE1: from=<a@b.example>, status=expired, returned to sender",
       "ABCDE1 qmgr from <a@b.example> expired (returned to sender)"},
      {"postfix/smtpd[7]: connect from mx[192.0.2.7]", ""},
      {"hello world", ""},
      {"", ""},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(shown(read_paste(text, {})) == expected);
  }
}

TEST_CASE("explain: a refusal names who had logged in") {
  const std::string line =
      "postfix/submission/smtpd[7]: NOQUEUE: reject: RCPT from mx[192.0.2.7]: 553 5.7.1 "
      "<a@b.example>: Sender address rejected: not owned by user bob; from=<a@b.example> "
      "to=<x@y.example> proto=ESMTP helo=<mx>";
  const Paste paste = read_paste(line, {});
  REQUIRE(paste.incidents.size() == 1);
  CHECK(paste.incidents.front().user == "bob");
}

TEST_CASE("explain: lines of one message are joined, and a log is cut to an address") {
  const std::string log =
      "postfix/qmgr[1]: AAAAA1: from=<anna@customer.example>, size=1, nrcpt=2 (queue active)\n"
      "postfix/local[2]: AAAAA1: to=<list@example.com>, relay=local, dsn=2.0.0, status=sent "
      "(forwarded as BBBBB2)\n"
      "postfix/local[2]: AAAAA1: to=<nosuch@example.com>, orig_to=<list@example.com>, relay=local, "
      "dsn=5.1.1, status=bounced (unknown user: \"nosuch\")\n"
      "postfix/bounce[3]: AAAAA1: sender non-delivery notification: CCCCC3\n"
      "postfix/smtp[4]: BBBBB2: to=<x@y.example>, orig_to=<bob@example.com>, "
      "relay=y[192.0.2.1]:25, "
      "dsn=4.0.0, status=deferred (later)\n"
      "postfix/smtp[4]: DDDDD4: to=<x@z.example>, relay=z[192.0.2.1]:25, dsn=4.0.0, "
      "status=deferred (later)\n"
      "postfix/smtp[4]: DDDDD5: to=<X@z.example>, relay=z[192.0.2.1]:25, dsn=4.0.0, "
      "status=deferred (later)\n";
  const Paste all = read_paste(log, {});
  CHECK(shown(all) ==
        "AAAAA1 local nosuch@example.com<-list@example.com from <anna@customer.example> bounced "
        "5.1.1 (unknown user: \"nosuch\")\n"
        "BBBBB2 smtp x@y.example<-bob@example.com deferred 4.0.0 (later)\n"
        "DDDDD4 smtp x@z.example deferred 4.0.0 (later) x2");
  CHECK(all.incidents.front().report_id == "CCCCC3");
  CHECK(all.lines == 7);
  const Paste some = read_paste(log, {.address = "list@example.com", .with_successes = true});
  CHECK(some.incidents.size() == 3);
  CHECK(shown(some.incidents.back()) ==
        "BBBBB2 smtp x@y.example<-bob@example.com deferred 4.0.0 (later)");
}

TEST_CASE("explain: bounces") {
  const std::string fields =
      "Reporting-MTA: dns; mail.example.com\n"
      "X-Postfix-Queue-ID: 665722C\n"
      "X-Postfix-Sender: rfc822; anna@customer.example\n"
      "\n"
      "Final-Recipient: rfc822; nosuch@example.com\n"
      "Original-Recipient: rfc822;sales@example.com\n"
      "Action: failed\n"
      "Status: 5.1.1\n"
      "Diagnostic-Code: X-Postfix; unknown user:\n"
      "    \"nosuch\"\n";
  const std::string words =
      "This is the mail system at host mail.example.com.\n\nI'm sorry.\n\n"
      "<nosuch@example.com> (expanded from <sales@example.com>): unknown user:\n"
      "    \"nosuch\"\n\n"
      "<dave@example.com>: host mx[192.0.2.1] said: 550 no\n";
  const std::string expected =
      "665722C nosuch@example.com<-sales@example.com from <anna@customer.example> bounced 5.1.1 "
      "(unknown user: \"nosuch\")";
  const std::pair<std::string, std::string> rows[] = {
      {fields, expected},
      {"> " + std::string(fields).replace(fields.find("\n\n"), 2, "\n> \n> "), expected},
      {words + "--x\nContent-Type: message/delivery-status\n\n" + fields, expected},
      {words,
       "nosuch@example.com<-sales@example.com bounced (unknown user: \"nosuch\")\n"
       "dave@example.com bounced (host mx[192.0.2.1] said: 550 no)"},
      // Another mail system, whose fields come in another order.
      {"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
       "Original-Recipient: rfc822;team@example.com\nAction: delayed\n"
       "Final-Recipient: RFC822; bob@example.com\nStatus: 4.4.1 (busy)\n"
       "Remote-MTA: dns; far.example\nDiagnostic-Code: smtp; 451 4.4.1 busy\n",
       "bob@example.com<-team@example.com deferred 4.4.1 (451 4.4.1 busy)"},
  };
  for (const auto& [text, wanted] : rows) {
    INFO(text);
    CHECK(shown(read_paste(text, {})) == wanted);
  }
  const Paste been = read_paste(fields +
                                    "\n--x\nContent-Type: message/rfc822\n\nReturn-Path: <q@r>\n"
                                    "Delivered-To: sales@example.com\n",
                                {});
  REQUIRE(been.incidents.size() == 1);
  CHECK(been.incidents.front().been == std::vector<std::string>{"sales@example.com"});
}

TEST_CASE("explain: the queue") {
  const std::pair<std::string, std::string> rows[] = {
      {R"({"queue_name": "deferred", "queue_id": "10D7F34", "arrival_time": 1, "sender": "a@b", )"
       R"("recipients": [{"address": "t@e", "delay_reason": "no"}, {"address": "u@e"}]})"
       "\n"
       R"({"queue_name": "hold", "queue_id": "10D7F35", "sender": "", "recipients": [)"
       R"({"address": "v@e"}]})",
       "10D7F34 t@e from <a@b> deferred (no)\n10D7F34 u@e from <a@b> queued\n"
       "10D7F35 v@e from <> hold"},
      {"-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
       "10D7F34      356 Sat Nov 28 12:00:00  a@b\n"
       "     (temporary failure. Command output: no)\n"
       "                                         t@e\n\n"
       "10D7F35*     356 Sat Nov 28 12:00:00  MAILER-DAEMON\n"
       "                                         u@e\n\n-- 0 Kbytes in 2 Requests.\n",
       "10D7F34 t@e from <a@b> deferred (temporary failure. Command output: no)\n"
       "10D7F35 u@e from <> queued"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(shown(read_paste(text, {.address = "", .with_successes = true})) == expected);
  }
}

TEST_CASE("explain: known texts name rules that are there") {
  for (const auto& rows : {known_statuses(), known_warnings()}) {
    for (const KnownText& row : rows) {
      for (const std::string_view id : split_list(row.rules)) {
        INFO(row.text << ": " << id);
        CHECK(find_rule(id) != nullptr);
      }
    }
  }
}

}  // namespace
}  // namespace lastmile
