// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/exit_status.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

using Kind = RecipientVerdict::Kind;

constexpr RecipientVerdict kDelivered = {Kind::delivered, "2.0.0"_dsn};
constexpr RecipientVerdict kDeferred = {Kind::deferred, "4.3.0"_dsn};

RecipientVerdict failed(EnhancedStatus code) {
  return {Kind::failed, code};
}

int sysexit(const std::vector<RecipientVerdict>& verdicts) {
  return exit_status(verdicts, ExitStyle::sysexits);
}

int qmail(const std::vector<RecipientVerdict>& verdicts) {
  return exit_status(verdicts, ExitStyle::qmail);
}

TEST_CASE("the code of a failure decides the exit status") {
  struct Row {
    EnhancedStatus code = {};
    int status = 0;
  };
  const Row rows[] = {
      {"5.1.0"_dsn, 67}, {"5.1.1"_dsn, 67},  {"5.1.3"_dsn, 67}, {"5.1.6"_dsn, 67},
      {"5.2.0"_dsn, 73}, {"5.2.1"_dsn, 73},  {"5.2.2"_dsn, 73}, {"5.6.0"_dsn, 65},
      {"5.6.7"_dsn, 65}, {"5.7.0"_dsn, 77},  {"5.7.1"_dsn, 77}, {"5.0.0"_dsn, 69},
      {"5.3.0"_dsn, 69}, {"5.3.5"_dsn, 69},  {"5.4.6"_dsn, 69}, {"5.5.0"_dsn, 69},
      {"5.9.9"_dsn, 69}, {"5.12.1"_dsn, 69},
  };
  for (const Row& row : rows) {
    INFO(to_string(row.code));
    CHECK(sysexit({failed(row.code)}) == row.status);
    CHECK(qmail({failed(row.code)}) == 100);
  }
}

TEST_CASE("the exit status is 0 when somebody has the message and nobody waits") {
  CHECK(sysexit({kDelivered}) == 0);
  CHECK(sysexit({kDelivered, kDelivered}) == 0);
  CHECK(sysexit({failed("5.1.1"_dsn), kDelivered}) == 0);
  CHECK(qmail({kDelivered, failed("5.1.1"_dsn)}) == 0);
}

TEST_CASE("the exit status is 75 when anybody waits") {
  CHECK(sysexit({kDeferred}) == 75);
  CHECK(sysexit({kDelivered, kDeferred}) == 75);
  CHECK(sysexit({failed("5.1.1"_dsn), kDeferred, kDelivered}) == 75);
  CHECK(qmail({kDelivered, kDeferred}) == 111);
}

TEST_CASE("every doubt is 75") {
  CHECK(sysexit({}) == 75);
  CHECK(sysexit({RecipientVerdict{}}) == 75);
  CHECK(sysexit({failed("4.2.2"_dsn)}) == 75);
  CHECK(sysexit({kDelivered, failed("2.0.0"_dsn)}) == 75);
  CHECK(qmail({}) == 111);
}

TEST_CASE("the first of several failures decides") {
  CHECK(sysexit({failed("5.7.1"_dsn), failed("5.1.1"_dsn)}) == 77);
  CHECK(sysexit({failed("5.1.1"_dsn), failed("5.7.1"_dsn)}) == 67);
}

}  // namespace
}  // namespace lastmile::test
