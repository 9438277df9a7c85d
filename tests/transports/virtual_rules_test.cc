// SPDX-License-Identifier: Apache-2.0
#include "transports/virtual_rules.h"

#include <string>
#include <utility>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

constexpr const char* kBase =
    "recipient_delimiter = +\n"
    "virtual_mailbox_domains = virtual.test\n"
    "virtual_mailbox_base = /srv/vmail\n"
    "virtual_mailbox_maps = inline:{{alice@virtual.test = alice/}, {bob@virtual.test = bob}}\n"
    "virtual_uid_maps = static:5000\n"
    "virtual_gid_maps = static:5001\n";

/// "maildir:/srv/vmail/alice/ as 5000:5001 by alice@virtual.test", "unknown", or the error.
std::string found(const std::string& lines, const std::string& address,
                  const std::string& services = {}, const std::string& service = "virtual") {
  test::ConfiguredWorld world(kBase + lines, services);
  ServiceConfigurations configurations(world.settings(), world.world());
  VirtualServices virtual_services(configurations);
  auto tables = virtual_services.tables_of(service);
  if (!tables) {
    return tables.error().message();
  }
  const auto mailbox = (*tables)->find(split_address(address));
  if (!mailbox) {
    return mailbox.error().message();
  }
  return *mailbox ? to_string((*mailbox)->destination) + " as " + (*mailbox)->rights.name + " by " +
                        (*mailbox)->key
                  : "unknown";
}

TEST_CASE("virtual: a mailbox and its owner by all keys of an address") {
  CHECK(found("", "Alice@Virtual.test") ==
        "maildir:/srv/vmail/alice/ as 5000:5001 by alice@virtual.test");
  CHECK(found("", "alice+x@virtual.test") ==
        "maildir:/srv/vmail/alice/ as 5000:5001 by alice@virtual.test");
  CHECK(found("", "bob@virtual.test") == "mailbox:/srv/vmail/bob as 5000:5001 by bob@virtual.test");
  CHECK(found("", "carol@virtual.test") == "unknown");
  CHECK(found("virtual_mailbox_maps = static:all/\nvirtual_mailbox_base = /\n", "x@virtual.test") ==
        "maildir://all/ as 5000:5001 by x@virtual.test");
}

TEST_CASE("virtual: keys of a table are as they are written") {
  CHECK(found("virtual_mailbox_maps = inline:{Carol@virtual.test=carol}\n", "Carol@virtual.test") ==
        "unknown");
  CHECK(found("virtual_uid_maps = inline:{{Bob@virtual.test=6000}, {@virtual.test=5000}}\n",
              "Bob@virtual.test") == "mailbox:/srv/vmail/bob as 5000:5001 by bob@virtual.test");
}

TEST_CASE("virtual: an owner that makes no sense is an error") {
  const std::string alice = "alice@virtual.test";
  const std::string recipient = "recipient " + alice + ": ";
  const std::pair<std::string, std::string> rows[] = {
      {"virtual_uid_maps = inline:{bob@virtual.test=5000}\n", "not found in virtual_uid_maps"},
      {"virtual_uid_maps =\n", "not found in virtual_uid_maps"},
      {"virtual_uid_maps = static:99\n",
       "bad uid 99 in virtual_uid_maps (a number of at least 100)"},
      {"virtual_uid_maps = static:-2\n",
       "bad uid -2 in virtual_uid_maps (a number of at least 100)"},
      {"virtual_uid_maps = static:4294967295\n",
       "bad uid 4294967295 in virtual_uid_maps (a number of at least 100)"},
      {"virtual_uid_maps = static:4294967296\n",
       "bad uid 4294967296 in virtual_uid_maps (a number of at least 100)"},
      {"virtual_gid_maps = static:4294967296\n",
       "bad gid 4294967296 in virtual_gid_maps (a number of at least 1)"},
      {"virtual_uid_maps = static:99999999999999999999\n",
       "bad uid 99999999999999999999 in virtual_uid_maps (a number of at least 100)"},
      {"virtual_gid_maps = static:0\n", "bad gid 0 in virtual_gid_maps (a number of at least 1)"},
      {"virtual_gid_maps = static:vmail\n",
       "bad gid vmail in virtual_gid_maps (a number of at least 1)"},
  };
  for (const auto& [lines, expected] : rows) {
    CHECK(found(lines, alice).find(recipient + expected) != std::string::npos);
  }
  CHECK(found("virtual_uid_maps = static:5005x\n", alice) ==
        "maildir:/srv/vmail/alice/ as 5005:5001 by alice@virtual.test");
  CHECK(found("virtual_uid_maps = static:+5005\nvirtual_gid_maps = static:99999999999\n", alice) ==
        "maildir:/srv/vmail/alice/ as 5005:1215752191 by alice@virtual.test");
}

TEST_CASE("virtual: a service does not start with parameters that make no sense") {
  const std::pair<std::string, std::string> rows[] = {
      {"virtual_mailbox_base =\n", "virtual_mailbox_base: \"\": must not be empty"},
      {"virtual_mailbox_base = srv\n", "virtual_mailbox_base: \"srv\": must be an absolute path"},
      {"virtual_minimum_uid = 0\n", "virtual_minimum_uid: \"0\": out of range"},
      {"virtual_mailbox_lock = no\n", "virtual_mailbox_lock: \"no\": unknown name \"no\""},
      {"virtual_mailbox_lock =\n", "no applicable mailbox locking method"},
      {"virtual_mailbox_limit = 1000\n",
       "virtual_mailbox_limit is smaller than message_size_limit (10240000)"},
      {"message_size_limit = 0\nmailbox_size_limit = 0\n",
       "virtual_mailbox_limit is smaller than message_size_limit (unlimited)"},
  };
  for (const auto& [lines, expected] : rows) {
    const std::string error = found(lines, "alice@virtual.test");
    CAPTURE(error);
    CHECK(error.find(expected) != std::string::npos);
    CHECK(error.starts_with("/etc/postfix/main.cf:"));
  }
  CHECK(found("virtual_mailbox_limit = 0\n", "bob@virtual.test").starts_with("mailbox:"));
}

TEST_CASE("virtual: each service has its own parameters") {
  const std::string services =
      "virtual unix - n n - - virtual\n"
      "second unix - n n - - virtual -o virtual_mailbox_base=/srv/second\n"
      "third unix - n n - - virtual -o virtual_minimum_uid=none\n";
  CHECK(found("", "bob@virtual.test", services) ==
        "mailbox:/srv/vmail/bob as 5000:5001 by bob@virtual.test");
  CHECK(found("", "bob@virtual.test", services, "second") ==
        "mailbox:/srv/second/bob as 5000:5001 by bob@virtual.test");
  CHECK(found("", "bob@virtual.test", services, "third") ==
        "/etc/postfix/master.cf:3: virtual_minimum_uid: \"none\": not a whole number");
}

}  // namespace
}  // namespace lastmile
