// SPDX-License-Identifier: Apache-2.0
#include "transports/errno_status.h"

#include <cerrno>

#include "tests/support/catch.h"

namespace lastmile {

TEST_CASE("an errno has the code that the specification of local delivery gives it") {
  struct Row {
    int error;
    EnhancedStatus otherwise;
    EnhancedStatus expected;
  };
  const Row rows[] = {
      {EAGAIN, "5.2.0"_dsn, "4.2.0"_dsn},  {EWOULDBLOCK, "5.3.0"_dsn, "4.2.0"_dsn},
      {ESTALE, "5.3.0"_dsn, "4.2.0"_dsn},  {EINTR, "5.3.0"_dsn, "4.2.0"_dsn},
      {ENOSPC, "5.2.0"_dsn, "4.3.0"_dsn},  {EDQUOT, "5.2.0"_dsn, "5.2.2"_dsn},
      {EFBIG, "5.3.0"_dsn, "4.3.0"_dsn},   {EACCES, "5.2.0"_dsn, "5.2.0"_dsn},
      {ENOENT, "5.2.0"_dsn, "5.2.0"_dsn},  {EROFS, "5.2.0"_dsn, "4.3.0"_dsn},
      {ENOTDIR, "5.2.0"_dsn, "5.2.0"_dsn}, {EIO, "5.3.0"_dsn, "4.3.0"_dsn},
      {ENOMEM, "5.3.0"_dsn, "4.3.0"_dsn},  {EMFILE, "5.2.0"_dsn, "4.3.0"_dsn},
      {ENFILE, "5.2.0"_dsn, "4.3.0"_dsn},  {ENOBUFS, "5.3.0"_dsn, "4.3.0"_dsn},
  };
  for (const Row& row : rows) {
    CAPTURE(row.error);
    CHECK(to_string(status_of_errno(row.error, row.otherwise)) == to_string(row.expected));
  }
  CHECK(error_text(EFBIG) == "File too large");
}

TEST_CASE("the class of a code is the outcome") {
  CHECK(status_with("2.0.0"_dsn, "").outcome == DeliveryStatus::Outcome::delivered);
  CHECK(status_with("4.2.0"_dsn, "").outcome == DeliveryStatus::Outcome::deferred);
  CHECK(status_with("5.2.0"_dsn, "").outcome == DeliveryStatus::Outcome::bounced);
}

}  // namespace lastmile
