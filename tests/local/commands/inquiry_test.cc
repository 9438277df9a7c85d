// SPDX-License-Identifier: Apache-2.0
// who, map, diff and check --all-addresses: the commands that ask about every known address.

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "local/commands/commands.h"
#include "tests/local/commands/run_command.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::Done;
using test::TemporaryDirectory;

const std::string kDemo = test::source_directory() + "/fixtures/demo";

/// A tree with a circle, a catch-all, somebody who is refused and somebody who bounces.
void write_tree(const TemporaryDirectory& tree) {
  tree.write("etc/postfix/main.cf",
             "compatibility_level = 3.6\nmyhostname = mx.example.com\nmyorigin = example.com\n"
             "mydestination = example.com, localhost\nalias_maps = texthash:/etc/aliases\n"
             "local_recipient_maps = unix:passwd.byname, texthash:/etc/names\n"
             "virtual_alias_domains = old.example\n"
             "virtual_alias_maps = texthash:/etc/virtual\n");
  tree.write("etc/aliases",
             "root alice\nteam alice, gone\nhidden alice\ncircle round\nround circle\n"
             "script \"|/usr/bin/x --key secret\"\n<odd></script> alice\n");
  tree.write("etc/names", "root x\nteam x\ncircle x\nscript x\n");
  tree.write("etc/virtual", "@old.example @example.com\n");
  tree.write("etc/passwd",
             "nobody:x:65534:65534::/:/bin/sh\nalice:x:2001:2001::/home/alice:/bin/sh\n");
}

Done run(int (*command)(Invocation&), const std::string& root,
         const std::vector<std::string>& arguments) {
  GlobalOptions options;
  options.root = root;
  return test::run_command(command, options, arguments);
}

/// Those of `address TAB ... destination` of a map, as `address destination`.
std::set<std::string> pairs_of_map(const std::string& root) {
  const Done map = run(run_map, root, {"--format", "tsv"});
  std::istringstream lines(map.out);
  std::set<std::string> pairs;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> columns;
    std::istringstream words(line);
    for (std::string word; std::getline(words, word, '\t');) {
      columns.push_back(word);
    }
    if (columns.size() > 2 && columns[1] == "mailbox") {
      pairs.insert(columns[0] + ' ' + columns[2]);
    }
  }
  return pairs;
}

TEST_CASE("who: everything that leads to an account, and what nobody else gets") {
  const Done done = run(run_who, kDemo, {"alice"});
  CHECK(done.status == 0);
  CHECK_THAT(done.out, Catch::Contains("mailbox:/var/mail/alice\n└─ alice@example.com"));
  CHECK_THAT(done.out, Catch::Contains("root@example.com                  alias root"));
  CHECK_THAT(done.out, Catch::Contains("/etc/postfix/aliases:4"));
  CHECK_THAT(done.out, Catch::Contains("file:/home/alice/received"));
  CHECK_THAT(done.out, Catch::Contains("5 addresses reach alice. 4 of them reach nobody else: "
                                       "alice@example.com, mailer-daemon@example.com, "
                                       "postmaster@example.com, root@example.com\n"));
  CHECK_THAT(done.out, Catch::Contains("known addresses: 17"));
}

TEST_CASE("who: what can be asked for") {
  const std::pair<std::string, int> rows[] = {
      {"mailbox:/var/mail/alice", 0},
      {"mailbox:*", 0},
      {"*@partner.example", 0},
      {"helpdesk@partner.example", 0},
      {"unix:/run/dovecot/lmtp", 0},
      {"carol", 0},
      {"bounce:", 0},
      {"/etc/postfix/lists/announce", 0},
      {"/home/alice/.forward", 0},
      {"/dev/null", 0},
      {"nosuch", 2},
      {"mailbox:/var/mail/alicia", 2},
  };
  for (const auto& [asked, status] : rows) {
    INFO(asked);
    const Done done = run(run_who, kDemo, {asked});
    CHECK(done.status == status);
    CHECK(test::fault_of_json_lines(run(run_who, kDemo, {"--json", asked}).out, "map.schema.json")
              .empty());
  }
  CHECK_THAT(run(run_who, kDemo, {"mailbox:/var/mail/alicia"}).out,
             Catch::Contains("did you mean \"mailbox:/var/mail/alice\"?"));
}

TEST_CASE("who is the inverse of map") {
  const TemporaryDirectory tree;
  write_tree(tree);
  for (const std::string& root : {kDemo, tree.path()}) {
    for (const std::string& pair : pairs_of_map(root)) {
      if (pair.starts_with('"')) {
        continue;  // JSON escapes the quotes.
      }
      const std::size_t blank = pair.find(' ');
      const Done who = run(run_who, root, {"--json", "mailbox:" + pair.substr(blank + 1)});
      INFO(pair);
      CHECK_THAT(who.out, Catch::Contains("\"address\":\"" + pair.substr(0, blank) + '"'));
    }
  }
}

/// The addresses of JSON Lines.
std::set<std::string> addresses_in(const std::string& text) {
  const std::string name = "\"address\":\"";
  std::set<std::string> found;
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t begin = at + name.size();
    found.insert(text.substr(begin, text.find(',', begin) - begin));
  }
  return found;
}

TEST_CASE("who: a map answers as the host that it was made of") {
  const TemporaryDirectory tree;
  write_tree(tree);
  const std::string map = tree.path() + "/map.sqlite";
  for (const std::string& root : {kDemo, tree.path()}) {
    REQUIRE(run(run_map, root, {"--format", "sqlite", "-O", map}).status == 0);
    for (const char* const asked :
         {"alice", "mailbox:*", "carol", "bounce:", "helpdesk@partner.example",
          "/home/alice/.forward", "/etc/postfix/lists/announce", "/dev/null", "nosuch"}) {
      INFO(asked);
      const Done host = run(run_who, root, {"--json", asked});
      const Done told = run(run_who, "", {"--json", "--map", map, asked});
      CHECK(told.status == host.status);
      CHECK(addresses_in(told.out) == addresses_in(host.out));
    }
  }
  tree.write("none", "no map");
  for (const char* const file : {"none", "nosuch"}) {
    const Done refused = run(run_who, "", {"--map", tree.path() + '/' + file, "alice"});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, Catch::Contains(file));
  }
}

TEST_CASE("trace: the page of the addresses that are asked for") {
  const TemporaryDirectory tree;
  write_tree(tree);
  const Done page = run(
      run_trace, tree.path(),
      {"--format", "html", "script@example.com", "<odd></script>@example.com", "root@example.com"});
  CHECK_THAT(page.out, Catch::StartsWith("<!DOCTYPE html>"));
  CHECK_THAT(page.out, Catch::Contains("script@example.com"));
  CHECK_THAT(page.out, !Catch::Contains("team@example.com"));
  CHECK_THAT(page.out, !Catch::Contains("secret"));
  CHECK_THAT(page.out, Catch::EndsWith("</html>\n"));
  CHECK_THAT(
      run(run_trace, tree.path(), {"--format", "html", "--with-commands", "script@example.com"})
          .out,
      Catch::Contains("secret"));
}

TEST_CASE("map: every form, and equal worlds give equal bytes") {
  const TemporaryDirectory tree;
  write_tree(tree);
  for (const char* const format : {"tree", "tsv", "json", "dot", "html"}) {
    INFO(format);
    const Done first = run(run_map, tree.path(), {"--format", format});
    CHECK(first.status == 0);
    CHECK(first.out == run(run_map, tree.path(), {"--format", format}).out);
  }
  CHECK(test::fault_of_json_lines(run(run_map, tree.path(), {"--json"}).out, "map.schema.json")
            .empty());
  const std::string file = tree.path() + "/map.sqlite";
  CHECK(run(run_map, tree.path(), {"--format", "sqlite", "-O", file}).status == 0);
  CHECK_THAT(tree.read("map.sqlite"), Catch::StartsWith("SQLite format 3"));
  CHECK(run(run_map, tree.path(), {"--format", "sqlite"}).status == 64);
  CHECK(run(run_map, tree.path(), {"--fail-on", "bounce"}).status == 2);
}

TEST_CASE("map: hostile names stay text in the page, and commands tell no keys") {
  const TemporaryDirectory tree;
  write_tree(tree);
  const std::string page = run(run_map, tree.path(), {"--format", "html"}).out;
  CHECK_THAT(page, !Catch::Contains("<odd>"));
  CHECK_THAT(page, Catch::Contains("\\u003codd\\u003e"));
  CHECK_THAT(page, !Catch::Contains("secret"));
  CHECK_THAT(page, Catch::Contains("default-src 'none'"));
  CHECK_THAT(run(run_map, tree.path(), {"--format", "tsv"}).out, Catch::Contains("secret"));
  CHECK_THAT(run(run_map, tree.path(), {"--format", "tsv", "--redact"}).out,
             !Catch::Contains("secret"));
}

TEST_CASE("check --all-addresses: what RCPT says against where it ends") {
  const TemporaryDirectory tree;
  write_tree(tree);
  const Done done = run(run_check, tree.path(), {"--all-addresses"});
  CHECK(done.status == 2);
  CHECK_THAT(done.out, Catch::Contains("accepted, and then bounces"));
  CHECK_THAT(done.out, Catch::Contains("team@example.com"));
  CHECK_THAT(done.out, Catch::Contains("any name at a domain is accepted, and then bounces"));
  CHECK_THAT(done.out, Catch::Contains("[deliverable-refused]"));
  CHECK_THAT(done.out, Catch::Contains("hidden@example.com"));
  CHECK(test::fault_of_json_lines(run(run_check, tree.path(), {"--all-addresses", "--json"}).out,
                                  "check.schema.json")
            .empty());
}

TEST_CASE("diff: a world and itself are the same, and two mirror each other") {
  const TemporaryDirectory tree;
  write_tree(tree);
  for (const std::string& root : {kDemo, tree.path()}) {
    const Done same = run(run_diff, "", {root, root});
    INFO(same.out);
    CHECK(same.status == 0);
  }
  const Done forth = run(run_diff, "", {"--json", kDemo, tree.path()});
  const Done back = run(run_diff, "", {"--json", tree.path(), kDemo});
  CHECK(test::fault_of_json_lines(forth.out, "diff.schema.json").empty());
  const auto count = [](const std::string& text, const std::string& change) {
    const std::string wanted = "\"change\":\"" + change + '"';
    std::size_t found = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos;
         at = text.find(wanted, at + 1)) {
      ++found;
    }
    return found;
  };
  CHECK(count(forth.out, "lost") > 0);
  CHECK(count(forth.out, "lost") == count(back.out, "gained"));
  CHECK(count(forth.out, "gained") == count(back.out, "lost"));
  CHECK(count(forth.out, "refused") == count(back.out, "accepted"));
  for (const char* const change : {"moved", "partly", "sender"}) {
    CHECK(count(forth.out, change) == count(back.out, change));
  }
}

TEST_CASE("diff: what if") {
  const Done done =
      run(run_diff, "", {"--b-o", "mailbox_transport=lmtp:unix:/run/cyrus/lmtp", kDemo, kDemo});
  CHECK(done.status == 2);
  CHECK_THAT(done.out, Catch::Contains("moved"));
  CHECK_THAT(done.out, Catch::Contains("lmtp:unix:/run/cyrus/lmtp"));
  CHECK(run(run_diff, "",
            {"--ignore", "moved", "--ignore", "partly", "--ignore", "gained", "--b-o",
             "mailbox_transport=lmtp:unix:/x", kDemo, kDemo})
            .status == 0);
  CHECK(run(run_diff, "", {"--ignore", "mowed", kDemo, kDemo}).status == 64);
  CHECK(run(run_diff, "", {kDemo, "/nonexistent"}).status == 64);
  CHECK(run(run_diff, "", {kDemo}).status == 64);
  const Done markdown =
      run(run_diff, "",
          {"--format", "markdown", "--b-o", "mailbox_transport=lmtp:unix:/x", kDemo, kDemo});
  CHECK_THAT(markdown.out, Catch::StartsWith("| change | addresses |\n|---|---:|\n"));
}

}  // namespace
}  // namespace lastmile
