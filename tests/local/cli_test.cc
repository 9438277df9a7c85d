// SPDX-License-Identifier: Apache-2.0
#include <ios>
#include <set>
#include <sstream>
#include <streambuf>

#include "aliases/text.h"
#include "local/cli.h"
#include "local/option_table.h"
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
  const std::string trace_help = "; see lastmile trace --help\n";
  const std::string deliver_help = "; see lastmile deliver --help\n";
  const Row rows[] = {
      {{"--nosuch", "trace"}, "lastmile: unknown option --nosuch; see lastmile --help\n"},
      {{"-z", "trace"}, "lastmile: unknown option -z; see lastmile --help\n"},
      {{"--rot", "/", "trace"},
       "lastmile: unknown option --rot (did you mean \"--root\"?); see lastmile --help\n"},
      {{"nosuch"}, "lastmile: unknown command nosuch; see lastmile --help\n"},
      {{"trcae", "x"},
       "lastmile: unknown command trcae (did you mean \"trace\"?); see lastmile --help\n"},
      {{"help", "delivr"},
       "lastmile: unknown command delivr (did you mean \"deliver\"?); see lastmile --help\n"},
      {{"-o", "novalue", "trace", "x"},
       "lastmile: -o wants NAME=VALUE, not \"novalue\"; see lastmile --help\n"},
      {{"-C"}, "lastmile: -C wants a value: DIR; see lastmile --help\n"},
      {{"--root"}, "lastmile: --root wants a value: DIR; see lastmile --help\n"},
      {{"--root", "", "trace", "x"}, "lastmile: --root is empty; see lastmile --help\n"},
      {{"--color", "blue", "trace", "x"},
       "lastmile: --color wants auto, always or never, not \"blue\"; see lastmile --help\n"},
      {{"-v", "site", "show", "x"}, "lastmile site: unknown option -v; see lastmile site --help\n"},
      {{"deliver", "-v", "x"}, "lastmile deliver: unknown option -v" + deliver_help},
      {{"trace"}, "lastmile trace: no address; '-' reads them from standard input\n"},
      {{"trace", "--stage", "x", "a"},
       "lastmile trace: --stage wants full, local or smtp, not \"x\"" + trace_help},
      {{"trace", "--format", "jsn", "a"},
       "lastmile trace: --format wants tree, json, tsv, dot, svg, expect or html, not \"jsn\" (did "
       "you mean "
       "\"json\"?)" +
           trace_help},
      {{"trace", "--fromat", "tsv", "a"},
       "lastmile trace: unknown option --fromat (did you mean \"--format\"?)" + trace_help},
      {{"trace", "--site", "", "a"}, "lastmile trace: --site is empty" + trace_help},
      {{"trace", "-f", "a@x", "-f", "b@x", "c"},
       "lastmile trace: --sender is given twice: \"a@x\" and \"b@x\"" + trace_help},
      {{"deliver"}, "lastmile deliver: no recipient\n"},
      {{"deliver", "--notify", "NEVER,FAILURE", "a"},
       "lastmile deliver: --notify wants NEVER, or a list of SUCCESS, FAILURE and DELAY, not "
       "\"NEVER,FAILURE\"\n"},
      {{"deliver", "--notify", "ALWAYS", "a"},
       "lastmile deliver: --notify wants NEVER, or a list of SUCCESS, FAILURE and DELAY, not "
       "\"ALWAYS\"\n"},
      {{"deliver", "--ret", "NONE", "a"},
       "lastmile deliver: --ret wants FULL or HDRS, not \"NONE\"" + deliver_help},
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

TEST_CASE("a tree without a configuration: which file was looked for is said") {
  for (const char* const below : {"/etc", "/etc/postfix/"}) {
    const Output output = lastmile({"--root", kDemo + below, "trace", "x"});
    INFO(output.err);
    CHECK(output.status == 1);
    CHECK(output.err.find("looked for " + kDemo + "/etc/") != std::string::npos);
    CHECK(output.err.ends_with("did you mean --root " + kDemo + "?\n"));
  }
}

TEST_CASE("names of options are never guessed") {
  CHECK(lastmile({"deliver", "--dry", "x"}).status == 64);
  CHECK(lastmile({"trace", "--js", "x"}).status == 64);
}

TEST_CASE("global options are taken behind the command, too") {
  const std::string expected = lastmile({"--root", kDemo, "trace", "bob@example.com"}).out;
  const std::vector<std::string> rows[] = {
      {"trace", "bob@example.com", "--root", kDemo},
      {"trace", "--root=" + kDemo, "-C", "/etc/postfix", "bob@example.com"},
      {"--root", "/nosuch", "trace", "--root", kDemo, "bob@example.com"},
      {"-bt", "--root", kDemo, "bob@example.com"},
      {"-bv", "bob@example.com", "--root", kDemo},
  };
  for (const auto& row : rows) {
    CHECK(lastmile(row).out == expected);
  }
  CHECK(lastmile({"-omyorigin=x.example", "--root", kDemo, "config", "-xh", "myorigin", "-o",
                  "mydomain=y.example", "mydomain"})
            .out == "x.example\ny.example\n");
}

TEST_CASE("every option belongs to commands that there are") {
  std::set<std::string_view> names = {kEveryCommand, kBeforeCommand};
  for (const Subcommand& command : subcommands()) {
    names.insert(command.name);
  }
  std::set<std::string> seen;
  for (const OptionRow& row : option_rows()) {
    for (const std::string_view command : split_list(row.commands)) {
      CHECK(names.count(command) == 1);
      CHECK(seen.insert(std::string(command) + " --" + std::string(row.name) + " -" +
                        std::string(row.letters))
                .second);
    }
    CHECK(!row.help.empty());
  }
}

/// Whether each line has room on a terminal of 80 columns.
bool fits(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 80) {
      return false;
    }
  }
  return true;
}

TEST_CASE("help goes to standard output and lists every command") {
  const Output output = lastmile({"--help"});
  CHECK(output.status == 0);
  for (const Subcommand& command : subcommands()) {
    CHECK(output.out.find("\n  " + std::string(command.name)) != std::string::npos);
    const Output help = lastmile({std::string(command.name), "--help"});
    CHECK(help.status == 0);
    CHECK(help.out.starts_with("usage: lastmile " + std::string(command.name)));
    CHECK(fits(help.out));
    CHECK(lastmile({"help", std::string(command.name)}).out == help.out);
  }
  CHECK(fits(output.out));
  CHECK(lastmile({"help"}).out == output.out);
  CHECK(lastmile({"-h"}).out == output.out);
  CHECK_THAT(lastmile({"help", "trace"}).out, Catch::Contains("dot"));
}

TEST_CASE("the version names the optional components and the map types") {
  const Output output = lastmile({"--version"});
  CHECK(lastmile({"-V"}).out == output.out);
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
  const std::string inputs[] = {
      std::string(60000, 'a') + "@example.com", "\"", "@", "<>", "a@b@c", "\xff\xfe@example.com"};
  for (const std::string& input : inputs) {
    const Output output = lastmile({"--root", kDemo, "trace", "--json", input});
    CHECK(output.status <= 2);
    CHECK(output.out.find("\"destinations\":[{") != std::string::npos);
  }
}

/// What a trace of one argument in internal form lands at, in the TSV of trace.
std::string first_row(const Output& output) {
  const auto begin = output.out.find('\n') + 1;
  return output.out.substr(begin, output.out.find('\n', begin) - begin);
}

TEST_CASE("nothing is delivered through a tree or a site file") {
  for (const char* option : {"--root", "--site"}) {
    CAPTURE(option);
    const Output output = lastmile({option, kDemo, "deliver", "-f", "a@b.example", "postmaster"});
    CHECK(output.status == 64);
    CHECK(output.out.empty());
    CHECK(output.err ==
          "lastmile deliver: a delivery acts on this host: with --root or --site it wants "
          "--dry-run\n");
  }
}

TEST_CASE("a rehearsal says what would be done, a line for each destination, and logs nothing") {
  const Output output =
      lastmile({"--root", kDemo, "deliver", "--dry-run", "postmaster", "nosuch", "sales"});
  CHECK(output.status == 0);
  CHECK(output.err.empty());
  CHECK(output.out ==
        "alice@example.com (for postmaster): delivers to mailbox: /var/mail/alice\n"
        "alice@example.com (for postmaster): delivers to file: /home/alice/received\n"
        "postmaster: forwards to alice@phone.example\n"
        "nosuch@example.com (for nosuch): bounced 5.1.1 unknown user: \"nosuch\"\n"
        "carol@example.com (for sales): delivers to unix:/run/dovecot/lmtp\n"
        "dave@example.com (for sales): delivers to unix:/run/dovecot/lmtp\n");
}

TEST_CASE("an argument is one address, for trace as for deliver") {
  struct Row {
    std::string text;
    std::string address;  // In external form; empty: refused.
    std::string problem;
  };
  const Row rows[] = {
      {"alice+a;b@example.com", "\"alice+a;b\"@example.com", ""},
      {"\"alice+a;b\"@example.com", "\"alice+a;b\"@example.com", ""},
      {"john doe@example.com", "\"john doe\"@example.com", ""},
      {"a,b@example.com", "\"a,b\"@example.com", ""},
      {"Bob <bob@example.com>", "bob@example.com", ""},
      {"bob@example.com, alice@example.com", "",
       "2 addresses in one argument: \"bob@example.com\", \"alice@example.com\"; each wants to be "
       "an "
       "argument (or a line) of its own"},
      {"bob, alice", "",
       "2 addresses in one argument: \"bob\", \"alice\"; each wants to be an argument (or a line) "
       "of "
       "its own"},
      {"bob@example.com alice@example.com", "", "2 addresses in one argument"},
      {"a@x;b@x; c@x,d@x", "", "4 addresses in one argument: \"a@x\", \"b@x\", \"c@x\", ...;"},
      {"\"a@x, b\"@x, c@x", "", "2 addresses in one argument: \"\"a@x, b\"@x\", \"c@x\";"},
      {std::string(70000, 'a'), "", "too long"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 80));
    const Output trace = lastmile({"--root", kDemo, "trace", "--format", "tsv", row.text});
    const Output deliver = lastmile({"--root", kDemo, "deliver", "--dry-run", row.text});
    const Output line = lastmile({"--root", kDemo, "trace", "--format", "tsv", "-"}, row.text);
    CHECK(line.out == trace.out);
    if (row.address.empty()) {
      for (const Output& output : {trace, deliver, line}) {
        CHECK(output.status == 64);
        CHECK_THAT(output.err, Catch::Contains(row.problem));
      }
    } else {
      CHECK_THAT(first_row(trace), Catch::Matchers::StartsWith(row.address + "\t"));
    }
  }
}

/// An input of which nothing can be read, as standard input is when it is a directory or closed.
class UnreadableBuffer final : public std::streambuf {
 protected:
  int_type underflow() override { throw std::ios_base::failure("read"); }
};

TEST_CASE("no input is no list of addresses that all land") {
  const std::vector<std::string> commands[] = {{"--root", kDemo, "trace", "-"},
                                               {"--root", kDemo, "lookup", "inline:{a=b}", "-"}};
  for (const auto& command : commands) {
    CHECK(lastmile(command).status == 64);
    CHECK_THAT(lastmile(command).err, Catch::Matchers::EndsWith(" on standard input\n"));
    UnreadableBuffer buffer;
    std::istream in(&buffer);
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run(command, in, out, err) == 64);
    CHECK_THAT(err.str(), Catch::Contains("cannot read standard input"));
  }
  CHECK_THAT(lastmile({"--root", kDemo, "trace", "-"}, "# none\n\n").err,
             Catch::Contains("no address on standard input"));
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
