// SPDX-License-Identifier: Apache-2.0
#include "aliases/domain_encoding.h"

#include <optional>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("domains beyond ASCII as DNS has them, and back") {
  struct Row {
    std::string_view utf8;
    std::string_view ascii;
  };
  // The samples of RFC 3492 section 7.1 among them.
  const Row rows[] = {
      {"example.com", "example.com"},
      {"", ""},
      {"bücher.example", "xn--bcher-kva.example"},
      {"münchen.bücher.de", "xn--mnchen-3ya.xn--bcher-kva.de"},
      {"他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"},
      {"почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"},
      {"3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"},
  };
  for (const Row& row : rows) {
    INFO(row.ascii);
    CHECK(domain_to_ascii(row.utf8) == std::string(row.ascii));
    CHECK(domain_to_utf8(row.ascii) == std::string(row.utf8));
  }
  CHECK(domain_to_ascii("BÜCHER.Example") == std::string("xn--bcher-kva.example"));
}

TEST_CASE("what is no domain in the other form has none") {
  const std::string long_label(64, 'a');
  CHECK(domain_to_ascii("\xff.example") == std::nullopt);
  CHECK(domain_to_ascii(long_label) == std::nullopt);
  for (const std::string_view bad : {"xn--\xc3\xbc", "xn--a_", "xn--99999999", "\xff"}) {
    INFO(bad);
    CHECK(domain_to_utf8(bad) == std::nullopt);
  }
}

}  // namespace
}  // namespace lastmile
