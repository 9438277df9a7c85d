// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/generic_addresses.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// Addresses of `in` become those of `out`; `fail@in` cannot be looked up.
Result<std::optional<Address>> map(const Address& address) {
  if (address.local_part == "fail") {
    return unavailable("no answer");
  }
  return address.domain == "in" ? std::optional(Address{address.local_part, "out"}) : std::nullopt;
}

std::string mapped(std::string_view header) {
  const auto result = generic_header(header, map);
  return result ? result->value_or("unchanged") : result.error().message();
}

}  // namespace

// As Postfix 3.7 has written them.
TEST_CASE("addresses of a header are mapped, and all else stays") {
  struct Row {
    const char* header;
    const char* expected;
  };
  const Row rows[] = {
      {"To: a@else", "unchanged"},
      {"To:", "unchanged"},
      {"To: a@in", "To: a@out"},
      {"to:a@in", "to: a@out"},
      {"To: a@in,b@else , c@in", "To: a@out, b@else, c@out"},
      {"To: a@in b@in", "To: a@out b@out"},
      {"From: \"A, B\" <a@in> (c)", "From: \"A, B\" <a@out>(c)"},
      {"From: A B<a@in>", "From: A B <a@out>"},
      {"To: f: a@in, b@in;", "To: f: a@out, b@out;"},
      {"To: (x) a(y)@in", "To: a@out (x) (y)"},
      {"To: \"a b\"@in", "To: \"a b\"@out"},
      {"To: a@in,\n\tb@in", "To: a@out, b@out"},
      {"To: fail@in", "no answer"},
  };
  for (const Row& row : rows) {
    INFO(row.header);
    CHECK(mapped(row.header) == row.expected);
  }
}

TEST_CASE("mapped addresses are folded") {
  std::string header = "To: a@in";
  for (int i = 0; i < 5; ++i) {
    header += ", a-long-name-of-somebody@in";
  }
  CHECK(mapped(header) ==
        "To: a@out, a-long-name-of-somebody@out, a-long-name-of-somebody@out,\n"
        "\ta-long-name-of-somebody@out, a-long-name-of-somebody@out,\n"
        "\ta-long-name-of-somebody@out");
  // Comments beyond what old programs have room for are left out.
  CHECK(mapped("To: (" + std::string(300, 'c') + ") a@in, b@in") == "To: <a@out>, b@out");
}

TEST_CASE("headers with addresses") {
  for (const char* const name : {"from", "to", "cc", "bcc", "reply-to", "resent-sender", "sender",
                                 "return-path", "errors-to"}) {
    CHECK(has_addresses(name));
  }
  CHECK_FALSE(has_addresses("subject"));
  CHECK_FALSE(has_addresses("delivered-to"));
}

}  // namespace lastmile
