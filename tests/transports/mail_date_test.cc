// SPDX-License-Identifier: Apache-2.0
#include "transports/mail_date.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("mail_date: a `From ` line has the form of asctime, a header that of RFC 5322") {
  std::tm time = {};
  time.tm_year = 126;
  time.tm_mon = 0;
  time.tm_mday = 5;
  time.tm_hour = 4;
  time.tm_min = 3;
  time.tm_sec = 2;
  time.tm_wday = 1;
  time.tm_gmtoff = -7200;
  time.tm_zone = "XST";
  CHECK(envelope_date(time) == "Mon Jan  5 04:03:02 2026");
  CHECK(header_date(time) == "Mon, 05 Jan 2026 04:03:02 -0200 (XST)");
}

TEST_CASE("dates of headers") {
  struct Row {
    const char* text;
    std::int64_t seconds;  ///< -1: no date.
  };
  const Row rows[] = {
      {" Thu,  1 Jan 1970 00:00:10 +0000 (UTC)", 10},
      {"1 Jan 1970 01:00 +0100", 0},
      {"Sat, 28 Nov 2026 09:34:29 -0500 (EST)\n", 1795876469},
      {"29 feb 2024 00:00:00 GMT", 1709164800},
      {"29 Feb 2023 00:00:00 +0000", -1},
      {"1 Jan 1970", -1},
      {"1 Foo 1970 00:00:00 +0000", -1},
      {"1 Jan 70 00:00:00 +0000", -1},
      {"1 Jan 1970 24:00:00 +0000", -1},
      {"1 Jan 1970 00:00:xx +0000", -1},
      {"Mon", -1},
      {"", -1},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(parse_header_date(row.text).value_or(-1) == row.seconds);
  }
}

}  // namespace
}  // namespace lastmile
