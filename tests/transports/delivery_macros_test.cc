// SPDX-License-Identifier: Apache-2.0
#include "transports/delivery_macros.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

DeliveryMacros full() {
  return {"alice",
          "alice+x y",
          "example.com",
          "Alice+x y@Example.com",
          "x y",
          "+",
          Account{"alice", 2001, 2001, "/home/alice", "/bin/sh"}};
}

TEST_CASE("delivery macros") {
  const DeliveryMacros macros = full();
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"user", "alice"},         {"local", "alice+x y"}, {"mailbox", "alice+x y"},
      {"domain", "example.com"}, {"extension", "x y"},   {"recipient", "Alice+x y@Example.com"},
      {"home", "/home/alice"},   {"shell", "/bin/sh"},   {"recipient_delimiter", "+"},
  };
  for (const auto& [name, expected] : rows) {
    CHECK(macros.lookup({})(name) == expected);
  }
}

TEST_CASE("delivery macros: names without a value") {
  const DeliveryMacros macros{"alice", "alice", "", "alice", std::nullopt, "", std::nullopt};
  for (const std::string_view name :
       {"domain", "extension", "recipient_delimiter", "home", "shell", "mydomain", ""}) {
    INFO(name);
    CHECK_FALSE(macros.lookup({})(name).has_value());
  }
  DeliveryMacros empty_extension = macros;
  empty_extension.extension = "";
  CHECK(empty_extension.lookup({})("extension") == "");
}

TEST_CASE("delivery macros: each octet that the filter lacks becomes an underscore") {
  const DeliveryMacros macros = full();
  CHECK(macros.lookup("abcdefghijklmnopqrstuvwxyz+")("local") == "alice+x_y");
  CHECK(macros.lookup("alice")("home") == "____e_alice");
}

}  // namespace
}  // namespace lastmile
