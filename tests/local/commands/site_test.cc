// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "local/commands/commands.h"
#include "local/host.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/json.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

/// A configuration with a table that is text, and one that is not there.
struct SiteCommand {
  test::TemporaryDirectory directory = {};
  std::string out = {};
  std::string err = {};

  SiteCommand() {
    directory.write("main.cf",
                    "compatibility_level = 3.6\n"
                    "myhostname = mx.example.com\n"
                    "alias_maps = texthash:" +
                        text_table() + ", " + missing_table() + "\n");
    directory.write("aliases", "info root\nsales info\n");
  }

  std::string site() const { return directory.path("site"); }
  std::string text_table() const { return directory.path("aliases"); }
  std::string missing_table() const { return "hash:" + directory.path("nosuch"); }

  int run(const std::vector<std::string>& arguments) {
    GlobalOptions options;
    options.config_directory = directory.path();
    test::Done done = test::run_command(run_site, options, arguments);
    out = std::move(done.out);
    err = std::move(done.err);
    return done.status;
  }
};

TEST_CASE("site export writes a file that site show lists") {
  SiteCommand site;
  REQUIRE(site.run({"export", site.site()}) == 0);
  CHECK_THAT(site.out, Catch::EndsWith(" files, 1 tables with 0 entries\n"));
  CHECK_THAT(site.err, Catch::StartsWith("lastmile site: note: " + site.missing_table() + ": "));
  REQUIRE(site.run({"show", site.site()}) == 0);
  CHECK_THAT(site.out, Catch::StartsWith("host      "));
  CHECK_THAT(site.out, Catch::Contains("\naccount   root 0 0 "));
  CHECK_THAT(site.out, Catch::Contains("\ntable     " + site.missing_table() + " unknown 0 "));
  CHECK_THAT(site.out, Catch::Contains(" " + site.text_table() + "\n"));
}

TEST_CASE("a site file knows where its configuration is") {
  SiteCommand site;
  REQUIRE(site.run({"export", site.site()}) == 0);
  REQUIRE(site.run({"show", site.site()}) == 0);
  CHECK_THAT(site.out, Catch::Contains(" " + site.directory.path() + "\ninterface"));
  GlobalOptions options;
  options.site = site.site();
  const auto host = Host::open(options);
  REQUIRE(host.ok());
  CHECK((*host)->settings().myhostname.value == "mx.example.com");
  CHECK(options.config_directory == site.directory.path());
}

TEST_CASE("a configuration directory is an absolute path, below a tree from its root") {
  const test::TemporaryDirectory tree;
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  struct Row {
    const char* given;
    const char* taken;
  };
  for (const Row& row : {Row{"", "/etc/postfix"}, Row{"srv/./mail/", "/srv/mail"},
                         Row{"/srv/mail", "/srv/mail"}, Row{".", "/"}}) {
    INFO(row.given);
    GlobalOptions options;
    options.root = tree.path();
    options.config_directory = row.given;
    REQUIRE(open_world(options).ok());
    CHECK(options.config_directory == row.taken);
  }
  GlobalOptions here;
  here.config_directory = "./mail/.";
  REQUIRE(open_world(here).ok());
  CHECK(here.config_directory == std::filesystem::current_path() / "mail");
}

TEST_CASE("site show --json prints a line for each thing") {
  SiteCommand site;
  REQUIRE(site.run({"export", "--json", site.site()}) == 0);
  const auto summary = test::parse_json(site.out);
  REQUIRE(summary);
  CHECK(summary->at("tables").number == 1);
  CHECK(summary->at("notes").items.size() == 1);
  REQUIRE(site.run({"show", "--json", site.site()}) == 0);
  std::istringstream lines(site.out);
  std::vector<std::string> tables;
  for (std::string line; std::getline(lines, line);) {
    const auto item = test::parse_json(line);
    REQUIRE(item);
    if (const test::Json* table = item->find("table")) {
      tables.push_back(table->string);
    }
  }
  CHECK(tables == std::vector{site.missing_table()});
}

TEST_CASE("site import writes a tree with the same traces") {
  const test::TemporaryDirectory tree;
  tree.write("from/etc/passwd",
             "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n");
  tree.write("from/etc/postfix/main.cf",
             "compatibility_level = 3.6\nmyhostname = mx.example.com\nmydomain = example.com\n"
             "mydestination = example.com\nalias_maps = hash:/etc/aliases\n"
             "virtual_alias_domains = old.example\nvirtual_alias_maps = hash:/etc/virtual\n");
  tree.write("from/etc/aliases", "root: alice\n# a list\nteam: alice,\n   \"|/bin/x\"\n");
  tree.write("from/etc/virtual", "info@old.example alice\n");
  const auto command = [&](const std::string& root, const std::string& file,
                           int (*run)(Invocation&), const std::vector<std::string>& words) {
    GlobalOptions options;
    options.root = root;
    options.site = file;
    const test::Done done = test::run_command(run, options, words);
    CHECK(done.err == "");
    return done.out;
  };
  const std::string site = tree.path() + "/site";
  const std::string again = tree.path() + "/again";
  const std::string to = tree.path() + "/to";
  command(tree.path() + "/from", "", run_site, {"export", site});
  command("", "", run_site, {"import", site, to});
  CHECK(tree.read("to/etc/aliases") == tree.read("from/etc/aliases"));
  command(to, "", run_site, {"export", again});
  CHECK(tree.read("site") == tree.read("again"));
  for (const char* const address :
       {"root@example.com", "team@example.com", "info@old.example", "nosuch@example.com"}) {
    CAPTURE(address);
    const std::string trace = command(tree.path() + "/from", "", run_trace, {"--json", address});
    CHECK(command(to, "", run_trace, {"--json", address}) == trace);
  }
}

TEST_CASE("site says what is wrong") {
  SiteCommand site;
  CHECK(site.run({"show"}) == 64);
  CHECK_THAT(site.err,
             Catch::Contains("usage: site export FILE, site show FILE, or site import FILE DIR"));
  CHECK(site.run({"show", site.directory.path("nosuch")}) != 0);
  CHECK_THAT(site.err, Catch::Contains(site.directory.path("nosuch")));
  site.directory.write("broken", "no site");
  CHECK(site.run({"show", site.directory.path("broken")}) != 0);
  CHECK_THAT(site.err, Catch::Contains(site.directory.path("broken")));
  CHECK(site.run({"export", "/nosuch/site"}) != 0);
  CHECK_THAT(site.err, Catch::Contains("/nosuch/site"));
}

}  // namespace
}  // namespace lastmile
