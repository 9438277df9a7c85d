// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "local/commands/commands.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::Done;

/// A configuration of this host whose mail goes to one scripted server.
class ProbedHost {
 public:
  explicit ProbedHost(const test::ServerScript& script) : server_("inet", script) {
    directory_.write("etc/main.cf",
                     "compatibility_level = 3.6\nmyhostname = mx.example.com\n"
                     "myorigin = example.com\nmydestination = example.com\nalias_maps =\n"
                     "local_recipient_maps =\nmail_owner = nobody\ndefault_privs = "
                     "daemon\nsmtputf8_enable = no\n"
                     "recipient_delimiter = +\n"
                     "mailbox_transport = lmtp:inet:127.0.0.1:" +
                         std::to_string(server_.port()) + "\n");
    directory_.write("etc/master.cf", "lmtp unix - - n - - lmtp\nlocal unix - n n - - local\n");
  }

  Done run(int (*command)(Invocation&), const std::vector<std::string>& arguments) const {
    GlobalOptions options;
    options.config_directory = directory_.path("etc");
    return test::run_command(command, options, arguments);
  }
  std::string path(const std::string& name) const { return directory_.path(name); }
  std::string stop() { return server_.stop(); }

 private:
  test::TemporaryDirectory directory_ = {};
  test::ScriptedServer server_;
};

TEST_CASE("probe: a server is asked up to RCPT, and gets no message") {
  test::ServerScript script;
  script.rcpt = {{"soft", "450 4.2.2 over quota"}, {"lastmile", "550 5.1.1 no such user"}};
  ProbedHost host(script);
  const Done done = host.run(run_probe, {"alice@example.com", "soft@example.com"});
  INFO(done.out << done.err);
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Catch::Contains("ok         alice@example.com"));
  CHECK_THAT(done.out, Catch::Contains("temporary  soft@example.com"));
  CHECK_THAT(done.out, Catch::Contains("unknown names are refused at RCPT"));
  const std::string said = host.stop();
  INFO(said);
  CHECK(said.find("RCPT TO:<alice+probe@example.com>") != std::string::npos);
  CHECK(said.find("RCPT TO:<ALICE@example.com>") != std::string::npos);
  CHECK(said.find("DATA") == std::string::npos);
  CHECK(said.find("BDAT") == std::string::npos);
}

TEST_CASE("probe: the answers are kept, and check judges them") {
  test::ServerScript script;
  script.rcpt = {{"+", "550 5.1.1 no such user"}, {"lastmile", "550 5.1.1 no such user"}};
  const ProbedHost host(script);
  const std::string record = host.path("answers.json");
  const Done done = host.run(run_probe, {"--json", "--record", record, "alice@example.com"});
  INFO(done.out << done.err);
  CHECK(done.status == 2);
  CHECK(test::fault_of_json_lines(done.out, "probe.schema.json").empty());
  CHECK_THAT(done.out, Catch::Contains("\"rule\":\"lmtp-extension-mismatch\""));
  const Done checked = host.run(run_check, {"--probe", record});
  CHECK(checked.status == 2);
  CHECK_THAT(checked.out, Catch::Contains("[lmtp-extension-mismatch]"));
  CHECK(host.run(run_check, {"--probe", host.path("nosuch")}).status == 64);
  CHECK(host.run(run_check, {"--probe", host.path("etc/main.cf")}).status == 64);
}

TEST_CASE("probe: what is no server, and no address") {
  test::ServerScript script;
  const ProbedHost host(script);
  CHECK(host.run(run_probe, {"--timeout", "0"}).status == 64);
  CHECK(host.run(run_probe, {"--recipients", "x"}).status == 64);
  const Done remote = host.run(run_probe, {"bob@partner.example"});
  CHECK(remote.status == 0);
  CHECK_THAT(remote.out, Catch::Contains("no address leads to an LMTP server"));
  GlobalOptions options;
  options.root = "/nonexistent";
  CHECK(test::run_command(run_probe, options, {}).status == 64);
}

TEST_CASE("probe: a server that never answers takes as long as it may") {
  test::ServerScript script;
  script.hangs_at = test::ServerScript::Place::banner;
  const ProbedHost host(script);
  const Done done = host.run(run_probe, {"--timeout", "1", "alice@example.com"});
  INFO(done.out << done.err);
  CHECK(done.status == 1);
  CHECK_THAT(done.out, Catch::Contains("timed out"));
}

}  // namespace
}  // namespace lastmile
