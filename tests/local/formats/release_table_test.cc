// SPDX-License-Identifier: Apache-2.0
#include "local/formats/release_table.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "transports/postfix_version.h"

namespace lastmile {
namespace {

std::string tables() {
  std::ostringstream out;
  print_release_tables(out);
  return out.str();
}

TEST_CASE("releases: the tables have every rule, and what came, went and changed") {
  const std::string text = tables();
  for (const VersionRuleRow& row : version_rules()) {
    INFO(row.id);
    CHECK_THAT(text, Catch::Contains("| `" + std::string(row.id) + "` |"));
  }
  CHECK_THAT(text, Catch::Contains("| 3.8 | `use_srv_lookup` | (empty) |"));
  CHECK_THAT(text, Catch::Contains("| 3.7.20, 3.8.15, 3.9.9, 3.10.8, 3.11 | "
                                   "`milter_default_action` | `tempfail` | `shutdown` |"));
  CHECK_THAT(text,
             Catch::Contains("| 3.11 | `tls_legacy_public_key_fingerprints` | `no` | (no such "
                             "parameter) |"));
}

TEST_CASE("releases: docs/versions.md has what the program prints") {
  const std::string path = test::source_directory() + "/docs/versions.md";
  std::ostringstream written;
  written << std::ifstream(path).rdbuf();
  const std::string heading = "prints these tables.\n\n";
  const std::size_t end = written.str().find(heading);
  REQUIRE(end != std::string::npos);
  const std::string expected = written.str().substr(0, end + heading.size()) + tables();
  if (std::getenv("LASTMILE_ACCEPT") != nullptr) {
    std::ofstream(path) << expected;
  } else {
    CHECK(written.str() == expected);
  }
}

}  // namespace
}  // namespace lastmile
