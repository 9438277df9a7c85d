// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/error_status.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

using Kind = Error::Kind;

std::string outcome(Kind kind, Failure failure) {
  Error error;
  error.kind = kind;
  error.text = "Input/output error";
  return to_string(status_of(error, failure));
}

TEST_CASE("a failure has the status that local delivery gives it") {
  struct Row {
    Failure failure = {};
    Kind kind = {};
    std::string expected = {};
  };
  const Row rows[] = {
      {Failure::alias_database, Kind::unavailable, "defer:4.3.0 alias database unavailable"},
      {Failure::alias_database, Kind::misconfigured, "defer:4.3.0 alias database unavailable"},
      {Failure::alias_owner, Kind::unavailable, "defer:4.3.0 cannot find alias database owner"},
      {Failure::alias_owner, Kind::misconfigured, "defer:4.3.0 mail system configuration error"},
      {Failure::member_path, Kind::misconfigured, "bounce:5.3.5 mail system configuration error"},
      {Failure::service_circle, Kind::misconfigured, "defer:4.3.5 mail system configuration error"},
      {Failure::alias_database, Kind::unseen, "unknown: Input/output error"},
      {Failure::include_file, Kind::unseen, "unknown: Input/output error"},
      {Failure::table_lookup, Kind::unavailable, "defer:4.3.0 table lookup failure"},
      {Failure::table_lookup, Kind::misconfigured, "defer:4.3.0 table lookup failure"},
      {Failure::user_lookup, Kind::unavailable, "defer:4.0.0 user lookup error"},
      {Failure::address_resolver, Kind::unavailable, "defer:4.3.0 address resolver failure"},
      {Failure::virtual_alias, Kind::unavailable, "defer:4.3.0 virtual alias lookup failure"},
      {Failure::recipient_check, Kind::unavailable, "defer:4.3.0 Temporary lookup failure"},
      {Failure::recipient_check, Kind::misconfigured, "defer:4.3.5 Server configuration error"},
      {Failure::include_file, Kind::unavailable,
       "defer:4.3.0 error reading forwarding file: Input/output error"},
      {Failure::include_file, Kind::denied, "bounce:5.3.5 mail system configuration error"},
      {Failure::include_file, Kind::malformed, "bounce:5.3.5 mail system configuration error"},
      {Failure::include_owner, Kind::unavailable, "defer:4.3.5 mail system configuration error"},
      {Failure::forward_file, Kind::unavailable,
       "defer:4.3.0 error reading forwarding file: Input/output error"},
      {Failure::default_rights, Kind::misconfigured, "defer:4.3.5 mail system configuration error"},
      {Failure::command_setting, Kind::malformed, "defer:4.3.5 mail system configuration error"},
  };
  for (const Row& row : rows) {
    CHECK(outcome(row.kind, row.failure) == row.expected);
  }
}

TEST_CASE("what may work later never bounces") {
  for (int failure = 0; failure <= static_cast<int>(Failure::command_setting); ++failure) {
    if (static_cast<Failure>(failure) == Failure::member_path) {
      continue;  // A path is there or is not.
    }
    INFO("failure " << failure);
    CHECK(outcome(Kind::unavailable, static_cast<Failure>(failure)).starts_with("defer:4."));
  }
}

}  // namespace
}  // namespace lastmile::test
