// SPDX-License-Identifier: Apache-2.0
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

/// "deferred 4.3.0 TEXT" of one message to alice.
std::string status_with(const CyrusServer& server, const std::string& parameters) {
  const MailSite site("mailbox_transport = lmtp:" + server.inet_endpoint() + "\n" + parameters, "",
                      {});
  const Delivery delivery = site.deliver("local", {"alice@example.com"}, "by login");
  // No word of the password, whatever happened; 0Cyru... is how PLAIN begins in base64.
  CHECK(delivery.output.find("sesame") == std::string::npos);
  return delivery.statuses.empty() ? delivery.output
                                   : delivery.statuses[0].status + ' ' + delivery.statuses[0].dsn +
                                         ' ' + delivery.statuses[0].text;
}

TEST_CASE("Cyrus by TCP takes mail from who logs in") {
  if (skipped()) {
    return;
  }
  const CyrusServer server({"alice"});
  const std::string enabled = "lmtp_sasl_auth_enable = yes\n";
  const std::string login = std::string(CyrusServer::kLogin) + ":" + CyrusServer::kPassword;
  const std::string host = "127.0.0.1";
  const auto table = [&](const std::string& key, const std::string& value) {
    return enabled + "lmtp_sasl_password_maps = inline:{{" + key + " = " + value + "}}\n";
  };
  struct Row {
    const char* name;
    std::string parameters;
    std::string status;  ///< How it begins.
  };
  const std::string failed = "deferred 4.7.0 SASL authentication failed; ";
  const Row rows[] = {
      {"nobody", "", "deferred 4.0.0 host 127.0.0.1[127.0.0.1] said: 430 Authentication required"},
      {"by the host", table(host, login), "sent 2."},
      {"by the nexthop", table(server.inet_endpoint().substr(5), login), "sent 2."},
      {"for another server", table("192.0.2.1", login),
       "deferred 4.0.0 host 127.0.0.1[127.0.0.1] said: 430"},
      {"in the clear, where it may be",
       table(host, login) +
           "lmtp_sasl_security_options = noanonymous\nlmtp_sasl_mechanism_filter = plain\n",
       "sent 2."},
      {"in the clear, where it may not be",
       table(host, login) + "lmtp_sasl_mechanism_filter = plain\n",
       failed + "cannot authenticate to server 127.0.0.1[127.0.0.1]: no mechanism available"},
      {"no mechanism", table(host, login) + "lmtp_sasl_mechanism_filter = gssapi\n",
       "deferred 4.7.0 SASL authentication failed: server 127.0.0.1[127.0.0.1] offered no "
       "compatible authentication mechanisms"},
      {"another password", table(host, "mailer:wrong"),
       "deferred 4.5.4 SASL authentication failed; server 127.0.0.1[127.0.0.1] said: 501"},
      {"another password, for good",
       table(host, "mailer:wrong") + "lmtp_sasl_auth_soft_bounce = no\n", "bounced 5."},
      {"a word that is none", table(host, login) + "lmtp_sasl_security_options = noplain\n",
       failed + "cannot authenticate to server 127.0.0.1[127.0.0.1]: unknown SASL security option"},
      {"a table that fails", enabled + "lmtp_sasl_password_maps = fail:x\n",
       "deferred 4.3.0 local data error while talking to 127.0.0.1[127.0.0.1]"},
      {"no table", enabled, "deferred 4.3.0 unknown mail transport error"},
      {"another library", table(host, login) + "lmtp_sasl_type = dovecot\n",
       "deferred 4.3.0 unknown mail transport error"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK_THAT(status_with(server, row.parameters), Catch::StartsWith(row.status));
  }
  CHECK(count_with(server.mail_of("alice"), "Subject: by login") == 3);
}

TEST_CASE("Cyrus by TLS takes a password in the clear from who may give it") {
  if (skipped() || !Certificates::unavailable().empty()) {
    return;
  }
  const Certificates authority;
  const CertificateFiles files = authority.issue("imap", "IP:127.0.0.1");
  give_to(files.key, identity_of("cyrus").value_or(unprivileged_identity()));
  const CyrusServer server({"alice"}, files);
  const std::string plain =
      "lmtp_sasl_auth_enable = yes\nlmtp_sasl_mechanism_filter = plain\n"
      "lmtp_sasl_password_maps = inline:{{127.0.0.1 = " +
      std::string(CyrusServer::kLogin) + ":" + CyrusServer::kPassword +
      "}}\nlmtp_tls_CAfile = " + authority.authority() + "\n";
  const std::string forbidden = "deferred 4.7.0 SASL authentication failed; cannot authenticate";
  const std::string encrypt = plain + "lmtp_tls_security_level = encrypt\n";
  const std::string verify = plain + "lmtp_tls_security_level = verify\n";
  CHECK_THAT(status_with(server, plain), Catch::StartsWith(forbidden));
  CHECK_THAT(status_with(server, encrypt), Catch::StartsWith(forbidden));
  CHECK_THAT(status_with(server, encrypt + "lmtp_sasl_tls_security_options = noanonymous\n"),
             Catch::StartsWith("sent 2."));
  const std::string verified = "lmtp_sasl_tls_verified_security_options = noanonymous\n";
  CHECK_THAT(status_with(server, encrypt + verified), Catch::StartsWith(forbidden));
  CHECK_THAT(status_with(server, verify + verified), Catch::StartsWith("sent 2."));
}

}  // namespace
}  // namespace lastmile::test
