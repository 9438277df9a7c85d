// SPDX-License-Identifier: Apache-2.0
#include "local/checks/loading.h"

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile::test {

TEST_CASE("checks: loading goes on behind each broken line") {
  MemoryWorld world;
  world.add_file("/etc/postfix/main.cf",
                 "myhostname = a.example.com\nrelayhost\n  # in between\n  more of it\n"
                 "owner_request_special = true\nmydestination = b.example\n= x\n");
  world.add_file("/etc/postfix/master.cf",
                 "smtp inet n - n - - smtpd\nfoo unix - - n - lmtp\nlocal unix - n n - - local\n");
  const auto host = load_host(world, "/etc/postfix", {});
  REQUIRE(host.ok());
  REQUIRE(host->broken_lines.size() == 3);
  CHECK(host->broken_lines[0].source->line == 2);
  CHECK(host->broken_lines[1].source->line == 7);
  CHECK(host->broken_lines[2].source->line == 2);
  CHECK(*host->broken_lines[2].source->file == "/etc/postfix/master.cf");
  REQUIRE(!host->settings.faults.empty());
  CHECK(host->settings.faults[0].parameter == "owner_request_special");
  CHECK(host->settings.mydestination.value == std::vector<std::string>{"b.example"});
  CHECK(host->settings.mydestination.source->line == 6);
  CHECK(host->settings.master_cf.find_transport("local") != nullptr);
}

TEST_CASE("checks: a host without main.cf is an error") {
  MemoryWorld world;
  CHECK(!load_host(world, "/etc/postfix", {}).ok());
}

}  // namespace lastmile::test
