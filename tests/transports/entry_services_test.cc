// SPDX-License-Identifier: Apache-2.0
#include "transports/entry_services.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

MasterCf parse(const std::string& text) {
  auto master_cf = MasterCf::parse(text, "master.cf", false);
  REQUIRE(master_cf.ok());
  return *std::move(master_cf);
}

std::string name_and_line(const Service* service) {
  return service == nullptr ? "none" : service->name + ' ' + std::to_string(service->source->line);
}

TEST_CASE("entry services: mail comes in at the smtpd of port 25 unless another one is named") {
  struct Row {
    std::string master_cf;
    std::string expected;
  };
  const Row rows[] = {
      {"smtp inet n - n - - smtpd", "smtp 1"},
      {"smtp unix - - n - - smtp\n25 inet n - n - - smtpd", "25 2"},
      {"10.0.0.1:smtp inet n - n - - smtpd", "10.0.0.1:smtp 1"},
      {"[::]:25 inet n - n - - smtpd", "[::]:25 1"},
      {"submission inet n - n - - smtpd", "none"},
      {"smtp inet n - n - 1 postscreen\nsubmission inet n - n - - smtpd\n"
       "smtpd pass - - n - - smtpd",
       "smtpd 3"},
      {"smtpd pass - - n - - smtpd", "none"},
  };
  for (const Row& row : rows) {
    INFO(row.master_cf);
    const MasterCf master_cf = parse(row.master_cf);
    CHECK(name_and_line(default_entry(master_cf)) == row.expected);
  }
}

TEST_CASE("entry services: a user names one by name, by port, or by host and port") {
  const MasterCf master_cf = parse(
      "smtp inet n - n - 1 postscreen\n"
      "smtpd pass - - n - - smtpd\n"
      "submission inet n - n - - smtpd\n"
      "465 inet n - n - - smtpd\n"
      "127.0.0.1:10025 inet n - n - - smtpd\n"
      "smtp unix - - n - - smtp\n"
      "pickup unix n - n 60 1 pickup\n");
  struct Row {
    std::string name;
    std::string expected;
  };
  const Row rows[] = {
      {"smtp", "smtpd 2"},
      {"25", "smtpd 2"},
      {"submission", "submission 3"},
      {"587", "submission 3"},
      {"localhost:587", "submission 3"},
      {"smtps", "465 4"},
      {"10025", "127.0.0.1:10025 5"},
      {"127.0.0.1:10025", "127.0.0.1:10025 5"},
      {"pickup", "pickup 7"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const auto found = find_entry(master_cf, row.name);
    REQUIRE(found.ok());
    CHECK(name_and_line(*found) == row.expected);
  }
  const auto missing = find_entry(master_cf, "10.0.0.1:10025");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().text ==
        "master.cf has no service \"10.0.0.1:10025\" that takes mail in (smtpd, submission, 465, "
        "127.0.0.1:10025, pickup)");
}

}  // namespace
}  // namespace lastmile
