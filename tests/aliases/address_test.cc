// SPDX-License-Identifier: Apache-2.0
#include "aliases/address.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// `local part|domain`, or the text of the error.
std::string shown(const Result<Address>& address) {
  return address ? address->local_part + '|' + address->domain : address.error().text;
}

TEST_CASE("an address in external form is read as Postfix reads it") {
  struct Row {
    const char* external;
    const char* expected;
  };
  const Row rows[] = {
      {"alice", "alice|"},
      {"alice@example.com", "alice|example.com"},
      {"Alice@Example.COM", "Alice|Example.COM"},
      {"<alice@example.com>", "alice|example.com"},
      {"Alice Doe <alice@example.com>", "alice|example.com"},
      {"alice (work) @ example.com", "alice|example.com"},
      {"\"john doe\"@example.com", "john doe|example.com"},
      {"\"a@b\"@example.com", "a@b|example.com"},
      {"\"a@b\"", "a|b"},
      {"a@b@c", "a@b|c"},
      {"\"\\\\alice\"@example.com", "\\alice|example.com"},
      {"\\alice@example.com", "alice|example.com"},
      {"\"a\\\"b\"@x", "a\"b|x"},
      {"alice.@example.com", "alice.|example.com"},
      {"a..b@x", "a..b|x"},
      {"-alice@x", "-alice|x"},
      {"j\xC3\xBCrgen\xFF@x", "j\xC3\xBCrgen\xFF|x"},
      {"alice@[127.0.0.1]", "alice|[127.0.0.1]"},
      {"alice@", "alice@|"},
      {"@example.com", "|example.com"},
      {"\"\"@example.com", "|example.com"},
      {"@relay.test:alice@x", "@relay.test:alice|x"},
      {"\"unterminated@x", "unterminated|x"},
      {"<alice@x", "<alice|x"},
      {"", "|"},
      {"<>", "|"},
      {"(nobody)", "|"},
      {"alice bob", "second address where one was expected at offset 6"},
      {"alice@x,bob", "second address where one was expected at offset 8"},
  };
  for (const Row& row : rows) {
    INFO(row.external);
    CHECK(shown(parse_address(row.external)) == row.expected);
  }
}

TEST_CASE("an address with a NUL octet or of more than 64 KiB is malformed") {
  using namespace std::literals;
  CHECK(shown(parse_address("root\0@x"sv)) == "NUL octet in address at offset 4");
  CHECK(parse_address(std::string(65536, 'a')).ok());
  const auto too_long = parse_address(std::string(65537, 'a'));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().kind == Error::Kind::malformed);
}

TEST_CASE("an address in internal form is taken apart at its last @") {
  CHECK(split_address("a@b@c") == Address{"a@b", "c"});
  CHECK(split_address("alice") == Address{"alice", ""});
  CHECK(split_address("alice@") == Address{"alice@", ""});
  CHECK(split_address("@x") == Address{"", "x"});
  CHECK(split_address("").is_null());
}

TEST_CASE("a bare address has nothing beside it") {
  for (const char* text : {"alice", "alice@x", "\"a b\"@x", "\"(a)\"@x", "a@[192.0.2.1]"}) {
    INFO(text);
    CHECK(is_bare_address(text));
  }
  for (const char* text : {"", "alice(c)@x", "Alice <alice@x>", "<alice@x>", "a, b", "g: a;"}) {
    INFO(text);
    CHECK_FALSE(is_bare_address(text));
  }
}

TEST_CASE("only a local part that needs it is quoted") {
  struct Row {
    Address address;
    const char* external;
  };
  const Row rows[] = {
      {{"alice", "x"}, "alice@x"},
      {{"alice", ""}, "alice"},
      {{"a.b+c=d!#$%&'*/?^_`{|}~-", "x"}, "a.b+c=d!#$%&'*/?^_`{|}~-@x"},
      {{"j\xC3\xBCrgen", "x"}, "j\xC3\xBCrgen@x"},
      {{"john doe", "x"}, "\"john doe\"@x"},
      {{"a@b", "x"}, "\"a@b\"@x"},
      {{"\\alice", "x"}, "\"\\\\alice\"@x"},
      {{"a\"b", "x"}, "\"a\\\"b\"@x"},
      {{"a..b", "x"}, "\"a..b\"@x"},
      {{".a", "x"}, "\".a\"@x"},
      {{"a.", "x"}, "\"a.\"@x"},
      {{"a\tb", "x"}, "\"a\tb\"@x"},
      {{"", "x"}, "\"\"@x"},
      {{"alice@", ""}, "alice@"},
      {{"a b@", ""}, "\"a b\"@"},
      {{"@relay:a b", "x"}, "@relay:\"a b\"@x"},
      {{"", "relay:a b"}, "@relay:\"a b\""},
      {{"", "[IPv6:::1]"}, "\"\"@[IPv6:::1]"},
      {{"alice@", ""}, "alice@"},
      {{"a b@", ""}, "\"a b\"@"},
      {{"@", ""}, "\"\"@"},
      {{}, ""},
  };
  for (const Row& row : rows) {
    CHECK(to_external(row.address) == row.external);
  }
  CHECK(to_internal({"john doe", "x"}) == "john doe@x");
}

TEST_CASE("an extension is split off at the first delimiter") {
  struct Row {
    const char* local_part;
    const char* delimiters;
    const char* expected;  ///< `user`, `user|extension|delimiter`
  };
  const Row rows[] = {
      {"alice", "+", "alice"},
      {"alice+", "+", "alice||+"},
      {"alice+a+b", "+", "alice|a+b|+"},
      {"alice-a+b", "+-", "alice|a+b|-"},
      {"alice+a-b", "+-", "alice|a-b|+"},
      {"alice+x", "", "alice+x"},
      {"+foo", "+", "+foo"},
      {"+foo+bar", "+", "+foo+bar"},
      {"owner-list", "-", "owner-list"},
      {"Owner-list", "-", "Owner-list"},
      {"owner-list+x", "+-", "owner-list+x"},
      {"owner-list+x", "+", "owner-list|x|+"},
      {"list-request", "-", "list-request"},
      {"list-Request", "-", "list-Request"},
      {"list-request-x", "-", "list|request-x|-"},
      {"postmaster", "m", "postmaster"},
      {"Mailer-Daemon", "-", "Mailer-Daemon"},
      {"double-bounce", "-", "double-bounce"},
      {"postmaster+x", "+", "postmaster|x|+"},
      {"", "+", ""},
  };
  for (const Row& row : rows) {
    ExtensionRules rules;
    rules.recipient_delimiter = row.delimiters;
    const SplitLocalPart split = split_extension(row.local_part, rules);
    std::string shown(split.user);
    if (split.extension) {
      shown += '|' + std::string(*split.extension) + '|' + split.delimiter;
    }
    INFO(row.local_part << ' ' << row.delimiters);
    CHECK(shown == row.expected);
    CHECK((split.delimiter == '\0') == !split.extension.has_value());
  }
}

TEST_CASE("owner- and -request are special only while the parameter is on") {
  ExtensionRules rules;
  rules.recipient_delimiter = "-";
  rules.owner_request_special = false;
  CHECK(split_extension("owner-list", rules).user == "owner");
  CHECK(split_extension("list-request", rules).user == "list");
}

}  // namespace
}  // namespace lastmile
