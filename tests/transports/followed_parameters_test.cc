// SPDX-License-Identifier: Apache-2.0
#include "transports/followed_parameters.h"

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "transports/default_changes.h"
#include "transports/parameter_catalogue.h"

namespace lastmile {
namespace {

TEST_CASE("every built-in parameter of Postfix has an answer, and what is not honoured says why") {
  for (const DefaultParameter& parameter : default_parameters()) {
    INFO(parameter.name);
    const Followed* const followed = find_followed(parameter.name);
    REQUIRE(followed != nullptr);
    CHECK((followed->following == Following::honoured) == followed->why.empty());
  }
  for (const DefaultChange& change : default_changes()) {
    INFO(change.name);
    CHECK(find_followed(change.name) != nullptr);
  }
  for (const char* const name : {"mynetworks", "process_id", "process_name", "myhostname",
                                 "mydomain", "dovecot_destination_recipient_limit"}) {
    INFO(name);
    CHECK(find_followed(name) != nullptr);
  }
  CHECK(find_followed("nosuch") == nullptr);
}

TEST_CASE("what becomes of a parameter") {
  struct Row {
    const char* name;
    const char* following;
  };
  const Row rows[] = {
      {"alias_maps", "honoured"},
      {"lmtp_connect_timeout", "honoured"},
      {"lastmile_ledger", "honoured"},
      {"content_filter", "honoured"},
      {"lmtp_fallback_relay", "honoured"},
      {"lmtp_dns_reply_filter", "refused"},
      {"header_checks", "honoured with a message"},
      {"smtpd_milters", "not followed"},
      {"reject_code", "honoured"},
      {"smtpd_helo_required", "without effect here"},
      {"lmtp_tls_CAfile", "honoured"},
      {"maximal_queue_lifetime", "without effect here"},
      {"x_destination_concurrency_limit", "without effect here"},
      {"x_destination_recipient_limit", "honoured"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const Followed* const followed = find_followed(row.name);
    REQUIRE(followed != nullptr);
    CHECK(name_of(followed->following) == row.following);
  }
}

TEST_CASE("what the catalogue of parameters has is honoured, and said once") {
  for (const Parameter& parameter : parameter_catalogue()) {
    INFO(parameter.name);
    const Followed* const followed = find_followed(parameter.name);
    REQUIRE(followed != nullptr);
    // What wants SRV records is known, and mail that wants them waits.
    CHECK((followed->following == Following::honoured ||
           followed->following == Following::with_message ||
           parameter.name.find("srv_lookup") != std::string_view::npos));
  }
}

TEST_CASE("docs/services.md has the figures") {
  std::ifstream file(test::source_directory() + "/docs/services.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  const auto counts = count_followed();
  const Following all[] = {Following::honoured, Following::with_message, Following::without_effect,
                           Following::noted, Following::refused};
  for (const Following following : all) {
    const std::string row = "| " + std::string(name_of(following)) + " | " +
                            std::to_string(counts[static_cast<std::size_t>(following)]) + " |";
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

TEST_CASE("every parameter of lastmile's own is one that config knows") {
  for (const Parameter& parameter : parameter_catalogue()) {
    INFO(parameter.name);
    CHECK((default_parameter_of_any(parameter.name) || parameter.name == "myhostname" ||
           parameter.name == "mydomain" || parameter.name == "config_directory"));
  }
}

}  // namespace
}  // namespace lastmile
