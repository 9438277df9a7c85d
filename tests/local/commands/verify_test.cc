// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "local/commands/commands.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::Done;

/// A tree with a file of expectations beside it.
class VerifiedTree {
 public:
  VerifiedTree() {
    directory_.write("etc/postfix/main.cf",
                     "compatibility_level = 3.6\nmyhostname = mx.example.com\n"
                     "myorigin = example.com\nmydestination = example.com\n"
                     "alias_maps = texthash:/etc/aliases\n");
    directory_.write("etc/aliases",
                     "root alice\nteam alice, bob@partner.example\n"
                     "owner-team bob\npipe |cat\nloopless /dev/null\n");
    directory_.write("etc/passwd",
                     "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
                     "alice:x:2001:2001::/home/alice:/bin/sh\n");
  }

  Done verify(const std::string& expectations, std::vector<std::string> arguments = {}) {
    arguments.push_back(directory_.write("mail.expect", expectations));
    return run(arguments);
  }

  Done run(const std::vector<std::string>& arguments) const {
    GlobalOptions options;
    options.root = directory_.path();
    return test::run_command(run_verify, options, arguments);
  }

  std::string read() const { return directory_.read("mail.expect"); }

 private:
  test::TemporaryDirectory directory_ = {};
};

TEST_CASE("verify: what holds, and what does not") {
  // Whether it holds: 0 passes, 2 fails, 1 is undecided.
  const std::pair<std::string, int> rows[] = {
      {"root mailbox:/var/mail/alice", 0},
      {"root mailbox:/var/mail/bob", 2},
      {"root lands", 0},
      {"root = alice", 0},
      {"root = team", 2},
      {"team mailbox:/var/mail/alice", 2},
      {"team mailbox:/var/mail/alice\n ...", 0},
      {"team ! remote:*@partner.example", 2},
      {"team ! remote:*@other.example", 0},
      {"team count 2", 0},
      {"team count 3..4", 2},
      {"team from owner-team@example.com", 0},
      {"team from alice@example.com", 2},
      {"root via alias root", 0},
      {"root via alias_maps", 0},
      {"root via .forward", 2},
      {"root RCPT 250", 0},
      {"root RCPT 550", 2},
      {"root refused", 2},
      {"pipe command:cat as nobody", 0},
      {"each *@example.com ! remote:*@nowhere.example", 0},
      {"each *@example.com ! remote:*@partner.example", 2},
      {"nosuch bounce:5.1.1", 0},
      {"nosuch RCPT 550 5.1.1\n bounce:5.1.1 unknown user: \"nosuch\"", 0},
      {"nosuch lands", 2},
      {"[x -o alias_maps=tcp:192.0.2.1:1]\nnosuch lands", 1},
      {"[x -o alias_maps=tcp:192.0.2.1:1]\nnosuch defer:", 0},
      {"each *@none.example lands", 2},
      {"[x todo later]\nroot mailbox:/var/mail/bob", 0},
      {"[x -o luser_relay=alice]\nroot lands", 0},
      {"[x -f <>]\nroot from <>", 0},
      {"[x --stage local]\nroot RCPT 250", 2},
  };
  for (const auto& [text, status] : rows) {
    VerifiedTree tree;
    INFO(text);
    const Done done = tree.verify(text + '\n');
    INFO(done.out << done.err);
    CHECK(done.status == status);
  }
}

TEST_CASE("verify: a syntax error shows its place, and nothing is run") {
  VerifiedTree tree;
  const Done done = tree.verify("root lands\nteam mailbx:/x\n");
  CHECK(done.status == 64);
  CHECK(done.out.empty());
  CHECK_THAT(done.err, Catch::Contains("mail.expect:2:6: \"mailbx\""));
  CHECK_THAT(done.err, Catch::Contains("    team mailbx:/x\n         ^\n"));
}

TEST_CASE("verify: forms of the report") {
  VerifiedTree tree;
  const std::string cases = "root lands\n[it's # odd todo \"a <b>\"]\nteam count 7\n";
  const Done tap = tree.verify(cases, {"--format", "tap"});
  CHECK(tap.status == 0);
  CHECK_THAT(tap.out, Catch::StartsWith("TAP version 14\n1..2\nok 1 - root lands\n"));
  CHECK_THAT(tap.out, Catch::Contains("not ok 2 - team [it's \\# odd] count 7 # TODO a <b>\n"));
  const Done junit = tree.verify(cases, {"--format", "junit"});
  CHECK_THAT(junit.out, Catch::Contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""));
  CHECK_THAT(junit.out, Catch::Contains("<skipped message=\"a &lt;b&gt;\"/>"));
  const Done json = tree.verify(cases, {"--json"});
  CHECK(test::fault_of_json_lines(json.out, "verify.schema.json").empty());
  CHECK_THAT(json.out, Catch::Contains("\"verdict\":\"todo\""));
  CHECK_THAT(json.out, Catch::EndsWith("\"todo\":1,\"todo_passed\":0,\"partial\":false}\n"));
}

TEST_CASE("verify: what is accepted passes, and the rest of the file stays") {
  VerifiedTree tree;
  const std::string before =
      "# roles\n"
      "root    mailbox:/var/mail/bob   \n"
      "team    lands\n"
      "team    mailbox:/var/mail/bob   # no comment\n"
      "        # between\n"
      "        via .forward\n"
      "        from x@example.com\n"
      "\n"
      "pipe    command:*\n"
      "[x -o alias_maps=tcp:192.0.2.1:1]\n"
      "nosuch  lands\n";
  const Done shown = tree.verify(before, {"--accept", "--dry-run"});
  CHECK_THAT(shown.out, Catch::Contains("-root    mailbox:/var/mail/bob"));
  CHECK_THAT(shown.out, Catch::Contains("+root    mailbox:/var/mail/alice"));
  CHECK(tree.read() == before);
  const Done done = tree.verify(before, {"--accept", "--force"});
  CHECK(done.status == 1);  // nosuch is undecided, and never recorded.
  CHECK(tree.read() ==
        "# roles\n"
        "root    mailbox:/var/mail/alice\n"
        "team    lands\n"
        "        # between\n"
        "team    from owner-team@example.com\n"
        "        mailbox:/var/mail/alice\n"
        "        remote:bob@partner.example via smtp:partner.example\n"
        "\n"
        "pipe    command:*\n"
        "[x -o alias_maps=tcp:192.0.2.1:1]\n"
        "nosuch  lands\n");
  CHECK(tree.verify(tree.read()).status == 1);
}

TEST_CASE("verify: every known address can be recorded") {
  VerifiedTree tree;
  CHECK(tree.verify("root lands\n", {"--accept", "--all", "--force"}).status == 0);
  CHECK_THAT(tree.read(), Catch::Contains("pipe@example.com       command:cat\n"));
  CHECK_THAT(tree.read(), Catch::Contains("team@example.com       mailbox:/var/mail/alice\n"));
  const std::string recorded = tree.read();
  CHECK(tree.verify(recorded).status == 0);
}

}  // namespace
}  // namespace lastmile
