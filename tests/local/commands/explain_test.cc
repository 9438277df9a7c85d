// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "local/commands/commands.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::Done;

/// A small company with one dead member, a command, an LMTP server and a domain of mailboxes.
class ExplainedTree {
 public:
  ExplainedTree() {
    directory_.write("etc/postfix/main.cf",
                     "compatibility_level = 3.6\nmyhostname = mx.example.com\n"
                     "myorigin = example.com\nmydestination = example.com\n"
                     "alias_maps = texthash:/etc/aliases\n"
                     "mailbox_transport_maps = inline:{carol=lmtp:unix:/run/lmtp}\n"
                     "smtpd_recipient_restrictions = reject_unauth_destination, "
                     "check_policy_service inet:127.0.0.1:10023\n"
                     "maximal_queue_lifetime = 3d\n");
    directory_.write("etc/postfix/headers", "/^Subject: buy/ REJECT no ads\n");
    directory_.write("etc/aliases",
                     "root alice\nsales alice, nosuch, bob@partner.example\n"
                     "team \"|/bin/sh -c 'exit 75'\"\nloop loop2\nloop2 loop\n");
    directory_.write("etc/passwd",
                     "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
                     "postfix:x:90:90::/var/spool/postfix:/bin/sh\n"
                     "alice:x:2001:2001::/home/alice:/bin/sh\n"
                     "carol:x:2003:2003::/home/carol:/bin/sh\n");
  }

  Done explain(const std::string& text, std::vector<std::string> arguments = {}) const {
    arguments.emplace_back("-");
    GlobalOptions options;
    options.root = directory_.path();
    return test::run_command(run_explain, options, arguments, text);
  }

 private:
  test::TemporaryDirectory directory_ = {};
};

std::string line(const std::string& program, const std::string& to, const std::string& status) {
  return "postfix/" + program + "[31]: 665722C: to=<" + to +
         ">, relay=" + (program == "lmtp" ? "mx.example.com[/run/lmtp]" : program) +
         ", delay=0.03, delays=0.02/0.01/0/0, " + status;
}

TEST_CASE("explain: outcomes") {
  struct Row {
    std::string text = {};
    int status = 0;  // 0: explained, 1: not any more or elsewhere, 2: unknown
    std::string part = {};
  };
  const Row rows[] = {
      {line("local", "nosuch@example.com>, orig_to=<sales@example.com",
            "dsn=5.1.1, status=bounced (unknown user: \"nosuch\")"),
       0, "bounced at one of 3 destinations: unknown user"},
      {line("local", "alice@example.com>, orig_to=<root@example.com",
            "dsn=2.0.0, status=sent (delivered to mailbox)"),
       0, "mailbox:/var/mail/alice"},
      {line("local", "alice@example.com",
            "dsn=5.2.0, status=bounced (cannot update mailbox /var/mail/alice for user alice. "
            "unable to create lock file /var/mail/alice.lock: Permission denied)"),
       0, "a dot-lock cannot be made"},
      {line("local", "alice@example.com", "dsn=5.1.1, status=bounced (unknown user: \"alice\")"), 1,
       "not any more: today's configuration"},
      {line("local", "team@example.com",
            "dsn=4.3.0, status=deferred (temporary failure. Command output: no)"),
       0, "EX_TEMPFAIL"},
      {line("local", "team@example.com", "dsn=4.7.7, status=deferred (a text of its own)"), 0,
       "the text comes from the command"},
      {line("local", "loop@example.com",
            "dsn=5.4.6, status=bounced (alias database loop for loop2)"),
       0, "rule   alias-loop"},
      {line("lmtp", "carol@example.com",
            "dsn=5.1.1, status=bounced (host mx.example.com[/run/lmtp] said: 550 5.1.1 User "
            "doesn't exist: carol (in reply to RCPT TO command))"),
       1, "lastmile probe carol@example.com"},
      {line("lmtp", "carol@example.com",
            "dsn=4.4.1, status=deferred (connect to mx.example.com[/run/lmtp]: No such file or "
            "directory)"),
       0, "no socket is there"},
      {line("local", "carol@example.com", "dsn=2.0.0, status=sent (delivered to mailbox)"), 1,
       "lmtp:unix:/run/lmtp"},
      {line("local", "alice@example.com",
            "dsn=5.4.6, status=bounced (mail forwarding loop for alice@example.com)"),
       0, "why    the message has been delivered to this address before"},
      {line("local", "alice@example.com", "dsn=4.3.0, status=deferred (what nobody ever wrote)"), 2,
       "not explained: the way leads to where this happened"},
      {"postfix/smtpd[7]: NOQUEUE: reject: RCPT from mx[192.0.2.7]: 550 5.1.1 "
       "<zoe@example.com>: Recipient address rejected: User unknown in local recipient table; "
       "from=<s@x.example> to=<zoe@example.com> proto=ESMTP helo=<mx>",
       0, "zoe@example.com is refused at RCPT"},
      {"postfix/smtpd[7]: NOQUEUE: reject: RCPT from mx[192.0.2.7]: 550 5.1.1 "
       "<alice@example.com>: Recipient address rejected: User unknown in local recipient table; "
       "from=<s@x.example> to=<alice@example.com> proto=ESMTP helo=<mx>",
       1, "today's configuration answers 250 2.1.5"},
      {"postfix/smtpd[7]: NOQUEUE: reject: RCPT from mx[192.0.2.7]: 454 4.7.1 "
       "<x@other.example>: Relay access denied; from=<s@x.example> to=<x@other.example> "
       "proto=ESMTP helo=<mx>",
       0, "neither in mynetworks nor logged in"},
      {"postfix/smtpd[7]: NOQUEUE: reject: RCPT from mx[192.0.2.7]: 554 5.7.1 Service "
       "unavailable; Client host [192.0.2.7] blocked using zen.x.example; from=<s@x.example> "
       "to=<alice@example.com> proto=ESMTP helo=<mx>",
       1, "a list of blocked addresses"},
      {"postfix/smtpd[7]: NOQUEUE: reject: RCPT from mx[192.0.2.7]: 550 5.7.23 "
       "<alice@example.com>: Recipient address rejected: Message rejected due to: SPF fail; "
       "from=<s@x.example> to=<alice@example.com> proto=ESMTP helo=<mx>",
       1, "not asked, and able to answer so: check_policy_service inet:127.0.0.1:10023"},
      {"postfix/smtpd[7]: error: support for restriction \"reject_maps_rbl\" has been removed in "
       "Postfix 3.9; instead, specify \"reject_rbl_client domain-name\"",
       1, "finds nothing of the kind today"},
      {"postfix/local[9]: warning: file /home/bob/.forward is not a regular file", 0,
       "a link, a directory or a device is not used"},
      {"postfix/local[9]: warning: a text that nobody knows", 2, "not one that is known"},
      {"{\"queue_id\": \"10D7F34\", \"sender\": \"a@b.example\", \"recipients\": [{\"address\": "
       "\"team@example.com\", \"delay_reason\": \"temporary failure. Command output: no\"}]}",
       0, "told   nobody yet; the sender a@b.example gets a bounce when 3d have passed"},
      {"<nosuch@example.com> (expanded from <sales@example.com>): unknown user: \"nosuch\"", 0,
       "sales@example.com bounced"},
      {"what is this", 2, "nothing in this text can be explained"},
      {"Nov 28 10:00:00 mail dovecot: lmtp(alice)<1><x>: msgid=<x@y>: saved mail to INBOX", 2,
       "these are lines of Dovecot"},
      {"2026-11-28 10:00:00 1tGabc-0001-Ab => alice <alice@example.com> R=local_user T=maildir", 2,
       "these are lines of Exim"},
      {"Nov 28 10:00:00 mail sm-mta[1]: 1AS9x0: to=<alice@example.com>, delay=00:00:01, "
       "mailer=local, dsn=2.0.0, stat=Sent",
       2, "these are lines of Sendmail"},
  };
  const ExplainedTree tree;
  for (const Row& row : rows) {
    INFO(row.text);
    const Done done = tree.explain(row.text);
    INFO(done.out << done.err);
    CHECK(done.status == row.status);
    CHECK_THAT(done.out, Catch::Contains(row.part));
    const Done json = tree.explain(row.text, {"--json"});
    CHECK(json.status == row.status);
    CHECK(test::fault_of_json_lines(json.out, "explain.schema.json").empty());
  }
}

TEST_CASE("explain: what header_checks refused, and what they may have done") {
  const ExplainedTree tree;
  const std::string refused =
      "postfix/cleanup[7]: 665722C: reject: header Subject: buy now from mx[192.0.2.7]; "
      "from=<s@x.example> to=<alice@example.com> proto=ESMTP helo=<mx>: 5.7.1 no ads";
  CHECK(tree.explain(refused).status == 1);
  CHECK_THAT(tree.explain(refused).out, Catch::Contains("header_checks is empty today"));
  const std::vector<std::string> with_checks = {"-o", "header_checks=regexp:/etc/postfix/headers"};
  CHECK(tree.explain(refused, with_checks).status == 0);
  const Done elsewhere = tree.explain(
      line("smtp", "alice@example.com", "dsn=2.0.0, status=sent (250 ok)"), with_checks);
  CHECK(elsewhere.status == 2);
  CHECK_THAT(elsewhere.out, Catch::Contains("header_checks may have decided it"));
}

TEST_CASE("explain: who was told") {
  const ExplainedTree tree;
  const std::string log =
      "postfix/qmgr[1]: 665722C: from=<anna@customer.example>, size=1, nrcpt=1 (queue active)\n" +
      line("local", "nosuch@example.com", "dsn=5.1.1, status=bounced (unknown user: \"nosuch\")") +
      "\npostfix/bounce[3]: 665722C: sender non-delivery notification: 6AFE931\n";
  CHECK_THAT(tree.explain(log).out,
             Catch::Contains("told   the sender anna@customer.example got a bounce (6AFE931)"));
}

}  // namespace
}  // namespace lastmile
