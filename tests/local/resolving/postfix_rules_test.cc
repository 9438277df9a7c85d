// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "local/formats/recipient_reply.h"
#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE(
    "virtual(8) refuses what leads out of its base, and ids with more than a number, from 3.11.7 "
    "on") {
  const std::string base =
      "virtual_mailbox_domains = v.example\n"
      "virtual_mailbox_maps = inline:{a@v.example=x/../y/, b@v.example=b/}\n"
      "virtual_mailbox_base = /srv\n"
      "virtual_gid_maps = static:2001\n";
  struct Row {
    std::string release;
    std::string uids;
    std::string recipient;
    std::string lands;
  };
  const std::string refused = "defer:4.3.5 mail system configuration error ";
  const Row rows[] = {
      {"3.11.6", "static:2001", "a@v.example", "maildir:/srv/x/../y/ a@v.example"},
      {"3.11.7", "static:2001", "a@v.example", refused + "a@v.example"},
      {"3.12-20260821", "static:2001", "a@v.example", refused + "a@v.example"},
      {"3.12-20260821", "static:2001", "b@v.example", "maildir:/srv/b/ b@v.example"},
      {"3.11.6", "static:2001x", "b@v.example", "maildir:/srv/b/ b@v.example"},
      {"3.12-20260821", "static:2001x", "b@v.example", refused + "b@v.example"},
  };
  for (const Row& row : rows) {
    INFO(row.release << " " << row.uids);
    SmallHost host;
    host.main_cf(base + "virtual_uid_maps = " + row.uids +
                 "\nlastmile_postfix_version = " + row.release + "\n");
    CHECK(host.lands(row.recipient, Stage::full) == Lines{row.lands});
  }
}

TEST_CASE("nesting deeper than 100 steps has a text of its own, since a release of each branch") {
  for (const auto& [release, text] :
       {std::pair<std::string, std::string>{"3.7.11", "alias database loop"},
        {"3.10.13", "recipient nesting limit exceeded"}}) {
    INFO(release);
    SmallHost host;
    host.main_cf("lastmile_postfix_version = " + release);
    // Each name is a step of the alias and one of the recipient.
    for (int i = 0; i < 120; ++i) {
      host.alias("a" + std::to_string(i), "a" + std::to_string(i + 1));
    }
    const Lines lines = host.lands("a0@example.com");
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::StartsWith("bounce:5.4.6 ") && Catch::Contains(text));
  }
}

/// What one address becomes by the rules of a release.
struct ReleaseRow {
  std::string release;
  std::string main_cf;
  std::string recipient;
  std::string lands;
};

void check_rows(const std::vector<ReleaseRow>& rows) {
  for (const ReleaseRow& row : rows) {
    INFO(row.release << ": " << row.main_cf);
    SmallHost host;
    host.main_cf("lastmile_postfix_version = " + row.release + "\n" + row.main_cf);
    CHECK(host.lands(row.recipient, Stage::full) == Lines{row.lands});
  }
}

TEST_CASE("aliases are asked for by the name in quotes and then without, from 3.12 on") {
  const std::string quoted = "alias_maps = inline:{{\"al ice\" = carol}}";
  const std::string plain = "alias_maps = regexp:{{/^al ice$$/ carol}}";
  const std::string both = "alias_maps = regexp:{{/^al ice$$/ bob}, {/^\"al ice\"$$/ carol}}";
  const std::string pattern = "alias_maps = regexp:{{/^\"/ carol}, {/^al ice$$/ bob}}";
  const std::string needless = "alias_maps = inline:{{\"sales\" = carol}}";
  const std::string address = "\"al ice\"@example.com";
  const std::string unknown = "bounce:5.1.1 unknown user: ";
  check_rows({
      {"3.11", quoted, address, unknown + "\"al ice\" " + address},
      {"3.12-20260821", quoted, address, "mailbox:/var/mail/carol carol@example.com"},
      {"3.11", plain, address, "mailbox:/var/mail/carol carol@example.com"},
      {"3.12-20260821", plain, address, "mailbox:/var/mail/carol carol@example.com"},
      {"3.11", both, address, "mailbox:/var/mail/bob bob@example.com"},
      {"3.12-20260821", both, address, "mailbox:/var/mail/carol carol@example.com"},
      {"3.11", pattern, address, "mailbox:/var/mail/bob bob@example.com"},
      {"3.12-20260821", pattern, address, "mailbox:/var/mail/carol carol@example.com"},
      {"3.12-20260821", needless, "sales@example.com", unknown + "\"sales\" sales@example.com"},
  });
}

TEST_CASE("the values of relocated_maps are codes and texts, from 3.11 on, where that is wanted") {
  const std::string maps =
      "relocated_maps = inline:{{a@example.com = 5.1.3 Left}, {b@example.com = gone}}\n";
  const std::string off = maps + "relocated_prefix_enable = no";
  check_rows({
      {"3.10", off, "a@example.com", "bounce:5.1.6 User has moved to 5.1.3 Left a@example.com"},
      {"3.11", maps, "a@example.com", "bounce:5.1.6 User has moved to 5.1.3 Left a@example.com"},
      {"3.11", off, "a@example.com", "bounce:5.1.3 Left a@example.com"},
      {"3.11", off, "b@example.com", "bounce:5.2.0 Mailbox is unavailable b@example.com"},
  });
}

TEST_CASE("debug: before a table is nothing but a word, from 3.11 on") {
  const std::string maps = "virtual_alias_maps = debug:inline:{{a@example.com = bob@example.com}}";
  check_rows({{"3.11", maps, "a@example.com", "mailbox:/var/mail/bob bob@example.com"}});
  SmallHost host;
  host.main_cf("lastmile_postfix_version = 3.10\n" + maps);
  const Lines lines = host.lands("a@example.com", Stage::full);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("defer:4."));
}

TEST_CASE("main.cf has functions for domains beyond ASCII, from 3.11 on") {
  const std::string destination =
      "mydestination = example.com, ${domain_to_ascii{b\xc3\xbc"
      "cher.example}}";
  check_rows({{"3.11", destination, "alice@xn--bcher-kva.example",
               "mailbox:/var/mail/alice alice@xn--bcher-kva.example"}});
  SmallHost host;
  host.main_cf("lastmile_postfix_version = 3.10\n" + destination);
  CHECK_THROWS(host.lands("alice@example.com"));
}

TEST_CASE("what smtpd(8) answers is that of the release") {
  const std::string filter =
      "local_recipient_maps = inline:{alice=x}\n"
      "smtpd_reject_filter_maps = regexp:{{/^550 5\\.1\\.1 .*/ 550 5.1.1 Nobody here}}";
  const std::string broken =
      "local_recipient_maps = inline:{alice=x}\n"
      "smtpd_reject_filter_maps = static:{250 Ok}";
  const std::string old = "smtpd_recipient_restrictions = check_relay_domains, permit";
  struct Row {
    std::string release;
    std::string main_cf;
    std::string recipient;
    std::string reply;
  };
  const Row rows[] = {
      {"3.10", filter, "bob@example.com", "550 5.1.1 <bob@example.com>: Recipient"},
      {"3.11", filter, "bob@example.com", "550 5.1.1 Nobody here"},
      {"3.11", filter, "alice@example.com", "250 2.1.5"},
      {"3.11", broken, "bob@example.com", "550 5.1.1 <bob@example.com>: Recipient"},
      {"3.8", old, "alice@example.com", "250 2.1.5"},
      {"3.9", old, "alice@example.com", "451 4.3.5 Server configuration error"},
  };
  for (const Row& row : rows) {
    INFO(row.release << ' ' << row.recipient << ' ' << row.main_cf);
    SmallHost host;
    host.main_cf("lastmile_postfix_version = " + row.release + "\n" + row.main_cf);
    const Trace trace = host.trace(row.recipient, Stage::smtp);
    const auto reply = recipient_reply(trace);
    REQUIRE(reply.has_value());
    CHECK_THAT(reply->codes() + ' ' + reply->text, Catch::StartsWith(row.reply));
  }
}

TEST_CASE("a trace under -v says which release is meant, and which rules of later ones decided") {
  SmallHost host;
  host.main_cf(
      "lastmile_postfix_version = 3.12-20260821\nalias_maps = inline:{{\"al ice\" = carol}}");
  ResolveRequest request;
  request.recipient.address = Address{"al ice", "example.com"};
  request.shows_surroundings = true;
  const Lines notes = nodes_of(host.trace(request), Step::note);
  const auto has = [&notes](std::string_view text) {
    return std::ranges::any_of(
        notes, [text](const std::string& note) { return note.find(text) != std::string::npos; });
  };
  CHECK(has("Postfix 3.12.0 (lastmile_postfix_version, "));
  CHECK(has("(aliases-asked-quoted)"));
  CHECK_FALSE(has("(virtual-refuses-dots)"));
}

TEST_CASE("a release that is none ends the program with its line") {
  SmallHost host;
  host.main_cf("lastmile_postfix_version = 2.11");
  CHECK_THROWS(host.lands("alice@example.com"));
}

}  // namespace
}  // namespace lastmile::test
