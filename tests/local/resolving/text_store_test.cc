// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/text_store.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

TEST_CASE("texts of all sizes come back as they were kept, also from a store that was moved") {
  std::vector<std::string> texts = {"", "a", std::string(1, '\0'), "alice@example.com"};
  for (const std::size_t size :
       {126U, 127U, 128U, 511U, 512U, 16383U, 16384U, 65535U, 65536U, 70000U, 3000000U}) {
    texts.emplace_back(size, 'x');
    texts.push_back(std::to_string(size));
  }
  TextStore store;
  std::vector<TextStore::Id> ids;
  for (int round = 0; round < 3; ++round) {
    for (const std::string& text : texts) {
      ids.push_back(store.keep(text));
    }
  }
  const TextStore moved = std::move(store);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CHECK(moved.at(ids[i]) == texts[i % texts.size()]);
  }
}

TEST_CASE("a text that was kept lately takes no memory again, and the empty one never any") {
  TextStore store;
  CHECK(store.keep("") == TextStore::Id{0});
  CHECK(store.octets() == 0);
  const auto first = store.keep("example.com");
  const auto octets = store.octets();
  CHECK(store.keep("example.com") == first);
  CHECK(store.octets() == octets);
}

TEST_CASE("many short texts take little more than their octets") {
  TextStore store;
  std::size_t octets = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::string text = "member" + std::to_string(i) + "@example.com";
    octets += text.size();
    store.keep(text);
  }
  CHECK(store.octets() < octets + octets / 8);
}

}  // namespace
}  // namespace lastmile::test
