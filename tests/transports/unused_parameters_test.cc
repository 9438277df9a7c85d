// SPDX-License-Identifier: Apache-2.0
#include "transports/unused_parameters.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

std::vector<std::string> warnings(const std::string& main_cf, const std::string& master_cf = "") {
  const auto main = MainCf::parse(main_cf, "main.cf");
  REQUIRE(main.ok());
  const auto master = MasterCf::parse(master_cf, "master.cf", false);
  REQUIRE(master.ok());
  std::vector<std::string> lines;
  for (const Error& warning : unused_parameters(
           *main, *master, {"relayhost", "myorigin", "alias_maps", "smtpd_restriction_classes"})) {
    lines.push_back(warning.message());
  }
  return lines;
}

using Lines = std::vector<std::string>;

// As postconf(1) warns.
TEST_CASE("what is set and nothing reads is told of, with its line") {
  CHECK(warnings("relayhost = x\nfoo = 1\n") == Lines{"main.cf:2: unused parameter: foo=1"});
  CHECK(warnings("relayhots = x\n") ==
        Lines{"main.cf:1: unused parameter: relayhots=x (did you mean \"relayhost\"?)"});
  CHECK(warnings("foo = 1\nbar = 2\nbaz = 3\nmyorigin = $foo${bar}$(baz)\n").empty());
  CHECK(warnings("smtpd_restriction_classes = mine\nmine = permit\n").empty());
}

TEST_CASE("the settings of a table are read by it") {
  CHECK(warnings("alias_maps = pgsql:pgv, proxy:sqlite:sqv, mysql:/etc/x.cf\n"
                 "pgv_hosts = a\nsqv_dbpath = /x\npgvx = y\n") ==
        Lines{"main.cf:4: unused parameter: pgvx=y"});
}

TEST_CASE("the options of services are looked at as well") {
  CHECK(warnings("mine = 1\n", "smtp inet n - n - - smtpd -o relayhost=$mine -o unk=$mua\n") ==
        Lines{"master.cf:1: unused parameter: unk=$mua", "master.cf:1: undefined parameter: mua"});
}

}  // namespace
}  // namespace lastmile
