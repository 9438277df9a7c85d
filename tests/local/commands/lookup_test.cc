// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "local/commands/commands.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "transports/parameter_catalogue.h"

namespace lastmile {
namespace {

using test::Done;

/// A configuration and a table of its own.
class LookupCommand {
 public:
  LookupCommand() {
    directory_.write("main.cf",
                     "compatibility_level = 3.6\n"
                     "myhostname = mx.example.com\n"
                     "mydestination = example.com\n"
                     "recipient_delimiter = +\n");
    directory_.write("table", "alice a\nuser u\n@example.org domain\nbell \a\n");
  }

  std::string table() const { return "texthash:" + directory_.path("table"); }
  std::string line(int number) const {
    return directory_.path("table") + ":" + std::to_string(number);
  }

  /// \return the path of a file beside the table
  std::string write(const std::string& name, const std::string& content) const {
    return directory_.write(name, content);
  }

  Done run(const std::vector<std::string>& arguments, const std::string& input = "",
           bool terminal = false) const {
    GlobalOptions options;
    options.config_directory = directory_.path();
    return test::run_command(run_lookup, options, arguments, input, terminal);
  }

 private:
  test::TemporaryDirectory directory_ = {};
};

TEST_CASE("lookup prints a value as postmap does") {
  const LookupCommand lookup;
  const Done found = lookup.run({lookup.table(), "ALICE"});
  CHECK(found.out == "a\n");
  CHECK(found.status == 0);
  const Done missing = lookup.run({lookup.table(), "nosuch"});
  CHECK(missing.out.empty());
  CHECK(missing.err.empty());
  CHECK(missing.status == 1);
  CHECK(lookup.run({lookup.table(), "alice", "user", "x"}).out == "alice\ta\nuser\tu\n");
}

TEST_CASE("lookup reads keys from its input") {
  const LookupCommand lookup;
  const Done done = lookup.run({lookup.table(), "-"}, "alice\nnosuch\nuser");
  CHECK(done.out == "alice\ta\nuser\tu\n");
  CHECK(done.status == 0);
  CHECK(lookup.run({lookup.table(), "-"}, "nosuch\nnone\n").status == 1);
  CHECK(lookup.run({lookup.table(), "alice", "nosuch"}).status == 1);
}

TEST_CASE("a table that cannot answer is not a missing key") {
  const LookupCommand lookup;
  const Done done = lookup.run({"fail:x", "alice"});
  CHECK(done.status == 75);
  CHECK_THAT(done.err, Catch::Contains("fail:x: lookup of 'alice' failed"));
  CHECK(lookup.run({"texthash:/nosuch/table", "alice"}).status == 75);
  CHECK(lookup.run({"nosuchtype:x", "alice"}).status == 75);
}

TEST_CASE("lookup shows the steps of an address") {
  const LookupCommand lookup;
  CHECK(lookup.run({"--steps", lookup.table(), "user+x@example.com"}).out ==
        "user+ext@domain user+x@example.com: no such key\n"
        "user@domain     user@example.com: no such key\n"
        "user+ext        user+x: no such key\n"
        "user            user: = u  (" +
            lookup.line(2) + ")\n");
  CHECK(lookup.run({"--steps", lookup.table(), "x@example.org"}).out ==
        "user+ext@domain x@example.org: no such key\n"
        "@domain         @example.org: = domain  (" +
            lookup.line(3) + ")\n");
  CHECK_THAT(lookup.run({"--steps", "regexp:{{/zz/ y}}", "x@example.org"}).out,
             Catch::Contains("@example.org: passed over"));
}

TEST_CASE("lookup shows the steps as the tables of a parameter are asked") {
  const LookupCommand lookup;
  const std::string table = "inline:{alice=a, alice+x=ax, .example.net=smtp:}";
  CHECK(lookup.run({"--steps", "--for", "alias_maps", table, "ALICE+x@example.com"}).out ==
        "user+ext        alice+x: = ax\n");
  CHECK(lookup.run({"--steps", "--for", "alias_maps", table, "bob+x@example.com"}).out ==
        "user+ext        bob+x: no such key\nuser            bob: no such key\n");
  CHECK(lookup.run({"--steps", "--for", "mailbox_transport_maps", table, "alice+x@example.com"})
            .out == "user            alice: = a\n");
  CHECK(lookup.run({"--steps", "--for", "transport_maps", table, "a+b@mx.example.net"}).out ==
        "user+ext@domain a+b@mx.example.net: no such key\n"
        "user@domain     a@mx.example.net: no such key\n"
        "domain          mx.example.net: no such key\n"
        "parent domain   .example.net: = smtp:\n");
  CHECK_THAT(
      lookup.run({"--steps", "--for", "transport_maps", "regexp:{{/^(.*)$/ $1}}", "a@b"}).err,
      Catch::Contains("substitution is not allowed"));
  CHECK_THAT(lookup.run({"--steps", "--for", "alias_maps", "tcp:localhost:9", "a"}).err,
             Catch::Contains("not allowed for security sensitive data"));
  const Done unknown = lookup.run({"--steps", "--for", "transport_map", table, "a"});
  CHECK(unknown.status == 64);
  CHECK_THAT(unknown.err, Catch::Contains("did you mean \"transport_maps\"?"));
  CHECK(lookup.run({"--for", "alias_maps", table, "alice"}).out ==
        lookup.run({"--steps", "--for", "alias_maps", table, "alice"}).out);
}

TEST_CASE("lookup asks all the tables that a parameter names") {
  const LookupCommand lookup;
  const std::string main_cf = lookup.write("main.cf",
                                           "compatibility_level = 3.6\nmyorigin = example.com\n"
                                           "mydestination = example.com\n"
                                           "alias_maps = inline:{bob=b}, " +
                                               lookup.table() + "\n");
  const std::string named =
      "alias_maps = inline:{bob=b}, " + lookup.table() + "  (" + main_cf + ":4)\n";
  const Done found = lookup.run({"--for", "alias_maps", "alice"});
  CHECK(found.out == named + "bare name       alice: = a  (" + lookup.line(1) + ")\n");
  CHECK(found.status == 0);
  const Done missing = lookup.run({"--for", "alias_maps", "nosuch@example.com"});
  CHECK(missing.out == named + "user            nosuch: no such key\n");
  CHECK(missing.status == 1);
  CHECK(lookup.run({"--for", "transport_maps", "a@b"})
            .out.starts_with("transport_maps =  (default)\n"));
  CHECK(lookup.run({"--for", "alias_maps"}).status == 64);
  CHECK_THAT(lookup.run({"-j", "--for", "alias_maps", "alice"}).out,
             Catch::StartsWith("{\"key\":\"alice\",\"value\":\"a\""));
}

TEST_CASE("lookup says that a name is bare") {
  const LookupCommand lookup;
  CHECK(lookup.run({"--steps", lookup.table(), "alice"}).out ==
        "bare name       alice: = a  (" + lookup.line(1) + ")\n");
}

TEST_CASE("lookup knows every parameter that names tables") {
  const LookupCommand lookup;
  for (const Parameter& parameter : parameter_catalogue()) {
    if (key_order_of(parameter)) {
      CAPTURE(parameter.name);
      const Done done = lookup.run(
          {"--steps", "--for", std::string(parameter.name), "static:x", "a@example.com"});
      CHECK(done.status == 0);
      CHECK_THAT(done.out, Catch::Contains("= x"));
    }
  }
}

TEST_CASE("lookup writes JSON") {
  const LookupCommand lookup;
  CHECK(lookup.run({"--json", lookup.table(), "alice", "nosuch"}).out ==
        "{\"key\":\"alice\",\"value\":\"a\",\"source\":{\"file\":\"" +
            lookup.line(1).substr(0, lookup.line(1).rfind(':')) +
            "\",\"line\":1}}\n{\"key\":\"nosuch\",\"value\":null}\n");
  CHECK_THAT(lookup.run({"-j", "fail:x", "alice"}).out, Catch::Contains("\"error\":"));
}

TEST_CASE("control characters of a table are not printed") {
  const LookupCommand lookup;
  for (const bool is_terminal : {false, true}) {
    CHECK(lookup.run({lookup.table(), "bell"}, "", is_terminal).out == "?\n");
    CHECK(lookup.run({"static:a\tb\x1b[2J\xc2\x9b", "x"}, "", is_terminal).out == "a\tb?[2J??\n");
    CHECK(lookup.run({"--steps", "static:\x1b]0;x\x07", "x"}, "", is_terminal).out ==
          "bare name       x: = ?]0;x?\n");
  }
}

TEST_CASE("lookup tells how it wants to be called") {
  const LookupCommand lookup;
  CHECK(lookup.run({}).status == 64);
  CHECK(lookup.run({lookup.table()}).status == 64);
  CHECK(lookup.run({"noname", "key"}).status == 64);
  CHECK(lookup.run({"--nosuch", lookup.table(), "key"}).status == 64);
  CHECK(lookup.run({"--help"}).status == 0);
}

TEST_CASE("lookup warns of the lines that Postfix leaves out") {
  const LookupCommand lookup;
  const Done done = lookup.run({"regexp:{{/bad(/ x}, {/a/ y}}", "a"});
  CHECK(done.out == "y\n");
  CHECK_THAT(done.err, Catch::Contains("skipping this rule"));
}

TEST_CASE("lookup prints an empty value as postmap does, and a daemon defers it") {
  const LookupCommand lookup;
  const Done one = lookup.run({"inline:{a=}", "a"});
  CHECK(one.status == 0);
  CHECK(one.out == "\n");
  CHECK_THAT(one.err, Catch::Contains("warning: inline:{a=}: the value of 'a' is empty"));
  const Done lines = lookup.run({"inline:{a=, b=x}", "-"}, "a\nb\n");
  CHECK(lines.status == 0);
  CHECK(lines.out == "a\t\nb\tx\n");
  CHECK(lookup.run({"--json", "inline:{a=}", "a"}).out == "{\"key\":\"a\",\"value\":\"\"}\n");
  const std::string patterns = lookup.write("patterns", "/x/ y\n/^e$/\n");
  CHECK_THAT(lookup.run({"regexp:" + patterns, "e"}).err,
             Catch::Contains("warning: " + patterns + ":2: regexp:" + patterns +
                             ": the value of 'e' is empty"));
  CHECK(lookup.run({"--steps", "inline:{a=}", "a"}).status == 75);
  CHECK(lookup.run({"--steps", "--for", "alias_maps", "inline:{a=}", "a"}).status == 75);
}

TEST_CASE("lookup asks for an empty key as postmap does") {
  const LookupCommand lookup;
  CHECK(lookup.run({"static:x", ""}).out == "x\n");
  CHECK(lookup.run({"static:x", "-"}, "\na\n").out == "\tx\na\tx\n");
  CHECK(lookup.run({"regexp:{{/^$/ y}}", ""}).out == "y\n");
  CHECK(lookup.run({"inline:{=x}", ""}).out == "x\n");
  CHECK(lookup.run({lookup.table(), ""}).status == 1);
}

TEST_CASE("lookup takes the first of two entries as postmap does, and a daemon neither") {
  const LookupCommand lookup;
  const std::string path = lookup.write("twice", "a first\nb x\nA second\n");
  const Done plain = lookup.run({"texthash:" + path, "a"});
  CHECK(plain.status == 0);
  CHECK(plain.out == "first\n");
  CHECK_THAT(plain.err, Catch::Contains("warning: " + path + ":3: duplicate entry: \"A\""));
  CHECK(lookup.run({"--steps", "texthash:" + path, "a"}).status == 75);
  CHECK(lookup.run({"proxy:texthash:" + path, "a"}).status == 75);
}

TEST_CASE("lookup takes the lines of its input as postmap does") {
  const LookupCommand lookup;
  const Done lines = lookup.run({"static:x", "-"}, "a\r\n b \nc");
  CHECK(lines.out == "a\r\tx\n b \tx\nc\tx\n");
  CHECK(lookup.run({lookup.table(), "-"}, "alice\r\nalice \n alice\n").status == 1);
  CHECK(lookup.run({lookup.table(), "-"}, "").status == 64);
}

}  // namespace
}  // namespace lastmile
