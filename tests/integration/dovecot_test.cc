// SPDX-License-Identifier: Apache-2.0
// Delivery to a real Dovecot LMTP server. The mail is read back with doveadm(1).
#include <iostream>
#include <string>

#include "tests/integration/dovecot_server.h"
#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

bool skipped() {
  const std::string reason = DovecotServer::unavailable();
  if (!reason.empty()) {
    std::cout << "skipped: " << reason << '\n';
  }
  return !reason.empty();
}

/// One message for someone whose mailbox takes it, someone who is over quota, and someone who does
/// not exist: three answers within one transaction.
void check_three_answers(const DovecotServer& server, const std::string& endpoint) {
  const MailSite site("mailbox_transport = lmtp:" + endpoint + "\n", "", {});
  const Delivery delivery = site.deliver(
      "local", {"alice@example.com", "full@example.com", "nosuch@example.com"}, "three answers");
  INFO(delivery.output << server.log());
  CHECK(delivery.statuses.size() == 3);
  CHECK(delivery.status_of("alice@example.com") == "sent 2.0.0");
  CHECK(delivery.status_of("full@example.com") == "bounced 5.2.2");
  CHECK(delivery.status_of("nosuch@example.com") == "bounced 5.1.1");
  CHECK(delivery.exit_status == 0);  // the sender is told of the two others
  CHECK(server.session_count() == 1);
  CHECK(count_of(server.mail_of("alice"), "Subject: three answers") == 1);
  CHECK(count_of(server.mail_of("alice"), "\n.A line that starts with a dot.") == 1);
  CHECK(count_of(server.mail_of("full"), "Subject:") == 0);
  const std::string bounces = site.submitted();
  CHECK(bounces.find("sender@remote.example") != std::string::npos);
  CHECK(bounces.find("full@example.com") != std::string::npos);
  CHECK(bounces.find("nosuch@example.com") != std::string::npos);
}

TEST_CASE("Dovecot answers for each recipient through a UNIX-domain socket") {
  if (!skipped()) {
    const DovecotServer server;
    check_three_answers(server, server.unix_endpoint());
  }
}

TEST_CASE("Dovecot answers for each recipient through TCP") {
  if (!skipped()) {
    const DovecotServer server;
    check_three_answers(server, server.inet_endpoint());
  }
}

TEST_CASE("an alias with three members reaches Dovecot in one transaction") {
  if (skipped()) {
    return;
  }
  const DovecotServer server;
  const MailSite site("mailbox_transport = lmtp:" + server.unix_endpoint() + "\n",
                      "team alice, alice+lists, full\n", {});
  const Delivery delivery = site.deliver("local", {"team@example.com"}, "for the team");
  INFO(delivery.output << server.log());
  CHECK(delivery.status_of("alice@example.com") == "sent 2.0.0");
  CHECK(delivery.status_of("alice+lists@example.com") == "sent 2.0.0");
  CHECK(delivery.status_of("full@example.com") == "bounced 5.2.2");
  CHECK(server.session_count() == 1);
  CHECK(count_of(server.mail_of("alice"), "Subject: for the team") == 2);
}

TEST_CASE("Dovecot does not ask who we are, and is told no password") {
  if (skipped()) {
    return;
  }
  const DovecotServer server;
  const MailSite site("mailbox_transport = lmtp:" + server.inet_endpoint() +
                          "\nlmtp_sasl_auth_enable = yes\n"
                          "lmtp_sasl_password_maps = static:mailer:sesame\n",
                      "", {});
  const Delivery delivery = site.deliver("local", {"alice@example.com"}, "without login");
  INFO(delivery.output << server.log());
  CHECK(delivery.status_of("alice@example.com") == "sent 2.0.0");
  CHECK((delivery.output + server.log()).find("sesame") == std::string::npos);
}

TEST_CASE("a Dovecot that is gone defers") {
  if (skipped()) {
    return;
  }
  std::string endpoint;
  {
    const DovecotServer server;
    endpoint = server.unix_endpoint();
  }
  const MailSite site("mailbox_transport = lmtp:" + endpoint + "\n", "", {});
  const Delivery delivery = site.deliver("local", {"alice@example.com"}, "nobody listens");
  INFO(delivery.output);
  CHECK(delivery.status_of("alice@example.com").starts_with("deferred 4."));
  CHECK(delivery.exit_status == 75);
  CHECK(site.submitted().empty());
}

}  // namespace
}  // namespace lastmile::test
