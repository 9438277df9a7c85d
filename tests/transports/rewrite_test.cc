// SPDX-License-Identifier: Apache-2.0
#include "transports/rewrite.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

void check_rows(const std::string& main_cf,
                const std::vector<std::pair<std::string, std::string>>& rows) {
  ConfiguredWorld world(main_cf);
  for (const auto& [address, expected] : rows) {
    INFO(address);
    CHECK(to_internal(rewrite_address(split_address(address), world.settings())) == expected);
  }
}

TEST_CASE("rewrite: the local context") {
  check_rows("", {
                     {"", ""},
                     {"alice", "alice@mx.example.com"},
                     {"alice@example.com", "alice@example.com"},
                     {"alice@example.com.", "alice@example.com"},
                     {"alice@example.com..", "alice@example.com.."},
                     {"alice@localhost", "alice@localhost"},
                     {"site!user", "user@site"},
                     {"a!b!c", "b!c@a"},
                     {"user%dom", "user@dom"},
                     {"user%", "user@"},
                     {"!user", "user@"},
                     {"user%a%b", "user%a@b"},
                     {"a!b%c", "b%c@a"},
                     {"user%dom@host", "user%dom@host"},
                     {"@a,@b:user@c", "user@c"},
                     {"al ice", "al ice@mx.example.com"},
                     {"a b!c", "a b!c@mx.example.com"},
                     {"a b%c", "a b%c@mx.example.com"},
                     {"alice@[192.0.2.1]", "alice@[192.0.2.1]"},
                     {"@example.com", "@example.com"},
                     {"@", "@"},
                     {"alice@", "alice@"},
                     {"alice@.", "alice@."},
                     {"@relay:user", "user@mx.example.com"},
                     {"@[IPv6:::1]", "@[IPv6:::1]"},
                     {"@[IPv6:::1]:user@c", "user@c"},
                 });
}

TEST_CASE("rewrite: parameters") {
  check_rows("append_dot_mydomain = yes\nmyorigin = origin\n",
             {{"alice", "alice@origin.example.com"},
              {"alice@host", "alice@host.example.com"},
              {"alice@[192.0.2.1]", "alice@[192.0.2.1]"},
              {"a!b", "b@a.example.com"}});
  check_rows("swap_bangpath = no\n", {{"a!b", "a!b@mx.example.com"}, {"a!b%c", "a!b@c"}});
  check_rows("allow_percent_hack = no\n", {{"a%b", "a%b@mx.example.com"}});
  check_rows("append_at_myorigin = no\n", {{"alice", "alice"}});
}

}  // namespace
}  // namespace lastmile
