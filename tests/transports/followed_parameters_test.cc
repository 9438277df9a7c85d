#include "transports/followed_parameters.h"

#include <set>
#include <string>

#include "tests/support/catch.h"
#include "transports/default_parameters.h"
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
      {"lmtp_dns_reply_filter", "not followed, and mail waits"},
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

TEST_CASE("every parameter of lastmile's own is one that config knows") {
  std::set<std::string_view> known;
  for (const DefaultParameter& parameter : default_parameters()) {
    known.insert(parameter.name);
  }
  for (const Parameter& parameter : parameter_catalogue()) {
    INFO(parameter.name);
    CHECK((known.contains(parameter.name) || parameter.name == "myhostname" ||
           parameter.name == "mydomain" || parameter.name == "config_directory"));
  }
}

}  // namespace
}  // namespace lastmile
