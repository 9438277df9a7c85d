// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "local/commands/commands.h"
#include "local/formats/format.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::Done;

/// A tree whose answers come from lines of many kinds of files.
class TraceCommand {
 public:
  TraceCommand() {
    directory_.write("etc/postfix/main.cf",
                     "compatibility_level = 3.6\n"
                     "myhostname = mx.example.com\n"
                     "mydestination = example.com, /etc/domains\n"
                     "alias_maps = texthash:/etc/texts, regexp:/etc/patterns\n"
                     "virtual_alias_domains = texthash:/etc/shops\n"
                     "virtual_alias_maps = texthash:/etc/virtual\n");
    directory_.write("etc/domains", "# ours\nlist.example\n");
    directory_.write("etc/shops", "# shops\n\nshop.example x\n");
    directory_.write("etc/texts", "# names\nsales root\n");
    directory_.write("etc/patterns", "# names\n\n/^info/ root\n");
    directory_.write("etc/virtual", "info@shop.example sales\n");
    directory_.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
  }

  void write(const std::string& path, const std::string& text) { directory_.write(path, text); }

  Done run(const std::vector<std::string>& arguments, const std::string& input = "",
           int verbosity = 0) const {
    GlobalOptions options;
    options.root = directory_.path();
    options.verbosity = verbosity;
    return test::run_command(run_trace, options, arguments, input);
  }

 private:
  test::TemporaryDirectory directory_ = {};
};

std::string one_a_line(const std::vector<std::string>& words) {
  std::string lines;
  for (const std::string& word : words) {
    lines += word + '\n';
  }
  return lines;
}

TEST_CASE("a trace of one address and of many names the same lines") {
  const TraceCommand command;
  const std::vector<std::string> addresses = {"sales@example.com", "info@list.example",
                                              "info@shop.example", "nosuch@shop.example",
                                              "nosuch@example.com"};
  for (const char* const format : {"tree", "json", "dot", "tsv", "expect"}) {
    for (const int verbosity : {0, 1}) {
      INFO(format << " " << verbosity);
      std::vector<std::string> arguments = {"--format", format};
      const Done read = command.run({"--format", format, "-"}, one_a_line(addresses), verbosity);
      arguments.insert(arguments.end(), addresses.begin(), addresses.end());
      const Done given = command.run(arguments, "", verbosity);
      CHECK(given.out == read.out);
      CHECK(given.status == read.status);
    }
  }
  const std::string tree = command.run({"-"}, one_a_line(addresses)).out;
  for (const char* const line :
       {"/etc/domains:2", "/etc/shops:3", "/etc/texts:2", "/etc/patterns:3", "/etc/virtual:1"}) {
    INFO(line);
    CHECK(tree.find(line) != std::string::npos);
  }
}

TEST_CASE(
    "trace: --via says where mail comes in, and each program has the parameters of its own line") {
  TraceCommand command;
  command.write("etc/postfix/master.cf",
                "smtp inet n - n - - smtpd\n"
                "submission inet n - n - - smtpd\n"
                "  -o receive_override_options=no_address_mappings\n"
                "  -o smtpd_reject_unlisted_recipient=no\n"
                "pickup unix n - n 60 1 pickup\n"
                "  -o cleanup_service_name=other\n"
                "other unix n - n - 0 cleanup\n"
                "  -o { virtual_alias_maps=inline:{{info@shop.example=ops@elsewhere.test}} }\n"
                "smtp unix - - n - - smtp\n"
                "error unix - - n - - error\n"
                "local unix - n n - - local\n");
  struct Row {
    const char* via;
    const char* expected;
  };
  const Row rows[] = {
      {"25", "sales@mx.example.com"},
      {"submission", "bounce"},  // An alias domain without its aliases.
      {"pickup", "ops@elsewhere.test"},
  };
  for (const Row& row : rows) {
    INFO(row.via);
    const Done done = command.run({"--via", row.via, "--format", "tsv", "info@shop.example"});
    CHECK_THAT(done.out, Catch::Contains(row.expected));
  }
  const Done unknown = command.run({"--via", "smtsp", "info@shop.example"});
  CHECK(unknown.status == 64);
  CHECK_THAT(unknown.err, Catch::Contains("that takes mail in (smtp, submission, pickup)"));
}

TEST_CASE("lines are looked for where a format shows them") {
  for (const std::string format : {"tree", "json", "dot"}) {
    CHECK(shows_reasons(format));
  }
  CHECK_FALSE(shows_reasons("tsv"));
  CHECK_FALSE(shows_reasons("expect"));
}

TEST_CASE("config --service shows the parameters of one service") {
  const test::TemporaryDirectory root;
  root.write("etc/postfix/main.cf", "compatibility_level = 3.6\nmyhostname = mx.example.com\n");
  root.write("etc/postfix/master.cf",
             "smtp inet n - n - - smtpd\n  -o myorigin=smtpd.$mydomain\n"
             "smtp unix - - n - - smtp\n  -o myorigin=client.example\n");
  GlobalOptions options;
  options.root = root.path();
  const auto config = [&options](const std::vector<std::string>& words) {
    return test::run_command(run_config, options, words, "");
  };
  CHECK(config({"-xh", "--service", "smtp/inet", "myorigin"}).out == "smtpd.example.com\n");
  CHECK(config({"-xh", "--service", "smtp/unix", "myorigin"}).out == "client.example\n");
  CHECK_THAT(config({"--service", "smtp", "myorigin"}).err,
             Catch::Contains("several services \"smtp\" (smtp/inet, smtp/unix)"));
  CHECK_THAT(config({"--service", "smtp/inte", "myorigin"}).err, Catch::Contains("did you mean"));
}

TEST_CASE("with -v, what was looked for in vain is shown") {
  const TraceCommand command;
  CHECK(command.run({"root@example.com"}).out.find("alias_maps") == std::string::npos);
  CHECK(command.run({"root@example.com"}, "", 1).out.find("alias_maps: no root in texthash") !=
        std::string::npos);
}

TEST_CASE("a tree without indexes is traced by its texts, and the trace says so") {
  TraceCommand command;
  command.write("etc/postfix/main.cf",
                "myhostname = mx.example.com\n"
                "mydestination = mx.example.com\n"
                "alias_maps = lmdb:/etc/aliases\n"
                "virtual_alias_maps = proxy:lmdb:/etc/virtual\n");
  command.write("etc/aliases", "sales: root\n");
  const std::string tree = command.run({"info@shop.example"}).out;
  for (const char* const part :
       {"lmdb:/etc/aliases, lmdb:/etc/virtual have no indexes here, and are read from their texts",
        "/etc/virtual:1", "/etc/aliases:1"}) {
    INFO(part);
    CHECK(tree.find(part) != std::string::npos);
  }
  command.write("etc/virtual.lmdb", "no index");
  CHECK(command.run({"info@shop.example"}).status == 1);
}

}  // namespace
}  // namespace lastmile
