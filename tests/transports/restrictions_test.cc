// SPDX-License-Identifier: Apache-2.0
#include "transports/restrictions.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"
#include "transports/recipient_check.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

/// The reply to a stranger, and the restrictions that might have changed it.
std::string reply(const std::string& main_cf, const SmtpClient& client,
                  const Address& recipient = {"alice", "example.com"}) {
  ConfiguredWorld world("local_recipient_maps =\nmynetworks = 10.0.0.0/8\n" + main_cf);
  const RecipientCheck check =
      check_recipient(world.configuration(), {client, {"s", "far.test"}, recipient, {}});
  std::string text = to_string(check);
  for (const std::string& restriction : check.unless) {
    text += " unless " + restriction;
  }
  return text;
}

constexpr const char* kNoRelay = "smtpd_relay_restrictions = reject_unauth_destination\n";

TEST_CASE("restrictions: what the network would be asked is said, and not asked") {
  struct Row {
    std::string restrictions;
    std::string expected;
  };
  const Row rows[] = {
      {"check_policy_service inet:127.0.0.1:10023",
       "250 2.1.5 Ok unless check_policy_service inet:127.0.0.1:10023"},
      {"check_policy_service { inet:127.0.0.1:10023, timeout=1s }",
       "250 2.1.5 Ok unless check_policy_service { inet:127.0.0.1:10023, timeout=1s }"},
      {"reject_rbl_client zen.test, reject",
       "554 5.7.1 <alice@example.com>: Recipient address rejected: Access denied unless "
       "reject_rbl_client zen.test"},
      {"reject, reject_rbl_client zen.test",
       "554 5.7.1 <alice@example.com>: Recipient address rejected: Access denied"},
      {"reject_unknown_recipient_domain", "250 2.1.5 Ok"},
      {"reject_unknown_sender_domain", "250 2.1.5 Ok unless reject_unknown_sender_domain"},
      {"reject_unverified_recipient", "250 2.1.5 Ok unless reject_unverified_recipient"},
      {"reject_unknown_client_hostname", "250 2.1.5 Ok unless reject_unknown_client_hostname"},
      {"check_sender_mx_access hash:/mx", "250 2.1.5 Ok unless check_sender_mx_access hash:/mx"},
      {"reject_plaintext_session", "450 4.7.1 Session encryption is required"},
  };
  for (const Row& row : rows) {
    INFO(row.restrictions);
    CHECK(reply(kNoRelay + ("smtpd_recipient_restrictions = " + row.restrictions + "\n"), {}) ==
          row.expected);
  }
}

TEST_CASE("restrictions: a client that somebody describes") {
  const std::string lists = std::string(kNoRelay) +
                            "smtpd_client_restrictions = permit_inet_interfaces, "
                            "reject_unknown_client_hostname, reject_plaintext_session\n";
  SmtpClient client = *parse_client("192.0.2.9,mx.far.test");
  CHECK(reply(lists, client) == "450 4.7.1 Session encryption is required");
  client.tls = true;
  CHECK(reply(lists, client) == "250 2.1.5 Ok");
  CHECK(reply(lists, *parse_client("[192.0.2.9],unknown")) ==
        "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.9]");
  CHECK_FALSE(parse_client("mx.far.test").ok());
}

TEST_CASE("restrictions: lists that let everybody relay keep smtpd from starting") {
  struct Row {
    std::string relay;
    std::string recipient;
    bool is_safe;
  };
  const Row rows[] = {
      {"", "reject_unauth_destination", true},
      {"", "permit_mynetworks", false},
      {"", "permit, reject", false},
      {"", "warn_if_reject reject", false},
      {"", "strict", true},
      {"defer_unauth_destination", "", true},
  };
  for (const Row& row : rows) {
    INFO(row.relay << " / " << row.recipient);
    ConfiguredWorld world(
        "smtpd_restriction_classes = strict\nstrict = reject\n"
        "smtpd_relay_restrictions = " +
        row.relay + "\nsmtpd_recipient_restrictions = " + row.recipient + "\n");
    CHECK(unsafe_relaying(world.settings()).has_value() != row.is_safe);
  }
}

TEST_CASE("restrictions: what access tables want of a message") {
  ConfiguredWorld world(
      "local_recipient_maps =\nsmtpd_relay_restrictions = reject_unauth_destination\n"
      "smtpd_client_restrictions = check_client_access inline:{unknown=HOLD}\n"
      "smtpd_sender_restrictions = check_sender_access inline:{{s@far.test=FILTER scan:x}}\n"
      "smtpd_recipient_restrictions = check_recipient_access inline:{{alice@example.com=REDIRECT "
      "b@c.test}}, check_client_access inline:{{unknown=BCC d@e.test}}\n");
  const SmtpdAnswer answer = read_restrictions(
      world.configuration(), {{}, {"s", "far.test"}, {"alice", "example.com"}, {}});
  CHECK_FALSE(answer.refusal);
  REQUIRE(answer.actions.filter);
  CHECK(answer.actions.filter->value == "scan:x");
  REQUIRE(answer.actions.redirect);
  CHECK(answer.actions.redirect->value == Address{"b", "c.test"});
  CHECK(answer.actions.copies.size() == 1);
  CHECK(answer.actions.hold);
  CHECK_FALSE(answer.actions.discard);
}

}  // namespace
}  // namespace lastmile
