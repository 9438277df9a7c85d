// SPDX-License-Identifier: Apache-2.0
// TLS with a real Dovecot LMTP server, and with certificates of each kind. What is logged, and what
// became of the mail.
#include <iostream>
#include <string>

#include "tests/integration/certificates.h"
#include "tests/integration/dovecot_server.h"
#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

bool skipped() {
  for (const std::string& reason : {DovecotServer::unavailable(), Certificates::unavailable()}) {
    if (!reason.empty()) {
      std::cout << "skipped: " << reason << '\n';
      return true;
    }
  }
  return false;
}

/// "sent 2.0.0 TEXT" of one message to alice, and what was logged of TLS.
struct Told {
  std::string status = {};
  std::string log = {};
};

Told deliver(const std::string& endpoint, const std::string& parameters) {
  const MailSite site("mailbox_transport = lmtp:" + endpoint +
                          "\nlmtp_tls_loglevel = 1\nlastmile_log = stderr\n" + parameters,
                      "", {});
  const Delivery delivery = site.deliver("local", {"alice@example.com"}, "by TLS");
  Told told;
  for (const ReportedStatus& status : delivery.statuses) {
    told.status = status.status + ' ' + status.dsn + ' ' + status.text;
  }
  told.log = delivery.output;
  return told;
}

TEST_CASE("TLS with a real server, level by level") {
  if (skipped()) {
    return;
  }
  const Certificates authority;
  const Certificates stranger("Stranger CA");
  const CertificateFiles good = authority.issue("good", "DNS:mail.example.com,IP:127.0.0.1");
  const CertificateFiles expired = authority.issue("expired", "DNS:mail.example.com,IP:127.0.0.1",
                                                   Certificates::Validity::expired);
  const CertificateFiles other = authority.issue("other", "DNS:other.example.com");
  const std::string known = "lmtp_tls_CAfile = " + authority.authority() + "\n";
  const std::string sent = "sent 2.0.0 ";
  const std::string not_verified = "deferred 4.7.5 Server certificate not verified";
  const auto level = [](const std::string& name) {
    return "lmtp_tls_security_level = " + name + "\n";
  };
  struct Row {
    const char* name;
    const CertificateFiles* certificate;
    std::string parameters;
    std::string status;  ///< How it begins.
    std::string log;     ///< A part of it; empty: nothing of TLS.
  };
  const Row rows[] = {
      {"none", &good, level("none"), sent, ""},
      {"may, unknown authority", &good, level("may"), sent,
       ": Untrusted TLS connection established to 127.0.0.1[127.0.0.1]:"},
      {"may", &good, level("may") + known, sent,
       ": Trusted TLS connection established to 127.0.0.1[127.0.0.1]:"},
      {"encrypt", &good, level("encrypt"), sent, "Untrusted TLS connection established"},
      {"verify", &good, level("verify") + known, sent, "Verified TLS connection established"},
      {"secure, by the nexthop", &good, level("secure") + known, sent,
       "Verified TLS connection established"},
      {"secure, another name", &other, level("secure") + known, not_verified,
       "server certificate verification failed for 127.0.0.1[127.0.0.1]:"},
      {"encrypt, another name", &other, level("encrypt") + known, sent,
       "Trusted TLS connection established"},
      {"verify, names of its own", &other,
       level("verify") + known + "lmtp_tls_verify_cert_match = .example.com\n", sent,
       "Verified TLS"},
      {"verify, unknown authority", &good,
       level("verify") + "lmtp_tls_CAfile = " + stranger.authority() + "\n", not_verified,
       "untrusted issuer /CN=Test CA"},
      {"verify, no authority", &good, level("verify"), not_verified,
       "Untrusted TLS connection established"},
      {"verify, expired", &expired, level("verify") + known, not_verified,
       "certificate has expired"},
      {"may, expired", &expired, level("may") + known, sent,
       "Untrusted TLS connection established"},
      {"fingerprint", &expired,
       level("fingerprint") +
           "lmtp_tls_fingerprint_digest = sha256\nlmtp_tls_fingerprint_cert_match = 00:11, " +
           Certificates::fingerprint(expired.certificate) + "\n",
       sent, "Verified TLS connection established"},
      {"fingerprint, of another one", &good,
       level("fingerprint") +
           "lmtp_tls_fingerprint_digest = sha256\nlmtp_tls_fingerprint_cert_match = " +
           Certificates::fingerprint(expired.certificate) + "\n",
       not_verified, "not trusted by local or TLSA policy"},
      {"fingerprint, none", &good, level("fingerprint"),
       "deferred 4.7.5 client TLS configuration problem", "no fingerprints to match"},
      {"dane", &good, level("dane"), "deferred 4.7.5 client TLS configuration problem",
       "DNSSEC cannot be asked here"},
      {"required and not offered", nullptr, level("encrypt"),
       "deferred 4.7.4 TLS is required, but was not offered by host 127.0.0.1[127.0.0.1]", ""},
      {"may, and not offered", nullptr, level("may"), sent, ""},
      {"trust anchor", &good,
       level("secure") + "lmtp_tls_trust_anchor_file = " + authority.authority() + "\n", sent,
       "Verified TLS"},
      {"another trust anchor", &good,
       level("secure") + known + "lmtp_tls_trust_anchor_file = " + stranger.authority() + "\n",
       not_verified, "Untrusted TLS"},
      {"a policy", &good,
       level("none") + known +
           "lmtp_tls_policy_maps = inline:{ { 127.0.0.1:PORT = secure match=mail.example.com } }\n",
       sent, "Verified TLS"},
      {"a policy that makes no sense", &good, level("may") + "lmtp_tls_policy_maps = static:sure\n",
       "deferred 4.7.5 client TLS configuration problem", "invalid security level \"sure\""},
      {"per site", &good, level("may") + known + "lmtp_tls_per_site = static:MUST\n", sent,
       "Verified TLS"},
      {"enforce_tls", &other, known + "lmtp_enforce_tls = yes\n", not_verified,
       "IP address mismatch"},
      {"use_tls", &good, known + "lmtp_use_tls = yes\n", sent, "Trusted TLS"},
      {"an old version", &good, level("encrypt") + "lmtp_tls_mandatory_protocols = TLSv1.2\n", sent,
       ": TLSv1.2 with cipher "},
      {"no such version", &good, level("encrypt") + "lmtp_tls_mandatory_protocols = TLSv9\n",
       "deferred 4.7.5 Cannot start TLS: handshake failure", "Invalid TLS protocol list"},
      {"no such grade", &good, level("encrypt") + "lmtp_tls_mandatory_ciphers = best\n",
       "deferred 4.7.5 Cannot start TLS: handshake failure", "invalid cipher grade"},
      {"a file that is not there, and TLS required", &good,
       level("encrypt") + "lmtp_tls_CAfile = /nonexistent\n",
       "deferred 4.7.5 TLS is required, but our TLS engine is unavailable",
       "cannot load Certification Authority data"},
      {"a file that is not there, and no need", &good,
       level("may") + "lmtp_tls_CAfile = /nonexistent\n", sent, "disabling TLS support"},
      {"a certificate of this side", &good,
       level("encrypt") + "lmtp_tls_cert_file = " + good.certificate +
           "\nlmtp_tls_key_file = " + good.key + "\n",
       sent, "TLS connection established"},
      {"a chain of this side", &good,
       level("encrypt") + "lmtp_tls_chain_files = " + good.key + ", " + good.certificate + "\n",
       sent, "TLS connection established"},
      {"a key of somebody else", &good,
       level("encrypt") + "lmtp_tls_cert_file = " + good.certificate +
           "\nlmtp_tls_key_file = " + other.key + "\n",
       "deferred 4.7.5 TLS is required, but our TLS engine is unavailable",
       "disabling TLS support"},
  };
  for (const CertificateFiles* certificate :
       {&good, &expired, &other, static_cast<const CertificateFiles*>(nullptr)}) {
    const DovecotServer server(certificate == nullptr ? CertificateFiles{} : *certificate);
    for (const Row& row : rows) {
      if (row.certificate != certificate) {
        continue;
      }
      INFO(row.name);
      std::string parameters = row.parameters;
      const std::string endpoint = server.inet_endpoint();
      if (const auto at = parameters.find("PORT"); at != std::string::npos) {
        parameters.replace(at, 4, endpoint.substr(endpoint.rfind(':') + 1));
      }
      const Told told = deliver(endpoint, parameters);
      INFO(told.log);
      CHECK_THAT(told.status, Catch::StartsWith(row.status));
      CHECK_THAT(told.log, Catch::Contains(row.log));
      if (row.log.empty()) {
        CHECK(told.log.find("TLS connection") == std::string::npos);
      }
    }
  }
}

TEST_CASE("a session is taken up again in the same run") {
  if (skipped()) {
    return;
  }
  const Certificates authority;
  const DovecotServer server(authority.issue("good", "IP:127.0.0.1"));
  const MailSite site("mailbox_transport = lmtp:" + server.inet_endpoint() +
                          "\nlmtp_destination_recipient_limit = 1\nlmtp_tls_loglevel = 2\n"
                          "lmtp_tls_security_level = verify\nlmtp_tls_CAfile = " +
                          authority.authority() + "\n",
                      "", {});
  const Delivery delivery =
      site.deliver("local", {"alice@example.com", "alice+lists@example.com"}, "twice");
  INFO(delivery.output);
  CHECK(delivery.exit_status == 0);
  CHECK(count_of(delivery.output, "Verified TLS connection established") == 2);
  CHECK(count_of(delivery.output, "Reusing old session") == 1);
}

}  // namespace
}  // namespace lastmile::test
