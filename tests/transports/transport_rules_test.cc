// SPDX-License-Identifier: Apache-2.0
#include "transports/transport_rules.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

using Rows = std::vector<std::pair<std::string, std::string>>;

/// "class transport:nexthop recipient", "bad address", or the error.
std::string route_line(Configuration& configuration, const std::string& address,
                       const Address& sender = {}) {
  const auto route = route_address(configuration, split_address(address), sender);
  if (!route) {
    return "error: " + route.error().message();
  }
  return route->valid ? std::string(name_of(route->address_class)) + ' ' + route->transport + ':' +
                            route->nexthop + ' ' + to_internal(route->recipient)
                      : "bad address: " + to_internal(route->recipient);
}

void check_rows(ConfiguredWorld& world, const Rows& rows) {
  for (const auto& [address, expected] : rows) {
    INFO(address);
    CHECK(route_line(world.configuration(), address) == expected);
  }
}

TEST_CASE("route: local domains are stripped, and what they were asked to route is undone") {
  ConfiguredWorld world("mydestination = example.com, mx.example.com, localhost\n");
  const std::string alice = "local local:mx.example.com alice@example.com";
  check_rows(world,
             {
                 {"alice@example.com", alice},
                 {"alice@EXAMPLE.com", "local local:mx.example.com alice@EXAMPLE.com"},
                 {"alice@example.com.", alice},
                 {"alice", "local local:mx.example.com alice@mx.example.com"},
                 {"@example.com", "local local:mx.example.com MAILER-DAEMON@example.com"},
                 {"alice%bob@example.com", "default smtp:bob alice@bob"},
                 {"bob!alice@example.com", "default smtp:bob alice@bob"},
                 {"alice%example.com@localhost", alice},
                 {"a@b@example.com", "default smtp:b a@b"},
                 {"a b%c@example.com", "default smtp:c a b@c"},
                 {"a%b@remote.example", "default smtp:remote.example a%b@remote.example"},
                 {"alice@remote.example", "default smtp:remote.example alice@remote.example"},
             });
}

TEST_CASE("route: an address that ends in @ is bad, and is called what is left of it") {
  ConfiguredWorld world("mydestination = example.com\n");
  check_rows(world, {
                        {"alice@", "bad address: alice@"},
                        {"a%@", "bad address: a@"},
                        {"a@b@", "default smtp:b a@b"},
                        {"@@@", "bad address: MAILER-DAEMON@"},
                        {"alice%@example.com", "bad address: alice@"},
                        {"!alice@example.com", "bad address: alice@"},
                        {"%@example.com", "bad address: MAILER-DAEMON@"},
                    });
  ConfiguredWorld allowed("resolve_null_domain = yes\nmydestination = mx.example.com\n");
  check_rows(allowed, {{"alice@", "local local:mx.example.com alice@mx.example.com"}});
}

TEST_CASE("route: operators can be switched off") {
  ConfiguredWorld off("allow_percent_hack = no\nswap_bangpath = no\n");
  check_rows(off, {{"a%b@example.com", "local local:mx.example.com a%b@example.com"},
                   {"a!b@example.com", "local local:mx.example.com a!b@example.com"}});
  ConfiguredWorld quoted("resolve_dequoted_address = no\n");
  check_rows(quoted, {{"a@b@example.com", "local local:mx.example.com a@b@example.com"},
                      {"a%b@example.com", "default smtp:b a@b"}});
}

TEST_CASE("route: validity") {
  ConfiguredWorld world;
  check_rows(world,
             {
                 {"-alice@example.com", "bad address: -alice@example.com"},
                 {"dave@-x-", "bad address: dave@-x-"},
                 {"a@b..c", "bad address: a@b..c"},
                 {"a@[300.1.1.1]", "bad address: a@[300.1.1.1]"},
                 {"a@192.0.2.1", "bad address: a@192.0.2.1"},
                 {"a@[IPv6:2001:db8::1]", "default smtp:[IPv6:2001:db8::1] a@[IPv6:2001:db8::1]"},
                 {"a@[2001:db8::1]", "bad address: a@[2001:db8::1]"},
                 {"\xff@remote.example", "bad address: \xff@remote.example"},
                 {"a@b\xc3\xbc.example", "default smtp:b\xc3\xbc.example a@b\xc3\xbc.example"},
                 {"-a@remote.example", "bad address: -a@remote.example"},
             });
  ConfiguredWorld lenient(
      "allow_min_user = yes\nresolve_numeric_domain = yes\n"
      "smtputf8_enable = no\n");
  check_rows(lenient, {
                          {"-a@remote.example", "default smtp:remote.example -a@remote.example"},
                          {"a@192.0.2.9", "default smtp:[192.0.2.9] a@[192.0.2.9]"},
                          {"a@b\xc3\xbc.example", "bad address: a@b\xc3\xbc.example"},
                      });
}

TEST_CASE("route: domain literals of this host are local") {
  const std::string line = "local local:mx.example.com a@";
  ConfiguredWorld all("proxy_interfaces = 198.51.100.7\n");
  all.world().set_interface_addresses({"192.0.2.1", "2001:db8::1"});
  check_rows(all, {{"a@[192.0.2.1]", line + "[192.0.2.1]"},
                   {"a@[IPv6:2001:DB8:0::1]", line + "[IPv6:2001:DB8:0::1]"},
                   {"a@[198.51.100.7]", line + "[198.51.100.7]"},
                   {"a@[192.0.2.2]", "default smtp:[192.0.2.2] a@[192.0.2.2]"}});
  ConfiguredWorld loopback("inet_interfaces = loopback-only, 192.0.2.9\n");
  loopback.world().set_interface_addresses({"192.0.2.1", "127.0.0.1"});
  check_rows(loopback, {{"a@[127.0.0.1]", line + "[127.0.0.1]"},
                        {"a@[0177.00.0.1]", line + "[0177.00.0.1]"},
                        {"a@[127.0.0.2]", "default smtp:[127.0.0.2] a@[127.0.0.2]"},
                        {"a@[192.0.2.9]", line + "[192.0.2.9]"},
                        {"a@[192.0.2.1]", "default smtp:[192.0.2.1] a@[192.0.2.1]"}});
}

TEST_CASE("route: address classes and the transports of main.cf") {
  ConfiguredWorld world(
      "virtual_alias_domains = alias.example\n"
      "virtual_mailbox_domains = box.example\nvirtual_transport = lmtp:unix:/run/lmtp\n"
      "relay_domains = relay.example\nrelayhost = [gateway]:587\n");
  check_rows(world, {
                        {"a@alias.example",
                         "virtual alias error:5.1.1 User unknown in virtual alias table "
                         "a@alias.example"},
                        {"a@box.example", "virtual mailbox lmtp:unix:/run/lmtp a@box.example"},
                        {"a@sub.relay.example", "relay relay:[gateway]:587 a@sub.relay.example"},
                        {"a@other.example", "default smtp:[gateway]:587 a@other.example"},
                    });
  ConfiguredWorld other(
      "show_user_unknown_table_name = no\nvirtual_alias_domains = alias.example\n"
      "default_transport = smtp:[direct]\nrelayhost = [gateway]\nlocal_transport = local\n");
  check_rows(other, {{"a@alias.example", "virtual alias error:5.1.1 User unknown a@alias.example"},
                     {"a@other.example", "default smtp:[direct] a@other.example"},
                     {"a@example.com", "local local:example.com a@example.com"}});
}

TEST_CASE("route: the first class that lists a domain wins") {
  ConfiguredWorld world(
      "mydestination = a.example\nvirtual_alias_domains = a.example b.example\n"
      "virtual_mailbox_domains = b.example c.example\nrelay_domains = c.example\n");
  check_rows(world, {{"x@a.example", "local local:mx.example.com x@a.example"},
                     {"x@b.example",
                      "virtual alias error:5.1.1 User unknown in virtual alias table x@b.example"},
                     {"x@c.example", "virtual mailbox virtual:c.example x@c.example"}});
}

TEST_CASE("route: the forms of a transport_maps value") {
  ConfiguredWorld world("transport_maps = hash:/t\n");
  world.world().add_table("hash:/t", {{"full.example", "lmtp:unix:/run/lmtp"},
                                      {"name.example", "lmtp"},
                                      {"colon.example", "lmtp:"},
                                      {"hop.example", ":[gateway]"},
                                      {"noop.example", ":"},
                                      {"error.example", "error"},
                                      {"retry.example", "retry:"},
                                      {"text.example", "error:5.2.1 Mailbox disabled"}});
  check_rows(world,
             {
                 {"a@full.example", "default lmtp:unix:/run/lmtp a@full.example"},
                 {"a@name.example", "default lmtp:name.example a@name.example"},
                 {"a@colon.example", "default lmtp:colon.example a@colon.example"},
                 {"a@hop.example", "default smtp:[gateway] a@hop.example"},
                 {"a@noop.example", "default smtp:noop.example a@noop.example"},
                 {"a@error.example", "default error:Address is undeliverable a@error.example"},
                 {"a@retry.example", "default retry:Address is undeliverable a@retry.example"},
                 {"a@text.example", "default error:5.2.1 Mailbox disabled a@text.example"},
             });
}

TEST_CASE("route: the keys of transport_maps") {
  const std::vector<std::pair<std::string, std::string>> entries = {
      {"user+ext@d.example", "one:"},
      {"user@d.example", "two:"},
      {"d.example", "three:"},
      {".example", "four:"},
      {"*", "five:"},
      {"example.com", ":"},
  };
  const std::vector<std::string> expected = {
      "default one:d.example user+ext@d.example", "default two:d.example user+ext@d.example",
      "default three:d.example user+ext@d.example", "default four:d.example user+ext@d.example",
      "default five:d.example user+ext@d.example"};
  for (std::size_t first = 0; first < expected.size(); ++first) {
    ConfiguredWorld world("transport_maps = hash:/t\nrecipient_delimiter = +\n");
    world.world().add_table("hash:/t",
                            {entries.begin() + static_cast<std::ptrdiff_t>(first), entries.end()});
    CHECK(route_line(world.configuration(), "user+ext@d.example") == expected[first]);
    CHECK(route_line(world.configuration(), "a@example.com") ==
          "local local:mx.example.com a@example.com");
  }
  ConfiguredWorld parents(
      "transport_maps = hash:/t\n"
      "parent_domain_matches_subdomains = transport_maps\n");
  parents.world().add_table("hash:/t", {{"example", "x:"}, {".d.example", "y:"}});
  CHECK(route_line(parents.configuration(), "a@b.d.example") ==
        "default x:b.d.example a@b.d.example");
}

TEST_CASE("route: pattern tables see the address and the wildcard only") {
  ConfiguredWorld world("transport_maps = regexp:/t\n");
  world.world().add_file("/t", "/^d\\.example$/ wrong:\n/^user@/ right:\n/^\\*$/ star:\n");
  check_rows(world, {{"user@d.example", "default right:d.example user@d.example"},
                     {"other@d.example", "default star:d.example other@d.example"}});
}

TEST_CASE("route: relocated users") {
  ConfiguredWorld world(
      "relocated_maps = hash:/r\nmyorigin = origin.example\n"
      "virtual_alias_domains = alias.example\nrecipient_delimiter = +\n");
  world.world().add_table("hash:/r", {{"bob", "bob@new.example"}, {"@gone.example", "nowhere"}});
  check_rows(world,
             {
                 {"bob+x@example.com",
                  "local error:5.1.6 User has moved to bob@new.example bob+x@example.com"},
                 {"bob@remote.example", "default smtp:remote.example bob@remote.example"},
                 {"bob@origin.example",
                  "default error:5.1.6 User has moved to "
                  "bob@new.example bob@origin.example"},
                 {"x@gone.example", "default error:5.1.6 User has moved to nowhere x@gone.example"},
             });
}

TEST_CASE("route: the sender chooses the nexthop of mail that leaves, and the default transport") {
  ConfiguredWorld world(
      "relay_domains = relay.example\nrelayhost = [global]\nrecipient_delimiter = +\n"
      "empty_address_default_transport_maps_lookup_key = nobody\n"
      "sender_dependent_relayhost_maps = inline:{{a@s.example=[by-a]},{@s.example=[by-s]},"
      "{dunno@s.example=DUNNO},{<>=[by-null]}}\n"
      "sender_dependent_default_transport_maps = inline:{{x@s.example=slow},{y@s.example=slow:[y]},"
      "{nobody=bounces}}\n");
  const std::vector<std::tuple<std::string, std::string, std::string>> rows = {
      {"a@s.example", "r@r.example", "default smtp:[by-a] r@r.example"},
      {"A+ext@S.example", "r@r.example", "default smtp:[by-a] r@r.example"},
      {"b@s.example", "r@r.example", "default smtp:[by-s] r@r.example"},
      {"b@s.example", "r@relay.example", "relay relay:[by-s] r@relay.example"},
      {"dunno@s.example", "r@r.example", "default smtp:[global] r@r.example"},
      {"other@o.example", "r@r.example", "default smtp:[global] r@r.example"},
      {"", "r@r.example", "default bounces:[by-null] r@r.example"},
      {"", "r@relay.example", "relay relay:[by-null] r@relay.example"},
      {"x@s.example", "r@r.example", "default slow:[by-s] r@r.example"},
      {"x@s.example", "r@relay.example", "relay relay:[by-s] r@relay.example"},
      {"y@s.example", "r@r.example", "default slow:[y] r@r.example"},
  };
  for (const auto& [sender, recipient, expected] : rows) {
    INFO(sender << " to " << recipient);
    CHECK(route_line(world.configuration(), recipient, split_address(sender)) == expected);
  }
}

TEST_CASE("route: the line of a file, or the key of a table, that names the domain") {
  ConfiguredWorld world(
      "mydestination = mx.example.com, /domains\n"
      "virtual_alias_domains = inline:{v.example=x}\n");
  world.world().add_file("/domains", "one.example\ntwo.example\n");
  const auto reason = [&](const std::string& address) {
    const auto route = route_address(world.configuration(), split_address(address), {});
    REQUIRE(route.ok());
    return route->class_reason + " " + (route->class_source ? to_string(*route->class_source) : "");
  };
  CHECK(reason("a@two.example") == "two.example is in mydestination /domains:2");
  CHECK_THAT(reason("a@v.example"), Catch::StartsWith("v.example is in virtual_alias_domains, by "
                                                      "inline:{v.example=x} for v.example "));
}

TEST_CASE("route: deliveries do not ask whether a domain is listed twice") {
  ConfiguredWorld world("mydestination = mx.example.com\nvirtual_alias_domains = fail:asked\n");
  Configuration delivery(world.settings(), world.world(), TableUse::deliver);
  const auto route = route_address(delivery, split_address("a@mx.example.com"), {});
  REQUIRE(route.ok());
  CHECK(route->warnings.empty());
  CHECK(std::ranges::none_of(world.world().questions(), [](const auto& question) {
    return question.subject.starts_with("fail:asked");
  }));
}

TEST_CASE("route: what decided is named with its line") {
  ConfiguredWorld world("transport_maps = inline:{t.example=lmtp:x}\nrelayhost = [gateway]\n");
  const auto by = [&](const std::string& address) {
    const auto route = route_address(world.configuration(), split_address(address), {});
    REQUIRE(route.ok());
    return route->parameter + " " + (route->source ? std::to_string(route->source->line) : "-") +
           "; " + route->class_reason;
  };
  CHECK(by("a@example.com") == "local_transport -; example.com is in mydestination");
  CHECK(by("a@other.example") == "relayhost 6; other.example is no domain of this host");
  CHECK(by("a@t.example").starts_with("transport_maps "));
}

TEST_CASE("route: what cannot be decided is an error") {
  const Rows rows = {
      {"mydestination = fail:x\n", "mydestination lookup"},
      {"virtual_alias_domains = fail:x\n", "virtual_alias_domains lookup"},
      {"virtual_mailbox_domains = fail:x\n", "virtual_mailbox_domains lookup"},
      {"relay_domains = fail:x\n", "relay_domains lookup"},
      {"transport_maps = fail:x\n", "transport_maps lookup"},
      {"relocated_maps = fail:x\n", "relocated_maps lookup"},
      {"default_transport = :hop\n", "null transport is not allowed"},
  };
  for (const auto& [line, text] : rows) {
    ConfiguredWorld world(line);
    const auto route = route_address(world.configuration(), split_address("a@remote.example"), {});
    INFO(line);
    REQUIRE_FALSE(route.ok());
    CHECK_THAT(route.error().message(), Catch::Contains(text));
  }
}

TEST_CASE("route: endless routing ends") {
  ConfiguredWorld world("empty_address_recipient = @localhost\n");
  CHECK(route_line(world.configuration(), "@localhost") == "bad address: @localhost");
  std::string nested = "alice";
  for (int i = 0; i < 1000; ++i) {
    nested += "%localhost";
  }
  CHECK(route_line(world.configuration(), nested + "@localhost") ==
        "local local:mx.example.com alice@localhost");
}

}  // namespace
}  // namespace lastmile
