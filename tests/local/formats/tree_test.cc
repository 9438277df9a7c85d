// SPDX-License-Identifier: Apache-2.0
#include "local/formats/tree.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "local/formats/utf8.h"
#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

std::string drawn(const Trace& trace, const TreeStyle& style = {}) {
  std::ostringstream out;
  print_tree(out, trace, style);
  return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// The line of a tree that has one leaf below the root.
std::string leaf_line(Destination destination, const std::string& recipient,
                      const std::string& detail = {}, const std::string& user = {}) {
  TraceBuilder build("x@example.com");
  build.add_leaf(build.root(), std::move(destination), recipient, detail, {}, user);
  return lines_of(drawn(build.trace())).at(1);
}

TEST_CASE("a tree is drawn as the manual shows it") {
  CHECK(drawn(sample_trace()) ==
        R"(root@example.com
├─ local: example.com is in mydestination                                   main.cf:14
└─ alias root → alice, ops@partner.example                                  /etc/aliases:3
   ├─ alice@example.com
   │  ├─ account alice (uid 2001, /home/alice)                              passwd
   │  └─ .forward → \alice, "|/usr/bin/vacation alice"                      /home/alice/.forward:1
   │     ├─ ⇒ lmtp:unix:/var/imap/socket/lmtp  alice@example.com            mailbox_transport, main.cf:21
   │     └─ ⇒ command:/usr/bin/vacation alice  as alice
   └─ ⇒ remote:ops@partner.example
3 destinations
)");
}

TEST_CASE("a tree is drawn in ASCII where there is no UTF-8") {
  TreeStyle style;
  style.unicode = false;
  const std::string text = drawn(sample_trace(), style);
  CHECK(text.find("`- alias root -> alice, ops@partner.example") != std::string::npos);
  CHECK(text.find("   `- => remote:ops@partner.example\n") != std::string::npos);
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c > 0; }));
}

TEST_CASE("a tree has no escape sequences unless colour is asked for") {
  CHECK(drawn(sample_trace()).find('\x1b') == std::string::npos);
  TreeStyle style;
  style.color = true;
  const std::string text = drawn(sample_trace(), style);
  CHECK(text.find("\x1b[1mroot@example.com\x1b[0m\n") != std::string::npos);
  CHECK(text.find("\x1b[2m/etc/aliases:3\x1b[0m\n") != std::string::npos);
  CHECK(text.find("\x1b[32m⇒ remote:ops@partner.example\x1b[0m\n") != std::string::npos);
}

TEST_CASE("each kind of destination has its line in a tree") {
  CHECK(leaf_line(Mailbox{"/var/mail/x"}, "x@example.com", "", "x") == "└─ ⇒ mailbox:/var/mail/x");
  CHECK(leaf_line(Mailbox{"/srv/shared"}, "x@example.com", "", "vmail") ==
        "└─ ⇒ mailbox:/srv/shared  as vmail");
  CHECK(leaf_line(File{"/var/log/mail"}, "x@example.com", "", "default_privs (nobody)") ==
        "└─ ⇒ file:/var/log/mail  as default_privs (nobody)");
  CHECK(leaf_line(Transport{"dovecot", "here"}, "x@example.com") ==
        "└─ ⇒ transport:dovecot:here  x@example.com");
  CHECK(leaf_line(Remote{"smtp", "[10.0.0.5]:25"}, "x@example.net") ==
        "└─ ⇒ remote:x@example.net via smtp:[10.0.0.5]:25");
  CHECK(leaf_line(Bounce{"5.1.1"_dsn, "unknown user: \"x\""}, "x@example.com") ==
        "└─ ✗ bounce:5.1.1 unknown user: \"x\"");
  CHECK(leaf_line(Bounce{"5.3.5"_dsn, "mail system configuration error"}, "x@example.com",
                  "/etc/list: world writable") ==
        "└─ ✗ bounce:5.3.5 mail system configuration error (/etc/list: world writable)");
  CHECK(leaf_line(Defer{"4.3.0"_dsn, "alias database unavailable"}, "x@example.com") ==
        "└─ ↻ defer:4.3.0 alias database unavailable");
}

TEST_CASE("notes, loops and duplicates have marks of their own in a tree") {
  TraceBuilder build("x@example.com");
  build.add(build.root(), Step::note, "no @ in recipient address: x");
  build.add(build.root(), Step::loop, "x@example.com", "its Delivered-To: is in the message");
  build.add(build.root(), Step::duplicate, "y@example.com", "reached before");
  CHECK(drawn(build.trace()) == R"(x@example.com
├─ ! no @ in recipient address: x
├─ ∞ x@example.com: its Delivered-To: is in the message
└─ = y@example.com: reached before
no destination
)");
}

TEST_CASE("an address with nothing but a leaf is drawn as that leaf, and is not lost") {
  TraceBuilder build("list@example.com");
  const NodeId alias = build.add(build.root(), Step::alias, "alias list", "nosuch, full");
  const NodeId nosuch =
      build.add(alias, Step::address, "nosuch@example.com", "", SourcePos{"/etc/aliases", 7});
  build.add_leaf(nosuch, Bounce{"5.1.1"_dsn, "unknown user: \"nosuch\""}, "nosuch@example.com");
  const NodeId full = build.add(alias, Step::address, "full@example.com");
  const NodeId rule = build.add(full, Step::mailbox_rule, "mailbox_transport", "",
                                SourcePos{"/etc/postfix/main.cf", 9});
  build.add_leaf(rule, Defer{"4.3.0"_dsn, "table lookup failure"}, "full@example.com");
  CHECK(drawn(build.trace()) ==
        R"(list@example.com
└─ alias list → nosuch, full
   ├─ ✗ bounce:5.1.1 unknown user: "nosuch"                                 /etc/aliases:7
   └─ ↻ defer:4.3.0 table lookup failure  full@example.com                  mailbox_transport, main.cf:9
no destination, 1 bounce, 1 deferral
)");
}

TEST_CASE("the closing line of a tree counts") {
  TraceBuilder build("x@example.com");
  CHECK(lines_of(drawn(build.trace())).back() == "no destination");
  build.add_leaf(build.root(), Discard{}, "x@example.com");
  CHECK(lines_of(drawn(build.trace())).back() == "1 destination");
  build.add_leaf(build.root(), Remote{}, "y@example.net");
  CHECK(lines_of(drawn(build.trace())).back() == "2 destinations");
  build.add_leaf(build.root(), Bounce{"5.1.1"_dsn, "no"}, "z@example.com");
  build.add_leaf(build.root(), Bounce{"5.1.1"_dsn, "no"}, "z@example.com");
  CHECK(lines_of(drawn(build.trace())).back() == "2 destinations, 2 bounces");
}

TEST_CASE("the closing line of a tree: what is not known is no deferral") {
  TraceBuilder build("x@example.com");
  build.add_leaf(build.root(), Defer{"4.3.0"_dsn, "may not be read", {}, true}, "x@example.com");
  build.add_leaf(build.root(), Defer{"4.2.0"_dsn, "later"}, "y@example.com");
  CHECK(lines_of(drawn(build.trace())).back() == "no destination, 1 deferral, 1 unknown");
}

TEST_CASE("the closing line of a tree tells what port 25 would not take") {
  struct Row {
    std::string reply;
    bool lands;
    std::string closing;
  };
  const Row rows[] = {
      {"250 2.1.5 Ok", true, "1 destination"},
      {"550 5.1.1 <x>: no", true, "refused at RCPT (550 5.1.1); would land in 1 destination"},
      {"550 5.1.1 <x>: no", false, "refused at RCPT (550 5.1.1); no destination"},
      {"451 4.3.0 <x>: later", true, "deferred at RCPT (451 4.3.0); would land in 1 destination"},
  };
  for (const Row& row : rows) {
    TraceBuilder build("x");
    build.add(build.root(), Step::recipient_check, "RCPT", row.reply);
    if (row.lands) {
      build.add_leaf(build.root(), Mailbox{"/var/mail/x"}, "x");
    }
    CHECK(lines_of(drawn(build.trace())).back() == row.closing);
  }
}

TEST_CASE("only main.cf and master.cf of the configuration directory are shown by name") {
  const auto source_shown = [](const std::string& file) {
    TraceBuilder build("x@example.com");
    build.add(build.root(), Step::transport, "t", "d", SourcePos{file, 5});
    TreeStyle style;
    style.config_directory = "/srv/postfix";
    const std::string line = lines_of(drawn(build.trace(), style)).at(1);
    return line.substr(line.find_last_of(' ') + 1);
  };
  CHECK(source_shown("/srv/postfix/main.cf") == "main.cf:5");
  CHECK(source_shown("/srv/postfix/master.cf") == "master.cf:5");
  CHECK(source_shown("/srv/postfix/transport") == "/srv/postfix/transport:5");
  CHECK(source_shown("/etc/postfix/main.cf") == "/etc/postfix/main.cf:5");
}

TEST_CASE("nothing from a file reaches the terminal raw") {
  TraceBuilder build("x\x1b[2J@example.com");
  build.add(build.root(), Step::forward, ".forward",
            "\x1b]0;owned\x07 \xff\n\xc2\x9b"
            "1m",
            SourcePos{"/home/\x1b[31m/.forward", 1});
  build.add_leaf(build.root(), Command{"/bin/x\r\x1b[A", "", {}}, "y\x1b@example.com", "", {},
                 "a\x1b");
  for (const std::size_t width : {std::size_t{0}, std::size_t{60}}) {
    TreeStyle style;
    style.width = width;
    const std::string text = drawn(build.trace(), style);
    CHECK(text.find_first_of("\x1b\x07\r\xff") == std::string::npos);
    CHECK(text.find("\xc2\x9b") == std::string::npos);
    CHECK(lines_of(text).size() >= 4);
  }
}

/// The text of a tree without its shape: branches, blanks, and where lines end.
std::string without_shape(const std::string& text) {
  std::string rest = text;
  for (const std::string_view glyph : {"├─ ", "└─ ", "│", " ", "\n"}) {
    for (auto at = rest.find(glyph); at != std::string::npos; at = rest.find(glyph, at)) {
      rest.erase(at, glyph.size());
    }
  }
  return rest;
}

TEST_CASE("a tree fits the terminal, and nothing is cut") {
  TraceBuilder build("x@example.com");
  const NodeId alias = build.add(build.root(), Step::alias, "alias x", std::string(300, 'a'),
                                 SourcePos{"/etc/" + std::string(100, 'b') + "/aliases", 3});
  build.add(alias, Step::include, ":include:/etc/list", "", SourcePos{"/etc/aliases", 4});
  build.add_leaf(alias, Command{std::string(90, 'c') + "日本語日本語日本語日本語", "", {}}, "x@y");
  const std::string piped = drawn(build.trace());
  CHECK(piped.find(std::string(300, 'a') + "  /etc/bb") != std::string::npos);

  for (const std::size_t width : {20U, 40U, 80U, 81U, 120U, 250U, 1000U}) {
    TreeStyle style;
    style.width = width;
    INFO("width " << width);
    const auto lines = lines_of(drawn(build.trace(), style));
    for (const std::string& line : lines) {
      INFO(line);
      CHECK(columns(line) <= width);
    }
    const std::string text = without_shape(drawn(build.trace(), style));
    CHECK(text.find(std::string(300, 'a')) != std::string::npos);
    CHECK(text.find("/etc/" + std::string(100, 'b') + "/aliases:3") != std::string::npos);
    CHECK(text.find(std::string(90, 'c') + "日本語日本語日本語日本語") != std::string::npos);
  }
}

TEST_CASE("a tree of 80 columns wraps a long reason below its source") {
  TraceBuilder build("x@example.com");
  build.add(build.root(), Step::recipient_check, "RCPT",
            "550 5.1.1 <x@example.com>: Recipient address rejected: User unknown in table",
            SourcePos{"/etc/postfix/main.cf", 12});
  build.add_leaf(build.root(), Bounce{"5.1.1"_dsn, "unknown user: \"x\""}, "x@example.com");
  TreeStyle style;
  style.width = 80;
  CHECK(drawn(build.trace(), style) ==
        R"(x@example.com
├─ RCPT: 550 5.1.1 <x@example.com>: Recipient address rejected:       main.cf:12
│     User unknown in table
└─ ✗ bounce:5.1.1 unknown user: "x"
refused at RCPT (550 5.1.1); no destination, 1 bounce
)");
}

TEST_CASE("of a long list on a terminal only what fails is shown beyond its first members") {
  TraceBuilder build("list@example.com");
  for (int i = 1; i <= 100; ++i) {
    const std::string member = "m" + std::to_string(i) + "@example.com";
    const NodeId address = build.add(build.root(), Step::address, member);
    if (i == 50) {
      build.add_leaf(address, Bounce{"5.1.1"_dsn, "unknown user: \"m50\""}, member);
    } else {
      build.add_leaf(address, Mailbox{"/var/mail/m" + std::to_string(i)}, member);
    }
  }
  TreeStyle style;
  CHECK(lines_of(drawn(build.trace(), style)).size() == 102);
  style.folds = true;
  const auto lines = lines_of(drawn(build.trace(), style));
  REQUIRE(lines.size() == 14);
  CHECK(lines.at(10) == "├─ ⇒ mailbox:/var/mail/m10");
  CHECK(lines.at(11) == "├─ ✗ bounce:5.1.1 unknown user: \"m50\"");
  CHECK(lines.at(12) == "└─ … 89 more, which land; -v shows them");
  CHECK(lines.at(13) == "99 destinations, 1 bounce");
}

TEST_CASE("sources stand in one column") {
  TreeStyle style;
  for (const std::size_t width : {0U, 60U, 100U, 200U}) {
    style.width = width;
    std::vector<std::size_t> starts;
    for (const std::string& line : lines_of(drawn(sample_trace(), style))) {
      const auto gap = line.rfind("  ");
      if (line.find("main.cf:14") != std::string::npos ||
          line.find("/etc/aliases:3") != std::string::npos ||
          line.find("passwd") != std::string::npos) {
        starts.push_back(columns(line.substr(0, gap)));
      }
    }
    REQUIRE(starts.size() == 3);
    CHECK(starts[0] == starts[1]);
    CHECK(starts[1] == starts[2]);
  }
}

TEST_CASE("a tree may be deeper than any stack") {
  TraceBuilder build("x@example.com");
  NodeId parent = build.root();
  for (int i = 0; i < 3000; ++i) {
    parent = build.add(parent, Step::alias, "a", "b");
  }
  build.add_leaf(parent, Remote{}, "x@example.net");
  CHECK(lines_of(drawn(build.trace())).size() == 3003);
}

}  // namespace
}  // namespace lastmile::test
