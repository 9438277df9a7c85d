// SPDX-License-Identifier: Apache-2.0
#include "aliases/shared.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("a shared value reads as the value, and is shared by its copies") {
  const Shared<std::string> empty;
  CHECK(empty->empty());
  CHECK(empty == Shared<std::string>(""));

  const Shared<std::string> first = "a text that is too long to stand in the string itself";
  const std::vector<Shared<std::string>> copies(2, first);
  for (const Shared<std::string>& copy : copies) {
    CHECK(copy == first);
    CHECK(copy->data() == first->data());
  }
  const std::string& plain = first;
  CHECK(&plain == &*first);
}

TEST_CASE("equal values can be made to share, others cannot") {
  const Shared<std::string> first = "a text that is too long to stand in the string itself";
  Shared<std::string> equal = std::string(*first);
  CHECK(equal->data() != first->data());
  CHECK(equal == first);
  equal.share(first);
  CHECK(equal->data() == first->data());

  Shared<std::string> other = "another text";
  other.share(first);
  CHECK(*other == "another text");
}

}  // namespace
}  // namespace lastmile
