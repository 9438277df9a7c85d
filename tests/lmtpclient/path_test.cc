// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/path.h"

#include "tests/support/catch.h"

namespace lastmile::lmtp {
namespace {

TEST_CASE("an address in internal form becomes a path") {
  struct Row {
    std::string address;
    const char* path;  // Null: it cannot be sent.
  };
  const Row rows[] = {
      {"", "<>"},
      {"alice@example.com", "<alice@example.com>"},
      {"Alice+X@Example.com", "<Alice+X@Example.com>"},
      {"alice", "<alice>"},
      {"al ice@x", R"(<"al ice"@x>)"},
      {"a@b@c", R"(<"a@b"@c>)"},
      {R"(a"b\c@x)", R"(<"a\"b\\c"@x>)"},
      {".alice@x", R"(<".alice"@x>)"},
      {"alice.@x", R"(<"alice."@x>)"},
      {"a..b@x", R"(<"a..b"@x>)"},
      {"a.b@x", "<a.b@x>"},
      {"a<b>@x", R"(<"a<b>"@x>)"},
      {"@x", R"(<""@x>)"},
      {"alice@", "<alice@>"},
      {"user@[192.0.2.1]", "<user@[192.0.2.1]>"},
      {"j\xc3\xbcrgen@x", "<j\xc3\xbcrgen@x>"},
      {"a\tb@x", "<\"a\tb\"@x>"},
      {"alice@x>\r\nDATA", nullptr},
      {"al\rice@x", nullptr},
      {"al\nice@x", nullptr},
      {std::string("al\0ice@x", 8), nullptr},
      {"alice@x> SIZE=1", nullptr},
      {"alice@x y", nullptr},
      {"alice@x\ty", nullptr},
      {"alice@<x", nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.address);
    CHECK(to_path(row.address) ==
          (row.path == nullptr ? std::nullopt : std::optional<std::string>(row.path)));
  }
}

TEST_CASE("values of parameters are encoded as xtext") {
  CHECK(to_xtext("alice@example.com") == "alice@example.com");
  CHECK(to_xtext("a+b=c d") == "a+2Bb+3Dc+20d");
  CHECK(to_xtext("\r\n\xc3\xbc") == "+0D+0A+C3+BC");
}

}  // namespace
}  // namespace lastmile::lmtp
