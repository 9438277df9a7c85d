// SPDX-License-Identifier: Apache-2.0
#include "aliases/address_keys.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// Keys in order, partial ones with a '-' before them.
std::string shown(const Address& address, DomainKind kind, const char* delimiter = "+") {
  ExtensionRules rules;
  rules.recipient_delimiter = delimiter;
  std::string text;
  for (const AddressKey& key : address_keys(address, rules, kind)) {
    text += (text.empty() ? "" : " ") + std::string(key.use == KeyUse::whole ? "" : "-") + key.text;
  }
  return text;
}

TEST_CASE("an address is looked up by these keys in this order") {
  using enum DomainKind;
  CHECK(shown({"alice", "x"}, own) == "alice@x -alice -@x");
  CHECK(shown({"alice", "x"}, foreign) == "alice@x -@x");
  CHECK(shown({"alice+l", "x"}, own) == "alice+l@x -alice@x -alice+l -alice -@x");
  CHECK(shown({"alice+l", "x"}, foreign) == "alice+l@x -alice@x -@x");
  CHECK(shown({"alice+l", "x"}, own, "") == "alice+l@x -alice+l -@x");
  CHECK(shown({"alice+l", ""}, own) == "alice+l -alice");
  CHECK(shown({"owner-list", "x"}, own, "-") == "owner-list@x -owner-list -@x");
}

TEST_CASE("the external form comes first where it differs") {
  CHECK(shown({"a@b", "x"}, DomainKind::own) == "\"a@b\"@x a@b@x -\"a@b\" -@x");
  CHECK(shown({"a b", "x"}, DomainKind::own) == "\"a b\"@x a b@x -\"a b\" -a b -@x");
}

TEST_CASE("each key says what it holds of the address") {
  const auto keys = address_keys({"a", "x"}, {}, DomainKind::own);
  REQUIRE(keys.size() == 3);
  CHECK(name_of(keys[0].form) == "user+ext@domain");
  CHECK(name_of(keys[1].form) == "user+ext");
  CHECK(name_of(keys[2].form) == "@domain");
}

std::string shown_for_transport(const Address& address, ParentKeys parents) {
  ExtensionRules rules;
  rules.recipient_delimiter = "+";
  std::string text;
  for (const AddressKey& key : transport_keys(address, rules, parents)) {
    text += (text.empty() ? "" : " ") + std::string(key.use == KeyUse::whole ? "" : "-") + key.text;
  }
  return text;
}

TEST_CASE("transports are looked up by the address, the domain and its parents") {
  using enum ParentKeys;
  CHECK(shown_for_transport({"a+e", "x.y.z"}, plain) == "a+e@x.y.z -a@x.y.z -x.y.z -y.z -z *");
  CHECK(shown_for_transport({"a", "x.y.z"}, with_dot) == "a@x.y.z -x.y.z -.y.z -.z *");
  CHECK(shown_for_transport({"a", ""}, plain) == "a *");
}

}  // namespace
}  // namespace lastmile
