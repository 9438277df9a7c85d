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

}  // namespace
}  // namespace lastmile
