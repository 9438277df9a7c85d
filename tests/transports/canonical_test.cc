// SPDX-License-Identifier: Apache-2.0
#include "transports/canonical.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"
#include "transports/address_class.h"
#include "transports/address_lookup.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

using Rows = std::vector<std::pair<std::string, std::string>>;

/// The address that cleanup has in the end, or "error".
std::string canonical(Configuration& configuration, const std::string& address, EnvelopeSide side) {
  const auto result = canonical_address(configuration, split_address(address), side);
  return result ? to_internal(result->address) : "error";
}

void check_recipients(const std::string& main_cf, const Rows& rows) {
  ConfiguredWorld world(main_cf);
  for (const auto& [address, expected] : rows) {
    INFO(main_cf << address);
    CHECK(canonical(world.configuration(), address, EnvelopeSide::recipient) == expected);
  }
}

TEST_CASE("canonical: which maps apply to a recipient, and in which order") {
  const std::string maps =
      "recipient_canonical_maps = inline:{a@example.com=b@example.com}\n"
      "canonical_maps = inline:{b@example.com=c@example.com, d@example.com=e@example.com}\n"
      "sender_canonical_maps = inline:{x@example.com=y@example.com}\n";
  check_recipients(maps, {{"a@example.com", "c@example.com"},
                          {"d@example.com", "e@example.com"},
                          {"x@example.com", "x@example.com"},
                          {"", ""}});
  check_recipients(maps + "recipient_canonical_classes = header_recipient\n",
                   {{"a@example.com", "a@example.com"}, {"b@example.com", "c@example.com"}});
  check_recipients(maps + "canonical_classes = envelope_sender\n",
                   {{"a@example.com", "b@example.com"}, {"b@example.com", "b@example.com"}});
}

TEST_CASE("canonical: results") {
  check_recipients(
      "recipient_delimiter = +\n"
      "canonical_maps = inline:{ {a@example.com = one@x.test, two@x.test}, {b@example.com = "
      "@x.test},"
      " {@old.test = @x.test}, {c@example.com = <>}, {d@example.com = ,},"
      " {e@example.com = E@Example.COM}, {f@example.com = bare}, {g@example.com = @x.test, "
      "h@y.test},"
      " {i@example.com = @}, {@j.test = k@x.test} }\n",
      {{"a@example.com", "one@x.test"},
       {"a+ext@example.com", "one+ext@x.test"},
       {"b@example.com", "b@x.test"},
       {"b+ext@example.com", "b+ext@x.test"},
       {"u+ext@old.test", "u+ext@x.test"},
       {"q r@old.test", "q r@x.test"},
       {"c@example.com", ""},
       {"d@example.com", "error"},
       {"e@example.com", "E@Example.COM"},
       {"f@example.com", "bare@mx.example.com"},
       {"g@example.com", "g@x.test, h@y.test"},
       {"i@example.com", "i@"},
       {"u+ext@j.test", "k@x.test"}});
  check_recipients(
      "recipient_delimiter = +\npropagate_unmatched_extensions = virtual\n"
      "canonical_maps = inline:{ {a@example.com = one@x.test}, {@old.test = @x.test} }\n",
      {{"a+ext@example.com", "one@x.test"}, {"u+ext@old.test", "u+ext@x.test"}});
}

TEST_CASE("canonical: a circle ends after ten rounds with the address of then, and a warning") {
  ConfiguredWorld world(
      "canonical_maps = inline:{ {a@example.com = b@example.com}, {b@example.com = c@example.com},"
      " {c@example.com = a@example.com} }\n");
  const auto result =
      canonical_address(world.configuration(), {"a", "example.com"}, EnvelopeSide::recipient);
  REQUIRE(result.ok());
  CHECK(to_internal(result->address) == "b@example.com");
  REQUIRE(result->changes.size() == 11);
  CHECK(result->changes.front().cause == "canonical_maps a@example.com");
  CHECK(result->changes.back().is_warning);
  CHECK(result->changes.back().cause ==
        "unreasonable canonical_maps map nesting for b@example.com");
}

TEST_CASE("canonical: a table that cannot answer") {
  check_recipients("canonical_maps = fail:x\n", {{"a@example.com", "error"}});
  check_recipients("canonical_maps = inline:{a@example.com=a@example.com}, fail:x\n",
                   {{"a@example.com", "a@example.com"}, {"b@example.com", "error"}});
}

TEST_CASE("masquerading") {
  const std::string classes = "masquerade_classes = envelope_recipient\n";
  check_recipients("masquerade_domains = example.com\n", {{"a@h.example.com", "a@h.example.com"}});
  check_recipients(
      classes +
          "masquerade_domains = !keep.example.com sub.example.com example.com !! ! x.test\n"
          "masquerade_exceptions = root, Bob\n",
      {{"a@h.example.com", "a@example.com"},
       {"a@g.h.Example.COM", "a@example.com"},
       {"a@EXAMPLE.com", "a@EXAMPLE.com"},
       {"a@h.sub.example.com", "a@sub.example.com"},
       {"a@sub.example.com", "a@sub.example.com"},
       {"a@h.keep.example.com", "a@h.keep.example.com"},
       {"a@keep.example.com", "a@keep.example.com"},
       {"a@myexample.com", "a@myexample.com"},
       {"a@h.x.test", "a@x.test"},
       {"root@h.example.com", "root@h.example.com"},
       {"BOB@h.example.com", "BOB@h.example.com"},
       {"a", "a"},
       {"", ""}});
  check_recipients(classes + "masquerade_domains = example.com\nmasquerade_exceptions = fail:x\n",
                   {{"a@h.example.com", "error"}, {"a", "a"}});
}

TEST_CASE("canonical: the sender") {
  ConfiguredWorld world(
      "sender_canonical_maps = inline:{a@example.com=b@example.com}\n"
      "canonical_maps = inline:{b@example.com=c@h.example.com}\nmasquerade_domains = "
      "example.com\n");
  const auto sender = [&](const std::string& address) {
    return to_internal(*canonical_sender(world.configuration(), world.settings(),
                                         split_address(address), MessageOrigin::outside));
  };
  CHECK(sender("a@example.com") == "c@example.com");
  CHECK(sender("bare") == "bare@example.com");
  CHECK(sender("MAILER-DAEMON@mx.example.com").empty());
  CHECK(sender("mailer-daemon@h.example.com") == "mailer-daemon@example.com");
  CHECK(sender("").empty());
}

TEST_CASE("canonical: no_address_mappings leaves the sender of what comes from outside") {
  ConfiguredWorld world(
      "receive_override_options = no_address_mappings\n"
      "canonical_maps = inline:{a@example.com=b@example.com}\n");
  const auto sender = [&](const std::string& address, MessageOrigin origin) {
    return to_internal(
        *canonical_sender(world.configuration(), world.settings(), split_address(address), origin));
  };
  CHECK(sender("a@example.com", MessageOrigin::outside) == "a@example.com");
  CHECK(sender("a@example.com", MessageOrigin::mail_system) == "b@example.com");
}

TEST_CASE("a domain in the lists of two classes") {
  ConfiguredWorld world(
      "mydestination = a.test, b.test, r.test\nvirtual_alias_domains = a.test, v.test\n"
      "virtual_mailbox_domains = b.test, v.test, m.test\nrelay_domains = r.test, m.test\n");
  const auto warnings = [&](const std::string& domain) {
    const auto address_class = classify_domain(world.configuration(), domain);
    std::string text;
    for (const std::string& warning :
         double_listings(world.configuration(), domain, *address_class)) {
      text += warning.substr(warning.find("BOTH"));
    }
    return text;
  };
  CHECK(warnings("a.test") == "BOTH mydestination and virtual_alias_domains");
  CHECK(warnings("b.test") == "BOTH mydestination and virtual_mailbox_domains");
  CHECK(warnings("v.test") == "BOTH virtual_alias_domains and virtual_mailbox_domains");
  CHECK(warnings("m.test") == "BOTH virtual_mailbox_domains and relay_domains");
  CHECK(warnings("r.test").empty());
  CHECK(warnings("other.test").empty());
}

}  // namespace
}  // namespace lastmile
