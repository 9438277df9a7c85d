#include <string>
#include <vector>

#include "local/commands/commands.h"
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
