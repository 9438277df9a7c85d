// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/show_misses.h"

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

/// "alias_maps: no nosuch in hash:/etc/aliases /etc/postfix/main.cf:6" for each miss and note.
Lines misses(SmallHost& host, const std::string& recipient, Misses which,
             Stage stage = Stage::full) {
  ResolveRequest request;
  request.recipient.address = split_address(recipient);
  request.recipient.is_bare = true;
  request.stage = stage;
  request.misses = which;
  const Trace trace = host.trace(request);
  Lines lines;
  for (std::uint32_t i = 0; i < trace.size(); ++i) {
    const TraceNode& node = trace.node(NodeId{i});
    if (node.step == Step::miss || node.step == Step::note) {
      lines.push_back((node.step == Step::miss ? node.subject + ": " + node.detail : node.subject) +
                      (node.source ? " " + to_string(*node.source) : ""));
    }
  }
  return lines;
}

TEST_CASE("an unknown user names the maps that do not know it, and the lines that name them") {
  SmallHost host;
  CHECK(misses(host, "nosuch+x@example.com", Misses::of_refusals, Stage::local) ==
        Lines{"alias_maps: no nosuch+x, nosuch in hash:/etc/aliases /etc/postfix/main.cf:6",
              "account: no nosuch in passwd"});
}

TEST_CASE("a refusal names the keys that were asked, and a parameter at its default says so") {
  SmallHost host;
  const Lines lines = misses(host, "nosuch@example.com", Misses::of_refusals);
  REQUIRE(!lines.empty());
  CHECK(lines[0] ==
        "local_recipient_maps: no nosuch@example.com, nosuch, @example.com in "
        "proxy:unix:passwd.byname, hash:/etc/aliases (default)");
}

TEST_CASE("what is found shows no misses unless they are asked for") {
  SmallHost host;
  CHECK(misses(host, "alice@example.com", Misses::of_refusals) == Lines{});
  CHECK(misses(host, "alice@example.com", Misses::hidden) == Lines{});
  const Lines all = misses(host, "alice@example.com", Misses::all);
  CHECK(all.back() == "alias_maps: no alice in hash:/etc/aliases /etc/postfix/main.cf:6");
}

TEST_CASE("a delivery, which shows nothing, looks nothing up for it") {
  SmallHost host;
  CHECK(misses(host, "nosuch@example.com", Misses::hidden) == Lines{});
}

TEST_CASE("a domain that no list has names the lists") {
  SmallHost host;
  host.main_cf("virtual_alias_domains = inline:{shop.example=x}\n");
  const Lines lines = misses(host, "bob@other.example", Misses::all);
  const Lines expected = {
      "mydestination: no other.example in 3 names /etc/postfix/main.cf:4",
      "virtual_alias_domains: no other.example in inline:{shop.example=x} /etc/postfix/main.cf:8"};
  REQUIRE(lines.size() >= 2);
  CHECK(Lines(lines.begin(), lines.begin() + 2) == expected);
}

TEST_CASE("alias_maps that names nothing is said of an unknown user") {
  SmallHost host;
  host.main_cf("alias_maps =\n");
  CHECK(misses(host, "nosuch@example.com", Misses::of_refusals, Stage::local).front() ==
        "alias_maps: names no table /etc/postfix/main.cf:8");
}

TEST_CASE("a table that only alias_database names is told of") {
  SmallHost host;
  host.main_cf("alias_database = hash:/etc/aliases, texthash:/etc/local-aliases\n");
  host.world().add_file("/etc/local-aliases", "# own\nsales alice\n");
  const Lines lines = misses(host, "sales@example.com", Misses::of_refusals, Stage::local);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] ==
        "texthash:/etc/local-aliases has \"sales\", and only alias_database names it: local(8) "
        "asks alias_maps /etc/local-aliases:2");
  // What alias_maps names as well was asked already.
  host.alias("bob", "bob");
  CHECK(misses(host, "nosuch@example.com", Misses::of_refusals, Stage::local).size() == 2);
}

TEST_CASE("a key with capitals in a table that is compared as it is written is told of") {
  SmallHost host;
  host.main_cf("mailbox_transport_maps = texthash:/etc/boxes\n");
  host.world().add_file("/etc/boxes", "# boxes\nCarl lmtp:unix:/run/lmtp\n");
  const Lines lines = misses(host, "carl@example.com", Misses::of_refusals, Stage::local);
  REQUIRE(lines.size() == 4);
  CHECK(lines[2] ==
        "texthash:/etc/boxes has \"Carl\", and is asked for \"carl\": keys of this table are "
        "compared as they are written /etc/boxes:2");
}

TEST_CASE("a virtual mailbox that nobody has names virtual_mailbox_maps") {
  SmallHost host;
  host.main_cf(
      "virtual_mailbox_domains = v.example\n"
      "virtual_mailbox_base = /srv\n"
      "virtual_mailbox_maps = inline:{alice@v.example=alice}\n"
      "virtual_uid_maps = static:2001\n"
      "virtual_gid_maps = static:2001\n");
  const Lines lines = misses(host, "bob@v.example", Misses::of_refusals);
  REQUIRE(!lines.empty());
  CHECK(lines.back() ==
        "virtual_mailbox_maps: no bob@v.example, @v.example in inline:{alice@v.example=alice} "
        "/etc/postfix/main.cf:10");
}

}  // namespace
}  // namespace lastmile::test
