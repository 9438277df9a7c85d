// Delivery to a real Cyrus LMTP server, in the three ways in which a Postfix configuration hands
// mail to one. The mail is read back from its spool.
#include <iostream>
#include <string>

#include "tests/integration/cyrus_server.h"
#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

bool skipped() {
  const std::string reason = CyrusServer::unavailable();
  if (!reason.empty()) {
    std::cout << "skipped: " << reason << '\n';
  }
  return !reason.empty();
}

constexpr const char* kAliases = "postmaster root\nroot alice\n";

int count_with(const std::vector<std::string>& messages, std::string_view part) {
  int count = 0;
  for (const std::string& message : messages) {
    count += message.find(part) == std::string::npos ? 0 : 1;
  }
  return count;
}

TEST_CASE("mailbox_transport to Cyrus: aliases are expanded first") {
  if (skipped()) {
    return;
  }
  const CyrusServer server({"alice", "root", "postmaster"});
  const MailSite site("mailbox_transport = lmtp:" + server.unix_endpoint() + "\n", kAliases, {});
  for (const std::string name : {"root", "postmaster"}) {
    const Delivery delivery = site.deliver("full", {name + "@example.com"}, "for " + name);
    INFO(delivery.output);
    CHECK(delivery.status_of("alice@example.com").starts_with("sent 2."));
    CHECK(delivery.exit_status == 0);
  }
  CHECK(count_with(server.mail_of("alice"), "Subject: for root") == 1);
  CHECK(count_with(server.mail_of("alice"), "Subject: for postmaster") == 1);
  CHECK(count_with(server.mail_of("alice"), "\n.A line that starts with a dot.") == 2);
  CHECK(server.mail_of("root").empty());
  CHECK(server.mail_of("postmaster").empty());
}

TEST_CASE("local_transport to Cyrus: no alias is expanded") {
  if (skipped()) {
    return;
  }
  const CyrusServer server({"alice", "root"});
  const MailSite site("local_transport = lmtp:" + server.unix_endpoint() + "\n", kAliases, {});
  const Delivery delivery =
      site.deliver("full", {"root@example.com", "postmaster@example.com"}, "unexpanded");
  INFO(delivery.output);
  CHECK(delivery.status_of("root@example.com").starts_with("sent 2."));
  // Cyrus knows no such mailbox.
  CHECK(delivery.status_of("postmaster@example.com") == "bounced 5.1.1");
  CHECK(count_with(server.mail_of("root"), "Subject: unexpanded") == 1);
  CHECK(server.mail_of("alice").empty());
}

TEST_CASE("fallback_transport to Cyrus: an account keeps its mail, all others are Cyrus's") {
  if (skipped()) {
    return;
  }
  const CyrusServer server({"bob", "carol"});
  const MailSite site(
      "fallback_transport = lmtp:" + server.unix_endpoint() + "\nhome_mailbox = Maildir/\n",
      "friends bob, carol\n", {"bob"});
  const Delivery delivery =
      site.deliver("full", {"friends@example.com", "nosuch@example.com"}, "shared");
  INFO(delivery.output);
  CHECK(delivery.status_of("bob@example.com") == "sent 2.0.0");
  CHECK(delivery.status_of("carol@example.com").starts_with("sent 2."));
  CHECK(delivery.status_of("nosuch@example.com") == "bounced 5.1.1");
  CHECK(count_of(site.maildir_of("bob"), "Subject: shared") == 1);
  CHECK(count_with(server.mail_of("carol"), "Subject: shared") == 1);
  CHECK(server.mail_of("bob").empty());
}

}  // namespace
}  // namespace lastmile::test
