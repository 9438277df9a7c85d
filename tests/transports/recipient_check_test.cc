// SPDX-License-Identifier: Apache-2.0
#include "transports/recipient_check.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kBase =
    "mydestination = example.test, localhost, mx.example.com\nrecipient_delimiter = +\n"
    "alias_maps = hash:/aliases\nlocal_recipient_maps = hash:/users $alias_maps\n"
    "mynetworks = 127.0.0.0/8\n";

/// What a client on this host is answered.
RecipientCheck check_from_here(Configuration& configuration, const Address& recipient) {
  return check_recipient(configuration, {client_on_this_host(), {}, recipient, {}});
}

/// "250", or "550 5.1.1 User unknown in ...": without the words that begin every refusal.
std::string reply(Configuration& configuration, const std::string& external) {
  const auto address = parse_address(external);
  REQUIRE(address.ok());
  const RecipientCheck check = check_from_here(configuration, *address);
  if (check.reply_code == 250) {
    return "250";
  }
  std::string line = to_string(check);
  for (const std::string& usual :
       {'<' + to_internal(*address) + ">: ", std::string("Recipient address rejected: ")}) {
    const std::size_t begin = line.find(usual);
    line.erase(begin == std::string::npos ? line.size() : begin, usual.size());
  }
  return line;
}

void check_rows(const std::string& lines, const Rows& rows) {
  ConfiguredWorld world(std::string(kBase) + lines);
  world.world().add_table("hash:/users", {{"alice", "x"}});
  world.world().add_table("hash:/aliases", {{"al+ext", "alice"}, {"postmaster", "alice"}});
  for (const auto& [address, expected] : rows) {
    INFO(lines << address);
    CHECK(reply(world.configuration(), address) == expected);
  }
}

const std::string kUnknown = "550 5.1.1 User unknown in local recipient table";

TEST_CASE("recipient check: replies that Postfix was seen to give") {
  check_rows("", {
                     {"alice@example.test", "250"},
                     {"ALICE+foo@example.test", "250"},
                     {"nobody-here@example.test", kUnknown},
                     {"al+ext@example.test", "250"},
                     {"al+other@example.test", kUnknown},
                     {"postmaster@example.test", "250"},
                     {"postmaster", "250"},
                     {"postmaster+x@example.test", "250"},
                     {"@example.test", "250"},
                     {"alice.@example.test", kUnknown},
                     {"-alice@example.test", "501 5.1.3 Bad recipient address syntax"},
                     {"alice@[127.0.0.1]", "250"},
                     {"alice@example.test.", "250"},
                     {"\"alice\"@example.test", "250"},
                     {"\"\\\\alice\"@example.test", kUnknown},
                     {"x@remote.example", "250"},
                 });
}

TEST_CASE("recipient check: a reply without SMTPUTF8 is ASCII") {
  ConfiguredWorld world(
      "default_transport = error:geschl\xC3\xB6ssen\nsmtputf8_enable = no\n"
      "mynetworks = 127.0.0.0/8\n");
  const RecipientCheck check =
      check_from_here(world.configuration(), {"j\xC3\xB6rg", "closed.test"});
  CHECK(check.text == "<j  rg@closed.test>: Recipient address rejected: geschl  ssen");
}

TEST_CASE("recipient check: a text that begins with a blank") {
  ConfiguredWorld world("default_transport = error: closed\nmynetworks = 127.0.0.0/8\n");
  const RecipientCheck check = check_from_here(world.configuration(), {"a", "x.test"});
  CHECK(check.text == "<a@x.test>: Recipient address rejected: closed");
}

TEST_CASE("recipient check: parameters") {
  const std::string unknown = "nobody@example.test";
  check_rows("unknown_local_recipient_reject_code = 450\n",
             {{unknown, "450 4.1.1 User unknown in local recipient table"}});
  check_rows("show_user_unknown_table_name = no\n", {{unknown, "550 5.1.1 User unknown"}});
  check_rows("local_recipient_maps =\n", {{unknown, "250"}});
  check_rows("smtpd_reject_unlisted_recipient = no\n", {{unknown, "250"}});
  check_rows("double_bounce_sender = nobody\n", {{unknown, "250"}, {"NOBODY@example.test", "250"}});
  check_rows("transport_maps = fail:x\nmyorigin = example.test\n",
             {{"Double-Bounce@example.test", "250"},
              {"double-bounce+x@example.test", "451 4.3.0 Temporary lookup failure"},
              {"double-bounce@localhost", "451 4.3.0 Temporary lookup failure"}});
  check_rows("soft_bounce = yes\n",
             {{unknown, "450 4.1.1 User unknown in local recipient table"},
              {"alice@.example.test", "401 4.1.3 Bad recipient address syntax"}});
}

TEST_CASE("recipient check: whether unknown recipients are refused at all") {
  const std::string off = "smtpd_reject_unlisted_recipient = no\n";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", kUnknown},
      {off, "250"},
      {off + "smtpd_recipient_restrictions = permit_mynetworks, reject_unlisted_recipient\n",
       "250"},
      {off + "smtpd_recipient_restrictions = permit_auth_destination, reject_unlisted_recipient\n",
       "250"},
      {off + "smtpd_sender_restrictions = check_recipient_maps\n", kUnknown},
      {off + "smtpd_recipient_restrictions = permit, reject_unlisted_recipient\n", "250"},
      {off + "smtpd_recipient_restrictions = warn_if_reject reject_unlisted_recipient\n", "250"},
      {off + "smtpd_recipient_restrictions = warn_if_reject reject, Reject_Unlisted_Recipient\n",
       kUnknown},
      {off + "smtpd_delay_reject = no\nsmtpd_sender_restrictions = reject_unlisted_recipient\n",
       "250"},
      {off + "smtpd_restriction_classes = a, b\na = a, b, a\nb = reject_unlisted_recipient\n"
             "smtpd_recipient_restrictions = a\n",
       "451 4.3.5 Server configuration error"},
      {off + "smtpd_restriction_classes = a, b\na = b, b, b\nb = a, a, a\n"
             "smtpd_recipient_restrictions = a\n",
       "451 4.3.5 Server configuration error"},
      {off + "smtpd_relay_restrictions = reject\n reject_unlisted_recipient\n",
       "554 5.7.1 Access denied"},
      {"receive_override_options = no_unknown_recipient_checks\n", "250"},
      {"receive_override_options = no_address_mappings\n", kUnknown},
  };
  for (const auto& [lines, expected] : rows) {
    check_rows(lines, {{"nobody@example.test", expected}});
  }
}

TEST_CASE("recipient check: an entry of a rewriting table is enough") {
  for (const std::string name :
       {"canonical_maps", "recipient_canonical_maps", "virtual_alias_maps"}) {
    check_rows(name + " = inline:{ {v@example.test = nowhere}, {@catch.example = x} }\n",
               {{"v@example.test", "250"},
                {"v+x@example.test", "250"},
                {"w@example.test", kUnknown},
                {"any@catch.example", "250"}});
  }
}

TEST_CASE("recipient check: the other classes") {
  check_rows(
      "virtual_alias_domains = alias.example\nvirtual_mailbox_domains = box.example\n"
      "virtual_mailbox_maps = inline:{ {a@box.example = x} }\nrelay_domains = relay.example\n"
      "relay_recipient_maps = inline:{ {a@relay.example = x} }\n"
      "unknown_virtual_alias_reject_code = 551\n",
      {{"a@alias.example", "551 5.1.1 User unknown in virtual alias table"},
       {"a@box.example", "250"},
       {"b@box.example", "550 5.1.1 User unknown in virtual mailbox table"},
       {"a@relay.example", "250"},
       {"b@relay.example", "550 5.1.1 User unknown in relay recipient table"}});
}

TEST_CASE("recipient check: routes to error and retry") {
  check_rows(
      "transport_maps = inline:{ {e.example = error:5.7.1 go away}, {r.example = retry:later},"
      " {t.example = error:no code} }\nrelocated_maps = inline:{alice=a@new.example}\n",
      {{"x@e.example", "550 5.7.1 go away"},
       {"x@r.example", "450 4.1.1 later"},
       {"x@t.example", "550 5.1.1 no code"},
       {"alice@example.test", "550 5.1.6 User has moved to a@new.example"}});
  check_rows("local_transport = error:5.1.2 no local mail\n",
             {{"postmaster@example.test", "550 5.1.2 no local mail"},
              {"double-bounce@example.test", "550 5.1.2 no local mail"}});
}

TEST_CASE("recipient check: a table that cannot answer defers") {
  for (const std::string name :
       {"canonical_maps", "virtual_alias_maps", "local_recipient_maps", "transport_maps"}) {
    check_rows(name + " = fail:x\n",
               {{"alice@example.test", "451 4.3.0 Temporary lookup failure"}});
  }
  check_rows("local_recipient_maps = nosuchtype:x\n",
             {{"alice@example.test", "451 4.3.0 Temporary lookup failure"},
              {"postmaster@example.test", "250"}});
  check_rows("local_recipient_maps = inline:{ {alice = } }\n",
             {{"alice@example.test", "451 4.3.5 Server configuration error"}});
}

TEST_CASE("recipient check: what is no recipient at all") {
  check_rows("", {{"", "501 5.1.3 Bad recipient address syntax"},
                  {"@", "501 5.1.3 Bad recipient address syntax"},
                  {"alice@", "501 5.1.3 Bad recipient address syntax"},
                  {"alice@example.test..", "501 5.1.3 Bad recipient address syntax"},
                  {"@relay.test:alice@example.test", "250"},
                  {"@relay.test:alice", "250"}});
  check_rows("receive_override_options = no_unknown_recipient_checks\n",
             {{"nobody-here@example.test", "250"}});
}

}  // namespace
}  // namespace lastmile
