// SPDX-License-Identifier: Apache-2.0
#include "aliases/result.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("an error names place, text and what was being done") {
  Error error{Error::Kind::malformed, "unbalanced quote", SourcePos{"/etc/aliases", 3}, {}};
  CHECK(error.message() == "/etc/aliases:3: unbalanced quote");
  error = std::move(error).during("expanding root").during("resolving root@example.com");
  CHECK(error.message() ==
        "/etc/aliases:3: unbalanced quote (expanding root; resolving root@example.com)");
}

TEST_CASE("a source without a line is the file alone") {
  CHECK(to_string(SourcePos{"main.cf", 0}) == "main.cf");
  CHECK(to_string(SourcePos{"main.cf", 7}) == "main.cf:7");
}

TEST_CASE("a result holds a value or an error") {
  const Result<int> value = 3;
  REQUIRE(value.ok());
  CHECK(*value == 3);
  const Result<int> failed = denied("no");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().kind == Error::Kind::denied);
}

}  // namespace
}  // namespace lastmile
