// SPDX-License-Identifier: Apache-2.0
// The same keys for lastmile and for the real postmap(1): the same answers.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "aliases/tables/map_types.h"
#include "aliases/world/live_world.h"
#include "tests/aliases/postmap.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// Keys that have gone wrong somewhere before.
std::vector<std::string> awkward_keys() {
  return {"alice",
          "ALICE",
          "Alice",
          "bob",
          "nosuch",
          "two words",
          "\"two words\"",
          "\"Two Words\"",
          "back\\slash",
          "back\\ slash",
          "äpfel",
          "ÄPFEL",
          "Straße",
          "STRASSE",
          "M\xFCller",
          "broken\xC3",
          "@example.com",
          "@",
          "user+ext",
          "a@b@c",
          "#comment",
          "multi",
          "first",
          "tab",
          "cr",
          "colon:",
          "10.0.0.1",
          "%s",
          "'quote",
          "a,b",
          "{",
          " alice",
          "alice ",
          std::string(100'000, 'x'),
          std::string(600, 'y')};
}

const std::string kSource =
    " stray line before everything\n"
    "# a comment\n"
    "alice a\n"
    "BOB b\n"
    "\"two words\" quoted\n"
    "back\\ slash escaped\n"
    "back\\slash plain\n"
    "ÄPFEL wert ÄÖ\n"
    "straße ss\n"
    "@example.com domain\n"
    "@ at\n"
    "user+ext  \t extension\n"
    "a@b@c several ats\n"
    "multi one,\n"
    "# comment inside\n"
    "\n"
    "   two\n"
    "\tthree  \n"
    "tab\tvalue after a tab\n"
    "cr value\r\n"
    "novalue\n"
    "colon: value\n"
    "\"unbalanced value\n"
    "M\xFCller latin\n"
    "latinvalue M\xFCller\n"
    "%s percent\n"
    "'quote q\n"
    "a,b comma\n" +
    std::string(100'000, 'x') + " long key\n" + std::string(600, 'y') + " " +
    std::string(100'000, 'v') + "\n" + "last without newline";

void compare_index(const std::string& type) {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  if (!postmap.knows(type)) {
    return;
  }
  if (find_map_type(type) == nullptr) {
    std::cout << "skipped: " << type << " is not built in\n";
    return;
  }
  const TemporaryDirectory directory;
  // LMDB takes no key above 511 octets, and gives up the whole build over one.
  const bool has_long_keys = type != "lmdb";
  const std::string source =
      has_long_keys ? kSource : kSource.substr(0, kSource.find(std::string(100'000, 'x')));
  const std::string table = type + ":" + directory.write("source", source);
  postmap.build("postmap", table);
  compare_with_postmap(postmap, table, awkward_keys());
  compare_with_postmap(postmap, type + ":" + directory.path("nosuch"), {"alice"});

  const std::string aliases = type + ":" +
                              directory.write("aliases",
                                              "Root: alice, bob\n"
                                              "\"a b\": carol\n"
                                              "a b c: dave\n"
                                              "list: \"|/bin/cat x\", :include:/etc/l\n"
                                              "empty: \"\"\n");
  postmap.build("postalias", aliases);
  compare_with_postmap(postmap, aliases,
                       {"root", "ROOT", "\"a b\"", "a b", "a b c", "list", "empty", "@", "x"});
}

TEST_CASE("hash answers as postmap does") {
  compare_index("hash");
}
TEST_CASE("btree answers as postmap does") {
  compare_index("btree");
}
TEST_CASE("cdb answers as postmap does") {
  compare_index("cdb");
}
TEST_CASE("lmdb answers as postmap does") {
  compare_index("lmdb");
}

TEST_CASE("an index with octets that are not UTF-8 answers as postmap does") {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap with_utf8;
  const Postmap without_utf8("compatibility_level = 3.6\nsmtputf8_enable = no\n");
  const TemporaryDirectory directory;
  const std::string source =
      directory.write("source", "M\xFCller latin key\nvalue M\xFCller\nÄ x\nalice a\n");
  for (const std::string type : {"hash", "btree", "cdb", "lmdb"}) {
    if (find_map_type(type) == nullptr || !with_utf8.knows(type)) {
      continue;
    }
    const std::string table = type + ":" + source;
    without_utf8.build("postmap", table);
    TablePolicy octets;
    octets.utf8 = false;
    const std::vector<std::string> keys = {"M\xFCller", "m\xFCller", "value", "Ä", "ä", "ALICE"};
    compare_with_postmap(with_utf8, table, keys);
    compare_with_postmap(without_utf8, table, keys, octets);
  }
}

TEST_CASE("texthash answers as postmap does") {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  const TemporaryDirectory directory;
  compare_with_postmap(postmap, "texthash:" + directory.write("source", kSource), awkward_keys());
  compare_with_postmap(postmap, "texthash:" + directory.write("empty", ""), {"alice"});
  compare_with_postmap(postmap, "texthash:" + directory.path("nosuch"), {"alice"});
  compare_with_postmap(postmap, "texthash:" + directory.path(), {"alice"});
  TablePolicy policy;
  policy.as_postmap = true;
  compare_with_postmap(
      postmap, "texthash:" + directory.write("duplicate", "alice 1\nbob 2\nALICE 3\nlonely\n"),
      {"alice", "bob", "lonely", ""}, policy);
}

TEST_CASE("tables without a file answer as postmap does") {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  const std::vector<std::string> tables = {
      "inline:{alice=a}",
      "inline:{alice = a}",
      "inline:{ALICE=a, alice=b}",
      "inline:{{alice = a b, c}, bob=}",
      "inline:{{\"two words\" = x} {two words = y}}",
      "inline:{{\"two words\" = x}, ÄPFEL=wert}",
      "inline:{alice=a=b}",
      "inline:{}",
      "inline:{ }",
      "inline:{alice}",
      "inline:{=a}",
      "inline:alice=a",
      "inline:{alice=a}}",
      "inline:{alice={a b}}",
      "inline:{alice=M\xFCller}",
      "static:value",
      "static:{ some value }",
      "static:{}",
      "static:{a",
      "static:{a}b",
      "static:M\xFCller",
      "fail:x",
      "unionmap:{static:a,static:b}",
      "unionmap:{inline:{alice=a}, inline:{bob=b}}",
      "unionmap:{inline:{alice=a}, inline:{Alice=b} regexp:{{/^alice$/ c}}}",
      "unionmap:{inline:{alice=a}, fail:x}",
      "unionmap:{inline:{{alice = a}}, inline:{{alice =}}}",
      "unionmap:{}",
      "unionmap:{static}",
      "unionmap:static:a",
      "unionmap:{regexp:{{/^A/i a}}, inline:{alice=b}}",
      "pipemap:{inline:{alice=bob}, inline:{bob=carol}}",
      "pipemap:{inline:{alice=bob}, inline:{carol=dave}}",
      "pipemap:{inline:{alice=Bob}, inline:{bob=carol}}",
      "pipemap:{inline:{alice=a}, fail:x}",
      "pipemap:{}",
      "randmap:{one}",
      "randmap:{}",
      "randmap:one",
      "environ:x",
      "unix:nosuch.table",
      "nosuchtype:x",
      "nocolonname",
  };
  for (const std::string& table : tables) {
    compare_with_postmap(
        postmap, table,
        {"alice", "ALICE", "bob", "two words", "\"two words\"", "äpfel", "M\xFCller", "path"});
  }
}

TEST_CASE("unix answers as postmap does") {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  compare_with_postmap(postmap, "unix:passwd.byname",
                       {"root", "ROOT", "nosuchuser", "nobody", "mail"});
  compare_with_postmap(postmap, "unix:group.byname", {"root", "ROOT", "nosuchgroup", "tty"});
}

const std::string kRules =
    " stray\n"
    "/^alice$/ plain\n"
    "/^CASE$/i sensitive\n"
    "/^(.*)-x@(.*)$/ $2 ${1} $(2) $$1\n"
    "!/^.*o/ no o in it\n"
    "if /^bob/\n"
    "/bobby/ inside $$\n"
    "if !/long/\n"
    "/bo/ nested\n"
    "endif\n"
    "endif\n"
    "|^a|b$| other delimiter\n"
    "#^hash# comment\n"
    "/a\\/b/ slash\n"
    "/bad(/ never\n"
    "/(x)/ $2\n"
    "/(y)/ $0\n"
    "/(z)/ $name\n"
    "/(w)/ ${1\n"
    "/(v)/ $\n"
    "/u/q unknown flag\n"
    "/noclose\n"
    "garbage line\n"
    "endif extra\n"
    "!/(foo)/ $1\n"
    "/^empty.*o/\n"
    "/^joined.*o/ one\n"
    "   two\n"
    "! ! /^double.*o/ twice negated\n"
    "/(opt)?once(o)/ <$1><$2>\n"
    "/^if.*o/ if\n"
    "if /^zo/ extra text\n"
    "/z/ in zo\n"
    "ENDIF\n"
    "IF/^yo/\n"
    "/y/ in yo\n"
    "endif\n"
    "/^latin.*o/ M\xFCller\n"
    "/^\xC3\x84.*o/ umlaut\n"
    "if /^open/\n"
    "/o/ in open\n";

std::vector<std::string> rule_keys() {
  return {"alice",   "ALICE",    "CASE",    "case",       "list-x@Example.COM",
          "bob",     "bobby",    "boblong", "bobbylong",  "ao",
          "ob",      "a/bo",     "hasho",   "xo",         "yo",
          "zo",      "wo",       "vo",      "uo",         "fooo",
          "empty-o", "joined-o", "doubleo", "onceo",      "optonceo",
          "ifo",     "latino",   "Äo",      "äo",         "openo",
          "a\\/bo",  "",         "o",       "M\xFCllero", std::string(2000, 'o')};
}

void compare_rules(const std::string& type, const std::string& more_rules) {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  if (!postmap.knows(type)) {
    return;
  }
  const TemporaryDirectory directory;
  auto keys = rule_keys();
  keys.erase(std::find(keys.begin(), keys.end(), ""));  // postmap takes no empty key
  compare_with_postmap(postmap, type + ":" + directory.write("rules", more_rules + kRules), keys);
  compare_with_postmap(postmap, type + ":" + directory.path("nosuch"), {"alice"});
  for (const std::string inline_rules :
       {"{{/^alice$/ a b}, {/b/ c}}", "{ { /^alice$/   a } }", "{{if /a/} {/alice/ x} {endif}}",
        "{/alice/ x}", "{{/alice/ x}", "{}", "{{/^(.*)$/ $$$1}}"}) {
    compare_with_postmap(postmap, type + ":" + inline_rules, {"alice", "bob"});
  }
}

TEST_CASE("regexp answers as postmap does") {
  compare_rules("regexp",
                "/two/!/not/ first but not second\n"
                "/two/x!!/not/i both\n"
                "/basic\\(o\\)$/x $1\n"
                "/^multi$/m line\n");
}

TEST_CASE("pcre answers as postmap does") {
  compare_rules("pcre",
                "/^dot.all$/ dotall\n"
                "/^dot.all2$/s no dotall\n"
                "/ ext ended o $/x extended\n"
                "/anchoredo/A anchored\n"
                "/^(o+)/U ungreedy $1\n"
                "/^exx/X obsolete flag\n"
                "/^(?!owner-)(.*)-outgoing/ ${1}\n");
}

TEST_CASE("cidr answers as postmap does") {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  const TemporaryDirectory directory;
  const std::string rules =
      "192.168.1.1 host\n"
      "192.168.0.0/16 net\n"
      "10.0.0.1/8 host bits\n"
      "[10.0.0.0/8] brackets\n"
      "[10.0.0.0/8 unclosed\n"
      "[11.0.0.0]/8 brackets and length\n"
      "[11.0.0.0]x garbage\n"
      "12.0.0.0/33 too long\n"
      "12.0.0.0/x no number\n"
      "12.0.0.0/ no length\n"
      "12.0.0.0/8\n"
      "2001:db8::1 six\n"
      "2001:DB8::/32 six net\n"
      "if 13.0.0.0/8\n"
      "13.1.0.0/16 inside\n"
      "!13.2.0.0/16 not 13.2\n"
      "endif\n"
      "if !14.0.0.0/8\n"
      "15.0.0.0/8 fifteen\n"
      "endif garbage\n"
      "endif\n"
      "endif\n"
      "010.1.1.1 octal\n"
      "nonsense x\n"
      "! !16.0.0.0/8 twice\n"
      "17.0.0.0/0 zero\n"
      "if 18.0.0.0/8\n"
      "0.0.0.0/0 all in 18\n"
      "::/0 all six\n";
  compare_with_postmap(
      postmap, "cidr:" + directory.write("rules", rules),
      {"192.168.1.1", "192.168.1.2",  "10.1.2.3",        "11.255.0.1", "12.1.1.1",
       "2001:db8::1", "2001:db8::2",  "2001:0DB8::0:1",  "13.1.1.1",   "13.2.1.1",
       "13.3.1.1",    "14.1.1.1",     "15.1.1.1",        "8.1.1.1",    "16.1.1.1",
       "18.1.1.1",    "::1",          "fe80::1%lo",      "192.168.1",  "alice",
       "[10.1.2.3]",  "192.168.1.01", "::ffff:10.1.1.1", "10.1.2.3/8", "300.1.1.1"});
  compare_with_postmap(postmap, "cidr:{{10.0.0.0/8 ten}, {!11.0.0.0/8 not eleven}}",
                       {"10.1.1.1", "11.1.1.1"});
  compare_with_postmap(postmap, "cidr:" + directory.path("nosuch"), {"10.1.1.1"});
}

TEST_CASE("a table that cannot be opened is reported in the words of Postfix") {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  for (const std::string table :
       {"hash:/nosuch/table", "btree:/nosuch/table", "cdb:/nosuch/table", "lmdb:/nosuch/table",
        "texthash:/nosuch/table", "regexp:/nosuch/table", "pcre:/nosuch/table",
        "cidr:/nosuch/table", "sqlite:/nosuch/table", "nosuchtype:x", "inline:{}", "inline:{x}",
        "unionmap:{x}", "pipemap:x", "randmap:{}", "static:{a", "unix:x", "regexp:{a"}) {
    const auto spec = parse_table_spec(table);
    REQUIRE(spec.ok());
    if (spec->type != "nosuchtype" &&
        (find_map_type(spec->type) == nullptr || !postmap.knows(spec->type))) {
      continue;
    }
    LiveWorld world;
    const auto opened = world.open_table(*spec, {});
    REQUIRE_FALSE(opened.ok());
    const std::string complaint = postmap.complaint(table, "key");
    INFO("postmap: " << complaint << "lastmile: " << opened.error().message());
    CHECK(complaint.find(opened.error().text) != std::string::npos);
  }
}

}  // namespace
}  // namespace lastmile::test
