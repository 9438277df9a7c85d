// SPDX-License-Identifier: Apache-2.0
// `lastmile probe` with real servers: what they answer, and that nothing is stored.
#include <iostream>
#include <string>
#include <vector>

#include "tests/integration/cyrus_server.h"
#include "tests/integration/dovecot_server.h"
#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

bool is_there(const std::string& reason) {
  if (!reason.empty()) {
    std::cout << "skipped: " << reason << '\n';
  }
  return reason.empty();
}

ProcessResult probe(const MailSite& site, const std::vector<std::string>& arguments) {
  ProcessSpec spec = {
      .arguments = {lastmile_program(), "-C", site.directory().path("etc"), "probe"}};
  spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
  return run_process(spec);
}

std::string main_cf(const std::string& endpoint) {
  return "mailbox_transport = lmtp:" + endpoint +
         "\nlocal_recipient_maps =\nrecipient_delimiter = +\n";
}

TEST_CASE("probe: Dovecot takes a user, and refuses who is unknown or over quota") {
  if (!is_there(DovecotServer::unavailable())) {
    return;
  }
  const DovecotServer server;
  for (const std::string& endpoint : {server.unix_endpoint(), server.inet_endpoint()}) {
    const MailSite site(main_cf(endpoint), "", {});
    const ProcessResult done =
        probe(site, {"alice@example.com", "full@example.com", "nosuch@example.com"});
    INFO(done.out << done.err << server.log());
    CHECK(done.status == 2);
    CHECK_THAT(done.out, Catch::Contains("ok         alice@example.com"));
    CHECK_THAT(done.out, Catch::Contains("wrong      nosuch@example.com"));
    CHECK_THAT(done.out, Catch::Contains("550 5.1.1"));
    CHECK_THAT(done.out, Catch::Contains("unknown names are refused at RCPT"));
    CHECK_THAT(done.out, Catch::Contains("PIPELINING"));
    CHECK(count_of(server.mail_of("alice"), "Subject:") == 0);
  }
}

TEST_CASE("probe: Cyrus by its socket, and by TCP with and without a login") {
  if (!is_there(CyrusServer::unavailable())) {
    return;
  }
  const CyrusServer server({"alice"});
  const MailSite site(main_cf(server.unix_endpoint()), "", {});
  const ProcessResult done = probe(site, {"alice@example.com", "nosuch@example.com"});
  INFO(done.out << done.err);
  CHECK_THAT(done.out, Catch::Contains("ok         alice@example.com"));
  CHECK_THAT(done.out, Catch::Contains("unknown names are refused at RCPT"));
  CHECK(server.mail_of("alice").empty());

  const MailSite stranger(main_cf(server.inet_endpoint()), "", {});
  const ProcessResult refused = probe(stranger, {"alice@example.com"});
  INFO(refused.out << refused.err);
  CHECK(refused.status != 0);
  CHECK_THAT(refused.out, Catch::Contains("wants a login"));
}

TEST_CASE("probe: a server that is gone, and a path that nobody may use") {
  if (!is_there(DovecotServer::unavailable())) {
    return;
  }
  std::string endpoint;
  {
    const DovecotServer server;
    endpoint = server.unix_endpoint();
  }
  const MailSite site(main_cf(endpoint), "", {});
  const ProcessResult done = probe(site, {"--json", "alice@example.com"});
  INFO(done.out << done.err);
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Catch::Contains("\"rule\":\"lmtp-socket-missing\""));
}

}  // namespace
}  // namespace lastmile::test
