// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/account_maps.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

const TableSpec kSystem = {"unix", "passwd.byname"};
const TableSpec kUsers = {"sqlite", "/etc/users.cf"};

/// Alice is in the system's database, bob in a table, carol in both.
void fill(MemoryWorld& world) {
  world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
  world.add_account({"carol", 2003, 2003, "/home/carol", "/bin/sh"});
  world.add_table("sqlite:/etc/users.cf", {{"bob", "bob:x:3001:3001::/srv/bob:/bin/false"},
                                           {"carol", "carol:x:3003:3003::/srv/carol:/bin/false"},
                                           {"broken", "broken:x:3004"},
                                           {"dave", "erin:x:3005:3005::/srv/erin:/bin/sh"}});
}

std::string home_of(const Result<std::optional<Account>>& account) {
  return !account ? account.error().message() : *account ? (*account)->home : "none";
}

TEST_CASE("AccountMapsWorld: the first table that knows an account wins") {
  MemoryWorld base;
  fill(base);
  AccountMapsWorld table_first(base, {kUsers, kSystem}, {});
  AccountMapsWorld system_first(base, {kSystem, kUsers}, {});
  AccountMapsWorld table_alone(base, {kUsers}, {});
  CHECK(home_of(table_first.account_by_name("alice")) == "/home/alice");
  CHECK(home_of(table_first.account_by_name("bob")) == "/srv/bob");
  CHECK(home_of(table_first.account_by_name("carol")) == "/srv/carol");
  CHECK(home_of(system_first.account_by_name("carol")) == "/home/carol");
  CHECK(home_of(table_alone.account_by_name("alice")) == "none");
  CHECK(home_of(table_alone.account_by_name("nosuch")) == "none");
}

TEST_CASE("AccountMapsWorld: what makes no sense is not an unknown user") {
  MemoryWorld base;
  fill(base);
  AccountMapsWorld world(base, {kUsers, kSystem}, {});
  CHECK(home_of(world.account_by_name("broken")) ==
        "sqlite:/etc/users.cf: the value of \"broken\" is not a line of passwd(5): 3 of seven "
        "fields");
  CHECK(home_of(world.account_by_name("dave")) ==
        "sqlite:/etc/users.cf: asked for account \"dave\" and answered with \"erin\"");
}

TEST_CASE("AccountMapsWorld: a table that is down stops the search") {
  MemoryWorld base;
  fill(base);
  base.fail_table("sqlite:/etc/users.cf");
  AccountMapsWorld world(base, {kUsers, kSystem}, {});
  const auto account = world.account_by_name("alice");
  REQUIRE_FALSE(account.ok());
  CHECK(account.error().kind == Error::Kind::unavailable);
  CHECK_FALSE(world.account_by_uid(2001).ok());
  CHECK_FALSE(world.for_each_account([](const Account&) { return true; }).ok());
}

TEST_CASE("AccountMapsWorld: uids, by key and by listing") {
  MemoryWorld base;
  base.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
  base.add_table("sqlite:/etc/users.cf", {{"bob", "bob:x:3001:3001::/srv/bob:/bin/false"},
                                          {"3002", "eve:x:3002:3002::/srv/eve:/bin/false"},
                                          {"3009", "liar:x:0:0::/root:/bin/sh"}});
  AccountMapsWorld world(base, {kUsers, kSystem}, {});
  CHECK(home_of(world.account_by_uid(3001)) == "/srv/bob");
  CHECK(home_of(world.account_by_uid(3002)) == "/srv/eve");
  CHECK(home_of(world.account_by_uid(2001)) == "/home/alice");
  CHECK(home_of(world.account_by_uid(3009)) == "none");
}

TEST_CASE("AccountMapsWorld: asks once") {
  MemoryWorld base;
  fill(base);
  AccountMapsWorld world(base, {kUsers, kSystem}, {});
  static_cast<void>(world.account_by_name("alice"));
  const std::size_t asked = base.questions().size();
  CHECK(home_of(world.account_by_name("alice")) == "/home/alice");
  CHECK(base.questions().size() == asked);
}

TEST_CASE("AccountMapsWorld: every account once, the table that wins first") {
  MemoryWorld base;
  base.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
  base.add_account({"carol", 2003, 2003, "/home/carol", "/bin/sh"});
  base.add_table("sqlite:/etc/users.cf", {{"carol", "carol:x:3003:3003::/srv/carol:/bin/false"}});
  AccountMapsWorld world(base, {kUsers, kSystem}, {});
  std::vector<std::string> homes;
  const auto listing = world.for_each_account([&](const Account& account) {
    homes.push_back(account.home);
    return true;
  });
  REQUIRE(listing.ok());
  CHECK(homes == std::vector<std::string>{"/srv/carol", "/home/alice"});
}

}  // namespace
}  // namespace lastmile
