#include <sstream>

#include "local/cli.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

struct Output {
  int status = 0;
  std::string out = {};
  std::string err = {};
};

Output lastmile(const std::vector<std::string>& arguments, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const int status = run(arguments, in, out, err);
  return {status, out.str(), err.str()};
}

const std::string kDemo = source_directory() + "/fixtures/demo";

TEST_CASE("options that make no sense are usage errors, in one line") {
  struct Row {
    std::vector<std::string> arguments;
    std::string message;
  };
  const Row rows[] = {
      {{"--nosuch", "trace"}, "lastmile: unknown option --nosuch; see lastmile --help\n"},
      {{"nosuch"}, "lastmile: unknown command nosuch; see lastmile --help\n"},
      {{"-o", "novalue", "trace", "x"},
       "lastmile: -o wants NAME=VALUE, not \"novalue\"; see lastmile --help\n"},
      {{"-C"}, "lastmile: -C wants a value; see lastmile --help\n"},
      {{"--color", "blue", "trace", "x"},
       "lastmile: --color wants auto, always or never, not \"blue\"; see lastmile --help\n"},
      {{"trace"}, "lastmile trace: no address; '-' reads them from standard input\n"},
      {{"trace", "--stage", "x", "a"}, "lastmile trace: --stage wants full, local or smtp\n"},
      {{"deliver"}, "lastmile deliver: no recipient\n"},
      {{"deliver", "--notify", "NEVER,FAILURE", "a"},
       "lastmile deliver: --notify wants NEVER, or a list of SUCCESS, FAILURE and DELAY, not "
       "\"NEVER,FAILURE\"\n"},
      {{"deliver", "--notify", "ALWAYS", "a"},
       "lastmile deliver: --notify wants NEVER, or a list of SUCCESS, FAILURE and DELAY, not "
       "\"ALWAYS\"\n"},
      {{"deliver", "--ret", "NONE", "a"},
       "lastmile deliver: --ret wants FULL or HDRS, not \"NONE\"\n"},
      {{"deliver", "--orcpt", "alice", "a"},
       "lastmile deliver: --orcpt wants TYPE;ADDRESS, not \"alice\"\n"},
      {{"deliver", "-m", "Sent", "a"},
       "lastmile deliver: -m takes INBOX alone: the configuration chooses the mailbox\n"},
  };
  for (const Row& row : rows) {
    const Output output = lastmile(row.arguments);
    CHECK(output.status == 64);
    CHECK(output.err == row.message);
    CHECK(output.out.empty());
  }
}

TEST_CASE("names of options are never guessed") {
  CHECK(lastmile({"deliver", "--dry", "x"}).status == 64);
  CHECK(lastmile({"trace", "--js", "x"}).status == 64);
}

TEST_CASE("help goes to standard output and lists every command") {
  const Output output = lastmile({"--help"});
  CHECK(output.status == 0);
  for (const Subcommand& command : subcommands()) {
    CHECK(output.out.find("\n  " + std::string(command.name)) != std::string::npos);
    const Output help = lastmile({std::string(command.name), "--help"});
    CHECK(help.status == 0);
    CHECK(help.out.starts_with("usage: lastmile " + std::string(command.name)));
  }
}

TEST_CASE("the version names the optional components and the map types") {
  const Output output = lastmile({"--version"});
  CHECK(output.out.starts_with("lastmile "));
  CHECK(output.out.find("\nmap types:") != std::string::npos);
  CHECK(output.out.find(" sqlite") != std::string::npos);
}

TEST_CASE("the exit status of trace tells how addresses land") {
  struct Row {
    std::vector<std::string> arguments;
    int status;
  };
  const Row rows[] = {
      {{"trace", "bob@example.com"}, 0},
      {{"-bt", "bob@example.com"}, 0},
      {{"trace", "nosuch@example.com"}, 2},
      {{"-o", "alias_maps=fail:x", "trace", "bob@example.com"}, 1},
      {{"-o", "alias_maps=hash:/nosuch", "trace", "--stage", "local", "bob@example.com"}, 1},
  };
  for (const Row& row : rows) {
    std::vector<std::string> arguments = {"--root", kDemo};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    INFO(arguments.back());
    CHECK(lastmile(arguments).status == row.status);
  }
}

TEST_CASE("addresses come from standard input, one trace after the other") {
  const Output output = lastmile({"--root", kDemo, "trace", "--format", "tsv", "-"},
                                 "# a comment\nbob@example.com\n\nnosuch@example.com\n");
  CHECK(output.status == 2);
  CHECK(output.out.find("bob@example.com\tmailbox") != std::string::npos);
  CHECK(output.out.find("nosuch@example.com\tbounce") != std::string::npos);
}

TEST_CASE("odd addresses are traced to a clear end") {
  const std::string inputs[] = {std::string(100000, 'a') + "@example.com",
                                std::string("a\0b@example.com", 15),
                                "\"",
                                "@",
                                "<>",
                                "a@b@c",
                                "\xff\xfe@example.com"};
  for (const std::string& input : inputs) {
    const Output output = lastmile({"--root", kDemo, "trace", "--json", input});
    CHECK((output.status == 0 || output.status == 2));
    CHECK(output.out.find("\"destinations\":[{") != std::string::npos);
  }
}

TEST_CASE("a configuration that is not there is one clear line, and no decision") {
  const Output trace = lastmile({"-C", "/nosuch", "trace", "x"});
  CHECK(trace.status == 1);
  CHECK(trace.err.find("/nosuch/main.cf") != std::string::npos);
  const Output deliver = lastmile({"-C", "/nosuch", "deliver", "x"});
  CHECK(deliver.status == 75);
  CHECK(deliver.err.find("/nosuch/main.cf") != std::string::npos);
}

TEST_CASE("a value that makes no sense names the parameter and what would be right") {
  const Output output =
      lastmile({"--root", kDemo, "-o", "owner_request_special=maybe", "trace", "bob"});
  CHECK(output.status == 1);
  CHECK(output.err.find("owner_request_special") != std::string::npos);
  CHECK(output.err.find("maybe") != std::string::npos);
}

}  // namespace
}  // namespace lastmile::test
