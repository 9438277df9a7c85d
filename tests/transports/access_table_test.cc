// SPDX-License-Identifier: Apache-2.0
#include "transports/access_table.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

std::string joined(const std::vector<AddressKey>& keys) {
  std::string text;
  for (const AddressKey& key : keys) {
    text += (text.empty() ? "" : " ") + key.text;
  }
  return text;
}

TEST_CASE("access tables: the keys of clients and of mail addresses") {
  CHECK(joined(host_name_keys("MX.far.test", ParentKeys::plain)) == "mx.far.test far.test test");
  CHECK(joined(host_name_keys("mx.far.test", ParentKeys::with_dot)) ==
        "mx.far.test .far.test .test");
  CHECK(joined(host_name_keys("192.0.2.1", ParentKeys::plain)) == "192.0.2.1");
  CHECK(joined(host_address_keys("192.0.2.1")) == "192.0.2.1 192.0.2 192.0 192");
  CHECK(joined(host_address_keys("2001:db8::5")) == "2001:db8::5 2001:db8: 2001:db8 2001");
  CHECK(joined(host_address_keys("")).empty());
  const ExtensionRules rules = {"+", true, "double-bounce"};
  CHECK(joined(mail_address_keys({"a+x", "b.test"}, rules, ParentKeys::plain)) ==
        "a+x@b.test a@b.test b.test test a+x@ a@");
}

TEST_CASE("access tables: what a value wants") {
  using Kind = AccessAction::Kind;
  struct Row {
    std::string value;
    Kind kind;
    std::string text;
  };
  const Row rows[] = {
      {"OK", Kind::permit, ""},
      {"ok and more", Kind::permit, "and more"},
      {"12345", Kind::permit, ""},
      {"550", Kind::permit, ""},
      {"550 5.1.1 no", Kind::refuse, "no"},
      {"250 ok", Kind::restrictions, "250 ok"},
      {"REJECT gone", Kind::reject, "gone"},
      {"DEFER_IF_PERMIT 4.2.0 wait", Kind::defer_if_permit, "wait"},
      {"DUNNO", Kind::nothing, ""},
      {"FILTER scan", Kind::nothing, ""},
      {"FILTER scan:", Kind::filter, "scan:"},
      {"REDIRECT bob", Kind::nothing, ""},
      {"redirect bob@example.com", Kind::redirect, "bob@example.com"},
      {"permit_mynetworks, reject", Kind::restrictions, "permit_mynetworks, reject"},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    const AccessAction action = parse_access_action(row.value);
    CHECK(action.kind == row.kind);
    CHECK(action.text == row.text);
  }
}

}  // namespace
}  // namespace lastmile
