#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE(
    "virtual(8) refuses what leads out of its base, and ids with more than a number, from "
    "3.11.7 on") {
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

TEST_CASE("a release that is none ends the program with its line") {
  SmallHost host;
  host.main_cf("lastmile_postfix_version = 2.11");
  CHECK_THROWS(host.lands("alice@example.com"));
}

}  // namespace
}  // namespace lastmile::test
