// SPDX-License-Identifier: Apache-2.0
#include "local/serving/listen_address.h"

#include <string>

#include "aliases/overloaded.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// One line for each address: "unix /run/lmtp 660 mail", "inet ::1 24".
std::string line_of(const ListenAddress& address) {
  const auto octal = [](mode_t mode) {
    return std::to_string(mode / 64 % 8) + std::to_string(mode / 8 % 8) + std::to_string(mode % 8);
  };
  return std::visit(
      Overloaded{[&](const UnixListenAddress& it) {
                   return "unix " + it.path + ' ' + octal(it.mode) +
                          (it.group.empty() ? "" : ' ' + it.group);
                 },
                 [](const InetListenAddress& it) { return "inet " + it.host + ' ' + it.port; }},
      address);
}

TEST_CASE("where a server listens") {
  struct Row {
    std::string text;
    std::string line;  ///< Empty: it is none.
  };
  const Row rows[] = {
      {"unix:/run/lmtp", "unix /run/lmtp 600"},
      {"unix:/run/lmtp,mode=0660,group=mail", "unix /run/lmtp 660 mail"},
      {"inet:24", "inet  24"},
      {"inet:localhost:24", "inet localhost 24"},
      {"inet:*:24", "inet * 24"},
      {"inet:[::1]:lmtp", "inet ::1 lmtp"},
      {"unix:run/lmtp", ""},
      {"unix:/run/lmtp,mode=999", ""},
      {"unix:/run/lmtp,mode=01777", ""},
      {"unix:/run/lmtp,owner=x", ""},
      {"unix:", ""},
      {"inet:", ""},
      {"inet::24", ""},
      {"inet:::1:24", ""},
      {"tcp:24", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto address = parse_listen_address(row.text);
    CHECK(address.ok() == !row.line.empty());
    if (address) {
      CHECK(line_of(*address) == row.line);
    }
  }
}

}  // namespace
}  // namespace lastmile::test
