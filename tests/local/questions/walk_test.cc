// SPDX-License-Identifier: Apache-2.0
#include "local/questions/walk.h"

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

/// A host of which everything is known.
class WalkedHost {
 public:
  explicit WalkedHost(std::string main_cf) : main_cf_(std::move(main_cf)) {
    world.set_hostname("mail.example.com");
    world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
    world.add_account({"nobody", 65534, 65534, "/nonexistent", "/bin/false"});
  }

  /// `address mark`, one for each known address but the roles.
  std::vector<std::string> known(const WalkOptions& options = {}) {
    world.add_file("/etc/postfix/main.cf",
                   "compatibility_level = 3.6\nmyhostname = mail.example.com\n"
                   "myorigin = example.com\n" +
                       main_cf_);
    const auto settings = load_settings(world, "/etc/postfix");
    REQUIRE(settings.ok());
    auto walk = Walk::make(*settings, world, options);
    REQUIRE(walk.ok());
    coverage = walk->coverage();
    std::vector<std::string> lines;
    const auto read = walk->for_each([&](const KnownAddress& address) {
      coverage.add(address);
      if (address.marks.first() != Mark::role) {
        lines.push_back(shown_form(address) + ' ' + std::string(name_of(address.marks.first())));
      }
      return true;
    });
    CHECK(read.ok());
    return lines;
  }

  std::string coverage_text() const {
    std::ostringstream out;
    print_coverage(out, coverage);
    return out.str();
  }

  MemoryWorld world = {};
  Coverage coverage = {};

 private:
  std::string main_cf_;
};

using Lines = std::vector<std::string>;

TEST_CASE(
    "walk: accounts, aliases, members, includes and extensions, at one of the domains alike") {
  WalkedHost host(
      "mydestination = example.com, mail.example.com, localhost\nrecipient_delimiter = +\n"
      "alias_maps = texthash:/etc/aliases\nlocal_recipient_maps = unix:passwd.byname "
      "$alias_maps\n");
  host.world.add_file("/etc/aliases",
                      "team alice, carol, :include:/etc/list, dave@other.example\n"
                      "owner-team \\alice\n");
  host.world.add_file("/etc/list", "erin, frank@mail.example.com\n");
  host.world.add_file("/home/alice/.forward", "\\alice, gina\n", {2001, 2001, 0644});
  host.world.add_file("/home/alice/.forward+lists", "/dev/null\n", {2001, 2001, 0644});
  CHECK(host.known() == Lines{"alice@example.com account", "alice+lists@example.com extension",
                              "carol@example.com member", "erin@example.com member",
                              "gina@example.com member", "nobody@example.com account",
                              "owner-team@example.com alias", "team@example.com alias",
                              "frank@mail.example.com member"});
  CHECK(host.coverage.alike == Lines{"localhost", "mail.example.com"});
  CHECK(host.coverage.is_whole());
  CHECK(host.coverage_text() ==
        "known addresses: 13 (2 accounts, 2 aliases, 1 extension, 4 members, 4 roles), alike at "
        "2 more local domains\n");
}

TEST_CASE("walk: a key that holds a domain tells it apart from the others") {
  WalkedHost host(
      "mydestination = example.com, localhost, other.example, third.example\nalias_maps =\n"
      "virtual_alias_maps = texthash:/etc/virtual\n");
  host.world.add_file("/etc/virtual", "x@other.example alice\n@gone.example alice\nbare alice\n");
  CHECK(host.known() == Lines{"alice@example.com account", "bare@example.com virtual",
                              "nobody@example.com account", "*@gone.example sample",
                              "alice@other.example account", "bare@other.example virtual",
                              "nobody@other.example account", "x@other.example virtual"});
  CHECK(host.coverage.alike == Lines{"localhost", "third.example"});
  CHECK(host.known({.all_domains = true}).size() == 3 * 4 + 2);
}

TEST_CASE("walk: samples of patterns are asked of the table") {
  WalkedHost host(
      "mydestination = example.com\nalias_maps =\nvirtual_alias_maps = regexp:/etc/roles\n");
  host.world.add_file(
      "/etc/roles", "/^(ceo|boss)@/ alice\n/^ceo@example\\.com$/ nobody\n/^x@odd\\.example$/ x\n");
  CHECK(host.known() == Lines{"boss@elsewhere.example sample", "ceo@elsewhere.example sample",
                              "boss@elsewhere.invalid sample", "ceo@elsewhere.invalid sample",
                              "alice@example.com account", "boss@example.com sample",
                              "ceo@example.com sample", "nobody@example.com account",
                              "x@odd.example sample"});
  CHECK_THAT(
      host.coverage_text(),
      Catch::Contains("not listed: regexp:/etc/roles: 1 of 3 rules without a sample (line 2)"));
}

TEST_CASE("walk: what cannot be listed is named") {
  WalkedHost host(
      "mydestination = example.com\nalias_maps = tcp:localhost:1, texthash:/etc/none\n"
      "virtual_alias_maps = static:alice\n");
  host.known();
  CHECK_THAT(host.coverage_text(), Catch::Contains("tcp:localhost:1: "));
  CHECK_THAT(host.coverage_text(), Catch::Contains("texthash:/etc/none: "));
  CHECK_FALSE(host.coverage.is_whole());
}

TEST_CASE("walk: addresses that are given, and those of a log") {
  WalkedHost host("mydestination = example.com\nalias_maps =\n");
  WalkOptions options;
  options.given = {{"zoe", "far.example"}};
  options.logged = addresses_in_log_line(
      "postfix/local[3]: 1A: to=<hugo@example.com>, orig_to=<ida@example.com>, relay=local");
  options.logged.push_back({"far", "far.example"});
  CHECK(host.known(options) == Lines{"alice@example.com account", "hugo@example.com log",
                                     "ida@example.com log", "nobody@example.com account",
                                     "zoe@far.example given"});
}

}  // namespace
}  // namespace lastmile
