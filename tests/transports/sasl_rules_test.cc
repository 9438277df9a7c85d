// SPDX-License-Identifier: Apache-2.0
#include "transports/sasl_rules.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("what a login must not do") {
  const auto both = parse_sasl_security("noplaintext, noanonymous");
  REQUIRE(both);
  CHECK(both->no_plaintext);
  CHECK(both->no_anonymous);
  CHECK_FALSE(both->mutual_auth);
  const auto nothing = parse_sasl_security(" , ");
  REQUIRE(nothing);
  CHECK_FALSE(nothing->no_plaintext);
  const auto rest = parse_sasl_security("noactive nodictionary forward_secrecy mutual_auth");
  REQUIRE(rest);
  CHECK(rest->no_active);
  CHECK(rest->no_dictionary);
  CHECK(rest->forward_secrecy);
  CHECK(rest->mutual_auth);
  const auto wrong = parse_sasl_security("noplain");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message() == "unknown SASL security option \"noplain\"");
}

TEST_CASE("a user and a password") {
  CHECK(parse_credentials("user:pass:word").user == "user");
  CHECK(parse_credentials("user:pass:word").password == "pass:word");
  CHECK(parse_credentials("user").user == "user");
  CHECK(parse_credentials("user").password.empty());
}

}  // namespace
}  // namespace lastmile
