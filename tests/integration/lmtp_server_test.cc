// SPDX-License-Identifier: Apache-2.0
// `lastmile lmtp` as an MTA starts it: on standard input and output.

#include <string>
#include <vector>

#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

constexpr const char* kParameters =
    "home_mailbox = Maildir/\nlastmile_ledger = @DIR@/state/ledger.sqlite\n";

ProcessResult serve(const MailSite& site, const std::string& input) {
  return run_process({.arguments = {lastmile_program(), "-C", site.directory().path("etc"), "lmtp"},
                      .input = input});
}

/// MAIL and RCPT, and the message.
std::string transaction(const std::vector<std::string>& recipients,
                        const std::string& before = "") {
  std::string text = "LHLO me\r\n" + before + "MAIL FROM:<sender@remote.example>\r\n";
  for (const std::string& recipient : recipients) {
    text += "RCPT TO:<" + recipient + "@example.com>\r\n";
  }
  return text + "DATA\r\nSubject: served\r\n\r\n..Hello\r\n.\r\n";
}

/// The replies behind those to LHLO, without the text behind the enhanced codes.
std::vector<std::string> codes_of(const std::string& out) {
  std::vector<std::string> codes;
  std::size_t at = out.find("250 CHUNKING\r\n");
  for (at = out.find('\n', at) + 1; at < out.size(); at = out.find('\n', at) + 1) {
    codes.push_back(out.substr(at, out.find(' ', at + 4) - at));
  }
  return codes;
}

TEST_CASE("lmtp: one reply for each recipient, and the retry delivers what is missing") {
  const MailSite site(kParameters, "later \"|exit 75\"\nteam alice, later\n", {"alice", "bob"});
  for (int attempt = 0; attempt < 2; ++attempt) {
    const ProcessResult result = serve(site, transaction({"bob", "nosuch", "team"}) + "QUIT\r\n");
    INFO(result.out << result.err);
    CHECK(result.status == 0);
    CHECK(codes_of(result.out) == std::vector<std::string>{"250 2.1.0", "250 2.1.5", "550 5.1.1",
                                                           "250 2.1.5", "354 End", "250 2.0.0",
                                                           "451 4.3.0", "221 2.0.0"});
    CHECK(count_of(site.maildir_of("alice"), "Subject: served") == 1);
    CHECK(count_of(site.maildir_of("alice"), "\n.Hello\n") == 1);
  }
}

TEST_CASE("lmtp: a client that goes away before it has the replies gets no second copy") {
  const MailSite site(kParameters, "", {"alice"});
  // Gone with the dot; and the one that comes back with the same name for the message.
  for (const std::string before : {"", "XFORWARD IDENT=4XyZ\r\n"}) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      CHECK(serve(site, transaction({"alice"}, before)).status == 0);
    }
  }
  CHECK(count_of(site.maildir_of("alice"), "Subject: served") == 2);
}

TEST_CASE("lmtp: nothing of a message that is not complete is delivered") {
  const MailSite site(kParameters, "", {"alice"});
  std::string input = transaction({"alice"});
  for (const std::size_t missing : {1U, 2U, 3U, 20U}) {
    CHECK(serve(site, input.substr(0, input.size() - missing)).status == 0);
  }
  CHECK(site.maildir_of("alice").empty());
}

TEST_CASE("lmtp: a broken configuration, or one that is not there, is a matter of time") {
  const MailSite site("mailbox_size_limit = x\nalias_maps = hash:@DIR@/nosuch\n", "", {"alice"});
  const ProcessResult result = serve(site, transaction({"alice"}) + "QUIT\r\n");
  INFO(result.out << result.err);
  CHECK(count_of(result.out, "\r\n451 4.3.") + count_of(result.out, "421 4.3.5 ") == 1);
  const ProcessResult none =
      run_process({.arguments = {lastmile_program(), "-C", site.directory().path("nosuch"), "lmtp"},
                   .input = transaction({"alice"})});
  CHECK(none.out.starts_with("421 4.3.5 "));
  CHECK(none.status == 75);
}

TEST_CASE("lmtp: a mailbox that has no room, and a failure for somebody else") {
  const MailSite site("mailbox_size_limit = 100\nmessage_size_limit = 100\n",
                      "list \"|exit 69\"\nowner-list bob\n", {"alice", "bob"});
  site.directory().write("spool/alice", std::string(200, 'x'));
  give_to(site.directory().path("spool/alice"), unprivileged_identity());
  const ProcessResult result = serve(
      site, "LHLO me\r\nMAIL FROM:<s@remote.example>\r\nRCPT TO:<alice@example.com>\r\nQUIT\r\n");
  INFO(result.out << result.err);
  CHECK(codes_of(result.out).at(1) == "452 4.2.2");
  // Whose failures the owner is to hear of is not the sender's to be told.
  const ProcessResult list = serve(site, transaction({"list"}) + "QUIT\r\n");
  INFO(list.out << list.err);
  CHECK(codes_of(list.out) ==
        std::vector<std::string>{"250 2.1.0", "250 2.1.5", "354 End", "250 2.0.0", "221 2.0.0"});
  CHECK(count_of(site.submitted(), "owner-list@example.com") >= 1);
}

TEST_CASE("lmtp: a client that drips, or stands still, is told to go") {
  const MailSite site(std::string(kParameters) + "lastmile_lmtp_timeout = 1s\n", "", {"alice"});
  const std::string program =
      std::string(lastmile_program()) + " -C " + site.directory().path("etc") + " lmtp";
  const ProcessResult result = run_process(
      {.arguments = {"/bin/sh", "-c",
                     "for i in 1 2 3 4 5 6 7 8 9; do printf x; sleep 0.2; done | " + program}});
  INFO(result.out << result.err);
  CHECK(result.out.ends_with("421 4.4.2 mail.example.com Error: timeout exceeded\r\n"));
}

}  // namespace
}  // namespace lastmile::test
