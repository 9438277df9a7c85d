// SPDX-License-Identifier: Apache-2.0
#include "aliases/sha256.h"

#include <utility>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

std::string digest_of(const std::string& text, std::size_t piece) {
  Sha256 digest;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    digest.add(std::string_view(text).substr(at, piece));
  }
  return digest.hex();
}

TEST_CASE("SHA-256 of the examples of FIPS 180, in pieces of any size") {
  const std::pair<std::string, std::string> rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& [text, expected] : rows) {
    for (const std::size_t piece : {1U, 3U, 63U, 64U, 65U, 4096U}) {
      CHECK(digest_of(text, piece) == expected);
    }
  }
}

TEST_CASE("fields are told apart") {
  Sha256 one;
  one.add_field("ab");
  one.add_field("c");
  Sha256 other;
  other.add_field("a");
  other.add_field("bc");
  CHECK(one.hex() != other.hex());
}

}  // namespace
}  // namespace lastmile::test
