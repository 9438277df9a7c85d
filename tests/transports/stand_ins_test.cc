// SPDX-License-Identifier: Apache-2.0
// What a program does that was built without OpenSSL or Cyrus SASL. This one is linked with what
// then stands in for them.
#include <optional>
#include <string>
#include <vector>

#include "lmtpclient/login.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/transports/agents_fixture.h"
#include "transports/agents/lmtp_agent.h"
#include "transports/agents/sasl_client.h"
#include "transports/agents/tls_engine.h"

namespace lastmile {
namespace {

/// What becomes of a message at a server that offers TLS, and what is warned of.
std::string delivered_with(const std::string& level) {
  test::ServerScript script = test::server_script("ok");
  script.lhlo = "250-scripted\r\n250 STARTTLS";
  const test::ScriptedServer server("inet", script);
  Settings settings = test::delivery_settings();
  settings.mail_owner.value = "nobody";
  settings.main_cf.set("lmtp_tls_security_level", {level, std::nullopt});
  AgentContext context = test::context_of(settings);
  std::string result;
  context.warn_once = [&](const std::string& text) { result += text + '\n'; };
  const std::string port = std::to_string(server.port());
  const auto statuses = deliver_to_lmtp(
      Lmtp{lmtp::InetEndpoint{"127.0.0.1", port, {}, "[127.0.0.1]:" + port}},
      test::job_for(test::somebody()), test::message_of("Subject: x\n\ntext\n"), context);
  return result + test::line_of(statuses[0], "/nowhere");
}

TEST_CASE("a program without OpenSSL lets mail wait where TLS is required") {
  const std::string warning = "lastmile was built without OpenSSL: disabling TLS support\n";
  CHECK_FALSE(is_tls_built_in());
  CHECK(delivered_with("none") == "2.0.0 250 2.0.0 saved 0");
  CHECK(delivered_with("may") == warning + "2.0.0 250 2.0.0 saved 0");
  CHECK(delivered_with("encrypt") ==
        warning + "4.7.5 TLS is required, but our TLS engine is unavailable");
}

TEST_CASE("a program without Cyrus SASL says so where somebody has to log in") {
  CHECK_FALSE(is_sasl_built_in());
  const auto login = make_login({});
  CHECK(login->usable({"PLAIN"}) == std::vector<std::string>{"PLAIN"});
  CHECK(login->begin({"PLAIN"}, lmtp::Protection::verified).problem ==
        "lastmile was built without Cyrus SASL");
}

}  // namespace
}  // namespace lastmile
